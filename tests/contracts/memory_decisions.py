"""Who may decide about what, what is refused, and what a decision tells to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from stemma.memory.errors import AlreadyGivenBack, AlreadyTakenBack, UnknownItem, WiderDecision, WiderItem
from stemma.memory.lineage.model import Direction, Effect, Retraction
from stemma.memory.model import Claim, Node, Relation, Scope
from stemma.memory.ports import MemoryGraph
from tests.contracts.memory_bundles import (
    HOSTILE,
    START,
    answer_bundle,
    decision,
    make_claim,
    new_scope,
    put,
    source_bundle,
)
from tests.contracts.memory_standing import IN, OUT, changes, flags, given, snapshot, taken
from tests.contracts.memory_supersession import learn


async def refused(graph: MemoryGraph, scope: Scope, item_id: str, error: type[Exception]) -> None:
    """Taking it back is refused, in earnest and for show, and changes nothing."""
    before = await graph.revision(scope)
    for dry_run in (True, False):
        for quarantine in (True, False):
            with pytest.raises(error):
                await graph.take_back(scope, decision(scope, item_id, quarantine=quarantine), dry_run=dry_run)
    assert await graph.revision(scope) == before


async def check_deciding_needs_ownership(graph: MemoryGraph) -> None:
    """One's own and narrower, not what is everybody's; what one does not see is unknown."""
    tenant = new_scope().tenant
    everyone, ann, bob = Scope(tenant), Scope(tenant, "ann"), Scope(tenant, "bob")
    thread = Scope(tenant, "ann", "", "t-1")
    bundles = {scope: source_bundle(scope, "u:1", ["ground"]) for scope in (everyone, ann, bob, thread)}
    await put(graph, *bundles.values())
    ids = {scope: bundle.source.id for scope, bundle in bundles.items()}
    await refused(graph, ann, ids[everyone], WiderItem)
    await refused(graph, thread, ids[ann], WiderItem)
    await refused(graph, bob, ids[ann], UnknownItem)
    await refused(graph, Scope(tenant, "", "buyer"), ids[ann], UnknownItem)
    await refused(graph, new_scope(), ids[everyone], UnknownItem)
    for owner, scope in ((ann, ann), (everyone, bob), (ann, thread), (everyone, everyone)):
        decided = await taken(graph, owner, ids[scope])
        assert decided.scope == scope
        assert await flags(graph, scope, bundles[scope].source) == [OUT]


async def check_only_sources_and_claims_are_taken_back(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"], entities=["Oslo"])
    await put(graph, bundle)
    claim, answer = await learn(graph, scope, "claim", bundle.passages[0].id)
    decided = await taken(graph, scope, claim.id)
    for item_id in (bundle.passages[0].id, bundle.entities[0].id, answer.id, decided.id):
        await refused(graph, scope, item_id, UnknownItem)
    for item_id in ("no-such-id", *HOSTILE):
        await refused(graph, scope, item_id, UnknownItem)
        for dry_run in (True, False):
            with pytest.raises(UnknownItem):
                await graph.give_back(scope, item_id, actor="ann", at=START, dry_run=dry_run)
            with pytest.raises(UnknownItem):
                await graph.supersede(scope, claim.id, item_id, dry_run=dry_run)
    for item_id in (claim.id, bundle.source.id):
        with pytest.raises(UnknownItem):
            await graph.give_back(scope, item_id, actor="ann", at=START)


async def check_the_same_decision_twice_is_refused(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    await put(graph, bundle)
    held = await taken(graph, scope, bundle.source.id, quarantine=True)
    with pytest.raises(AlreadyTakenBack):
        await taken(graph, scope, bundle.source.id, quarantine=True)
    withdrawn = await taken(graph, scope, bundle.source.id)
    await refused(graph, scope, bundle.source.id, AlreadyTakenBack)
    await given(graph, scope, held)
    await refused(graph, scope, bundle.source.id, AlreadyTakenBack)
    await given(graph, scope, withdrawn)
    for retraction in (held, withdrawn):
        for dry_run in (True, False):
            with pytest.raises(AlreadyGivenBack) as refusal:
                await graph.give_back(scope, retraction.id, actor="bob", at=START, dry_run=dry_run)
            assert refusal.value.hint.endswith(f"stemma memory retract {bundle.source.id}")
    assert await flags(graph, scope, bundle.source) == [IN]
    assert len(await graph.retractions(scope, [bundle.source.id])) == 2


async def check_giving_back_needs_ownership(graph: MemoryGraph) -> None:
    tenant = new_scope().tenant
    everyone, ann, bob = Scope(tenant), Scope(tenant, "ann"), Scope(tenant, "bob")
    wide, hers = source_bundle(everyone, "u:1", ["ground"]), source_bundle(ann, "u:2", ["ground"])
    await put(graph, wide, hers)
    about_all, about_her = await taken(graph, everyone, wide.source.id), await taken(graph, ann, hers.source.id)
    cases = ((ann, about_all, WiderItem), (bob, about_her, UnknownItem), (new_scope(), about_all, UnknownItem))
    for scope, retraction, error in cases:
        for dry_run in (True, False):
            with pytest.raises(error):
                await graph.give_back(scope, retraction.id, actor="eve", at=START, dry_run=dry_run)
    assert await flags(graph, ann, wide.source, hers.source) == [OUT, OUT]
    await given(graph, everyone, about_her)
    assert await flags(graph, ann, hers.source) == [IN]


async def check_a_wider_decision_is_lifted_by_nobody_narrower(graph: MemoryGraph) -> None:
    """Ann owns the item, and what the tenant's operator, or she in a wider scope of hers, decided about it stands."""
    tenant = new_scope().tenant
    everyone, ann, thread = Scope(tenant), Scope(tenant, "ann"), Scope(tenant, "ann", "", "t1")
    hers = source_bundle(thread, "u:1", ["ground"])
    await put(graph, hers)
    for decider, refused_to in ((everyone, (ann, thread)), (ann, (thread,)), (thread, ())):
        decided = await taken(graph, decider, hers.source.id)
        kept = await graph.retraction(thread, decided.id)
        assert (kept.scope, kept.authority) == (thread, None if decider == thread else decider)
        assert (await graph.retractions(thread, [hers.source.id]))[-1] == kept
        for lifter in refused_to:
            for dry_run in (True, False):
                with pytest.raises(WiderDecision):
                    await graph.give_back(lifter, decided.id, actor="ann", at=START, dry_run=dry_run)
        assert await flags(graph, thread, hers.source) == [OUT]
        await given(graph, decider, decided)
        assert await flags(graph, thread, hers.source) == [IN]
        assert (await graph.retraction(thread, decided.id)).authority == kept.authority
    lifted_from_above = await taken(graph, thread, hers.source.id)
    await given(graph, everyone, lifted_from_above)
    assert await flags(graph, thread, hers.source) == [IN]


