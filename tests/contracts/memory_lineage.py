"""How answers, claims and what they rest on are stored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stemma.memory.errors import UnknownItem, WiderItem
from stemma.memory.model import (
    Derivation,
    Entity,
    Mention,
    Node,
    Relation,
    Scope,
)
from stemma.memory.ports import MemoryGraph
from tests.contracts.memory_bundles import (
    answer_bundle,
    found_by_text,
    found_by_vector,
    identifier,
    make_claim,
    new_scope,
    put,
    source_bundle,
    vector,
)


async def check_answer_is_read_back_whole(graph: MemoryGraph) -> None:
    scope = new_scope("ann")
    bundle = source_bundle(Scope(scope.tenant), "u:1", ["cargo is late", "carrier is slow"])
    await put(graph, bundle)
    claim = make_claim(scope, "The carrier delays cargo.")
    antecedents = [p.id for p in bundle.passages]
    learned = answer_bundle(scope, "one", [claim], antecedents)
    thing = Entity(identifier("entity", scope, "carrier"), scope, "carrier")
    learned = replace(learned, entities=[thing], mentions=[Mention(claim.id, thing.id, 4, 11)])
    assert await graph.put_answer(learned) is True
    assert await graph.item(scope, learned.answer.id) == learned.answer
    assert await graph.claims(scope, [claim.id]) == [claim]
    assert await graph.item(scope, claim.id) == claim
    derivations = await graph.derivations(scope, [claim.id])
    assert sorted(derivations, key=lambda d: d.antecedent_id) == sorted(
        learned.derivations, key=lambda d: d.antecedent_id
    )
    counts = await graph.statistics(scope)
    assert counts.by_relation[Relation.DERIVED_FROM] == 2
    assert counts.by_relation[Relation.USED] == 2
    assert counts.by_relation[Relation.ASSERTS] == 1
    assert counts.by_relation[Relation.MENTIONS] == 1


async def check_same_answer_again_changes_nothing(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["cargo is late"])
    await put(graph, bundle)
    learned = answer_bundle(scope, "one", [make_claim(scope, "Cargo is late.")], [bundle.passages[0].id])
    assert await graph.put_answer(learned) is True
    before = await graph.statistics(scope)
    assert await graph.put_answer(learned) is False
    assert await graph.statistics(scope) == before


async def check_known_claim_keeps_its_flags_and_gains_support(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["cargo is late", "the ship is late"])
    await put(graph, bundle)
    first, second = (p.id for p in bundle.passages)
    claim = make_claim(scope, "Cargo is late.", quarantined=True)
    await graph.put_answer(answer_bundle(scope, "one", [claim], [first]))
    again = replace(claim, quarantined=False, recallable=True, reason="", confidence=0.1)
    assert await graph.put_answer(answer_bundle(scope, "two", [again], [second])) is True
    assert await graph.claims(scope, [claim.id]) == [claim]
    derivations = await graph.derivations(scope, [claim.id])
    assert {(d.justification, d.antecedent_id) for d in derivations} == {("j-one", first), ("j-two", second)}
    assert (await graph.statistics(scope)).by_node[Node.CLAIM] == 1
    assert await found_by_text(graph, scope, "cargo") == [first]


async def check_claims_are_found_and_quarantined_ones_are_not(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["an unrelated passage"])
    await put(graph, bundle)
    good = make_claim(scope, "Zinc prices doubled.")
    bad = make_claim(scope, "Zinc prices halved.", quarantined=True)
    await graph.put_answer(answer_bundle(scope, "one", [good, bad], [bundle.passages[0].id]))
    assert await found_by_text(graph, scope, "zinc") == [good.id]
    by_vector = await found_by_vector(graph, scope, vector(bad.text))
    assert good.id in by_vector
    assert bad.id not in by_vector
    assert await graph.claims(scope, [bad.id]) == [bad]


async def check_claim_may_rest_on_claims_and_answers(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    await put(graph, bundle)
    lower = make_claim(scope, "Lower claim.")
    first = answer_bundle(scope, "one", [lower], [bundle.passages[0].id])
    upper = make_claim(scope, "Upper claim.")
    second = answer_bundle(scope, "two", [upper], [lower.id, first.answer.id], used=[lower.id])
    assert await graph.put_answer(first)
    assert await graph.put_answer(second)
    assert {d.antecedent_id for d in await graph.derivations(scope, [upper.id])} == {lower.id, first.answer.id}
    assert await graph.item(scope, second.answer.id) == second.answer


async def check_claim_may_rest_on_a_claim_of_the_same_answer(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    await put(graph, bundle)
    upper, lower = make_claim(scope, "Upper claim."), make_claim(scope, "Lower claim.")
    both = answer_bundle(scope, "one", [upper, lower], [bundle.passages[0].id])
    link = replace(both.derivations[0], antecedent_id=lower.id, justification="j-inner")
    assert await graph.put_answer(replace(both, derivations=[*both.derivations, link])) is True
    assert lower.id in {d.antecedent_id for d in await graph.derivations(scope, [upper.id])}


async def check_unknown_antecedent_is_refused_whole(graph: MemoryGraph) -> None:
    scope = new_scope("ann")
    sibling = Scope(scope.tenant, "bob")
    stranger = new_scope()
    mine = source_bundle(scope, "u:1", ["mine"])
    his = source_bundle(sibling, "u:2", ["his"])
    foreign = source_bundle(stranger, "u:3", ["foreign"])
    await put(graph, mine, his, foreign)
    before = await graph.statistics(scope)
    claim = make_claim(scope, "Zinc is dear.")
    own = mine.passages[0].id
    for hidden in (his.passages[0].id, foreign.passages[0].id, "no-such-item"):
        for bundle in (
            answer_bundle(scope, "derived", [claim], [own, hidden], used=[own]),
            answer_bundle(scope, "used", [claim], [own], used=[own, hidden]),
            answer_bundle(scope, "asserted", [claim], [own], used=[own]),
        ):
            if bundle.answer.text == "Answer asserted":
                bundle = replace(bundle, answer=replace(bundle.answer, asserts=(claim.id, hidden)))
            with pytest.raises(UnknownItem):
                await graph.put_answer(bundle)
    assert await graph.statistics(scope) == before
    assert await found_by_text(graph, scope, "zinc") == []
    assert await graph.claims(scope, [claim.id]) == []


async def check_a_wider_claim_rests_on_nothing_narrower(graph: MemoryGraph) -> None:
    """Its readers could neither see that reason nor take it back; wider evidence may support a narrower claim."""
    tenant = new_scope()
    ann = Scope(tenant.tenant, "ann")
    wide, own = source_bundle(tenant, "u:1", ["cargo is late"]), source_bundle(ann, "u:2", ["her note"])
    await put(graph, wide, own)
    shared, hers = make_claim(tenant, "Cargo is late."), make_claim(ann, "Cargo is very late.")
    await graph.put_answer(answer_bundle(tenant, "one", [shared], [wide.passages[0].id]))
    assert await graph.put_answer(answer_bundle(ann, "two", [hers], [wide.passages[0].id, own.passages[0].id]))
    before = [await graph.statistics(scope) for scope in (tenant, ann)]
    derived = await graph.derivations(ann, [shared.id])
    for narrow in (own.passages[0].id, hers.id):
        bare = answer_bundle(ann, f"on {narrow}", [], [narrow])
        echo = Derivation(shared.id, narrow, "j-echo", "her", 0, 3, "contract")
        with pytest.raises(WiderItem):
            await graph.put_answer(replace(bare, derivations=[echo]))
        with pytest.raises(WiderItem):
            await graph.put_answer(replace(bare, claims=[shared], vectors=[vector("x")], derivations=[echo]))
    assert [await graph.statistics(scope) for scope in (tenant, ann)] == before
    assert await graph.derivations(ann, [shared.id]) == derived
    for stranger in (hers.id, "no-such-claim"):
        bare = answer_bundle(tenant, f"of {stranger}", [], [wide.passages[0].id])
        row = Derivation(stranger, wide.passages[0].id, "j-other", "cargo", 0, 5, "contract")
        with pytest.raises(UnknownItem):
            await graph.put_answer(replace(bare, derivations=[row]))