async def check_superseding_needs_ownership(graph: MemoryGraph) -> None:
    tenant = new_scope().tenant
    everyone, ann, bob = Scope(tenant), Scope(tenant, "ann"), Scope(tenant, "bob")
    ground = source_bundle(everyone, "u:1", ["ground"])
    await put(graph, ground)
    place = ground.passages[0].id
    old, _ = await learn(graph, everyone, "claim old", place)
    new, _ = await learn(graph, everyone, "claim new", place, hour=2)
    mine, _ = await learn(graph, ann, "claim mine", place, hour=2)
    his, _ = await learn(graph, bob, "claim his", place)
    cases: list[tuple[Scope, Claim, Claim, type[Exception]]] = [
        (ann, mine, old, WiderItem),
        (everyone, mine, old, WiderItem),
        (ann, new, old, WiderItem),
        (everyone, mine, his, WiderItem),
        (ann, mine, his, UnknownItem),
        (bob, mine, his, UnknownItem),
        (new_scope(), new, old, UnknownItem),
    ]
    for scope, newer, older, error in cases:
        for dry_run in (True, False):
            with pytest.raises(error):
                await graph.supersede(scope, newer.id, older.id, dry_run=dry_run)
    assert (await graph.statistics(everyone)).by_relation[Relation.SUPERSEDES] == 0
    await graph.supersede(bob, new.id, his.id)
    (gone,) = await graph.claims(bob, [his.id])
    assert not gone.recallable
    assert (await graph.statistics(everyone)).by_relation[Relation.SUPERSEDES] == 0
    assert (await graph.statistics(bob)).by_relation[Relation.SUPERSEDES] == 1


async def check_a_decision_reaches_what_it_may_not_tell(graph: MemoryGraph) -> None:
    """Everything in the tenant that follows changes; what the scope may not see is only counted."""
    tenant = new_scope().tenant
    everyone, ann, bob = Scope(tenant), Scope(tenant, "ann"), Scope(tenant, "bob")
    ground = source_bundle(everyone, "u:1", ["ground"])
    await put(graph, ground)
    place = ground.passages[0].id
    own, answer = await learn(graph, everyone, "claim", place)
    hers, her_answer = await learn(graph, ann, "claim hers", place)
    his, his_answer = await learn(graph, bob, "claim his", own.id)
    seen = {item.id for item in (ground.source, ground.passages[0], own, answer)}
    effect = await graph.take_back(everyone, decision(everyone, ground.source.id))
    assert changes(effect) == dict.fromkeys(seen, (IN, OUT))
    assert effect.hidden == 4
    assert await flags(graph, ann, hers, her_answer) == await flags(graph, bob, his, his_answer) == [OUT, OUT]
    assert effect.retraction
    back = await given(graph, everyone, effect.retraction)
    assert (set(changes(back)), back.hidden) == (seen, 4)
    effect = await graph.take_back(everyone, decision(everyone, hers.id))
    assert (list(effect.affected), effect.hidden) == ([], 2)
    assert effect.retraction
    assert (effect.retraction.scope, effect.retraction.withdraws) == (ann, hers.id)
    await _seen_with_its_item(graph, effect.retraction, [ann], [everyone, bob])


async def _seen_with_its_item(
    graph: MemoryGraph, retraction: Retraction, readers: list[Scope], strangers: list[Scope]
) -> None:
    for scope in readers:
        assert await graph.retraction(scope, retraction.id) == await graph.item(scope, retraction.id) == retraction
        assert await graph.retractions(scope, [retraction.withdraws]) == [retraction]
        assert (await graph.statistics(scope)).by_node[Node.RETRACTION] > 0
    for scope in strangers:
        assert await graph.retractions(scope, [retraction.withdraws]) == []
        listed, total = await graph.list_retractions(scope, open_only=True, limit=9)
        assert retraction.id not in {item.id for item in listed}
        assert len(listed) == total
        for read in (graph.retraction, graph.item):
            with pytest.raises(UnknownItem):
                await read(scope, retraction.id)


async def check_a_dry_run_tells_the_same_and_changes_nothing(graph: MemoryGraph) -> None:
    scope = new_scope()
    old = source_bundle(scope, "u:1", ["ground"])
    await put(graph, old, source_bundle(scope, "u:2", ["other ground"]))
    older, _ = await learn(graph, scope, "claim old", old.passages[0].id)
    newer, _ = await learn(graph, scope, "claim new", old.passages[0].id, hour=2)
    await learn(graph, Scope(scope.tenant, "ann"), "claim hidden", older.id, hour=3)
    made = decision(scope, old.source.id)

    async def supersede(dry_run: bool) -> Effect:
        return await graph.supersede(scope, newer.id, older.id, dry_run=dry_run)

    async def take_back(dry_run: bool) -> Effect:
        return await graph.take_back(scope, made, dry_run=dry_run)

    async def give_back(dry_run: bool) -> Effect:
        return await graph.give_back(scope, made.id, actor="bob", at=START, dry_run=dry_run)

    for decide in (supersede, take_back, give_back):
        before = await snapshot(graph, scope), await graph.revision(scope), await graph.statistics(scope)
        shown = await decide(True)
        assert (await snapshot(graph, scope), await graph.revision(scope), await graph.statistics(scope)) == before
        done = await decide(False)
        assert (changes(shown), shown.hidden, shown.retraction) == (changes(done), done.hidden, done.retraction)
        assert done.affected
        assert done.hidden == 2


async def check_who_decided_and_why_is_kept(graph: MemoryGraph) -> None:
    """As it was written, whatever it looks like; lifting adds who and when."""
    scope = new_scope()
    bundles = [source_bundle(scope, f"u:{n}", ["ground"]) for n in range(len(HOSTILE))]
    await put(graph, *bundles)
    made: list[Retraction] = []
    for n, (bundle, text) in enumerate(zip(bundles, HOSTILE, strict=True)):
        asked = replace(decision(scope, bundle.source.id, at=n, reason=text), actor=f"actor {text}")
        effect = await graph.take_back(scope, asked)
        assert effect.retraction == asked
        made.append(asked)
    assert await graph.retractions(scope, [bundle.source.id for bundle in bundles]) == made
    for n, (asked, text) in enumerate(zip(made, HOSTILE, strict=True)):
        at = START + timedelta(days=2, minutes=n)
        effect = await graph.give_back(scope, asked.id, actor=text, at=at)
        assert effect.retraction == replace(asked, lifted_at=at, lifted_by=text)
        assert await graph.retraction(scope, asked.id) == effect.retraction
    assert {item.supported for item in await graph.sources(scope, [b.source.id for b in bundles])} == {True}


async def check_a_long_chain_goes_out_and_comes_back(graph: MemoryGraph, length: int = 400) -> None:
    """However long, it is followed step by step."""
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    await put(graph, bundle)
    chain = [make_claim(scope, f"claim {n}") for n in range(length)]
    learned = answer_bundle(scope, "chain", chain, [])
    below = [bundle.passages[0].id, *(claim.id for claim in chain)]
    row = answer_bundle(scope, "chain", chain[:1], below[:1]).derivations[0]
    links = [replace(row, claim_id=c.id, antecedent_id=b) for c, b in zip(chain, below[:-1], strict=True)]
    await graph.put_answer(replace(learned, derivations=links))
    effect = await graph.take_back(scope, decision(scope, bundle.source.id))
    assert len(effect.affected) == length + 3
    assert effect.retraction
    back = await given(graph, scope, effect.retraction)
    assert {after for _, after in changes(back).values()} == {IN}
    up = await graph.lineage(scope, chain[-1].id, Direction.UPSTREAM, limit=length + 9)
    assert list(up.items) == [*reversed(below), bundle.source.id]
    down = await graph.lineage(scope, bundle.source.id, Direction.DOWNSTREAM, limit=length + 9)
    assert len(down.items) == length + 3
