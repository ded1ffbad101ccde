"""Several answers in one write: as if they were written one after another, in one transaction."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stemma.memory.errors import EmbedderMismatch, UnknownItem
from stemma.memory.model import Node, Relation, Scope
from stemma.memory.ports import MemoryGraph
from tests.contracts.memory_bundles import (
    IDENTITY,
    answer_bundle,
    decision,
    found_by_text,
    make_claim,
    new_scope,
    put,
    source_bundle,
)
from tests.contracts.memory_standing import IN, OUT, flags, given, taken


async def check_answers_of_a_batch_may_rest_on_each_other(graph: MemoryGraph) -> None:
    scope = new_scope()
    ground = source_bundle(scope, "u:1", ["ground"])
    await put(graph, ground)
    first, second, shared = (make_claim(scope, f"claim {name}") for name in ("first", "second", "shared"))
    one = answer_bundle(scope, "one", [first, shared], [ground.passages[0].id])
    two = answer_bundle(scope, "two", [second, replace(shared, confidence=0.1)], [first.id, one.answer.id])
    assert await graph.put_answers([]) == []
    assert await graph.put_answers([one, two, one]) == [True, True, False]
    assert await graph.put_answers([two]) == [False]
    claims = [first, second, shared]
    assert await graph.claims(scope, [claim.id for claim in claims]) == claims
    for bundle in (one, two):
        assert await graph.item(scope, bundle.answer.id) == bundle.answer
    rows = await graph.derivations(scope, [shared.id])
    assert {row.antecedent_id for row in rows} == {ground.passages[0].id, first.id, one.answer.id}
    counts = await graph.statistics(scope)
    assert (counts.by_node[Node.ANSWER], counts.by_node[Node.CLAIM]) == (2, 3)
    assert (counts.by_relation[Relation.USED], counts.by_relation[Relation.ASSERTS]) == (3, 4)
    decided = await taken(graph, scope, ground.source.id)
    assert await flags(graph, scope, *claims, one.answer, two.answer) == [OUT] * 5
    await given(graph, scope, decided)
    assert await flags(graph, scope, *claims, one.answer, two.answer) == [IN] * 5


async def check_a_refused_answer_refuses_its_batch(graph: MemoryGraph) -> None:
    scope = new_scope()
    ground = source_bundle(scope, "u:1", ["ground"])
    await put(graph, ground)
    good = answer_bundle(scope, "good", [make_claim(scope, "claim good")], [ground.passages[0].id])
    early = answer_bundle(scope, "early", [make_claim(scope, "claim early")], [good.claims[0].id])
    with pytest.raises(UnknownItem):  # what it rests on comes after it
        await graph.put_answers([early, good])
    with pytest.raises(EmbedderMismatch):
        await graph.put_answers([good, replace(early, vectors=[[1.0, 0.0]])])
    assert (await graph.statistics(scope)).by_node[Node.ANSWER] == 0
    assert await found_by_text(graph, scope, "claim") == []
    assert await graph.put_answers([good, early]) == [True, True]


async def check_what_a_batch_rests_on_decides_its_flags(graph: MemoryGraph) -> None:
    scope = new_scope()
    true, false = source_bundle(scope, "u:1", ["ground true"]), source_bundle(scope, "u:2", ["ground false"])
    await put(graph, true, false)
    held, lost, both, circle, back, doubted = (
        make_claim(scope, f"claim {name}", quarantined=name == "doubted")
        for name in ("held", "lost", "both", "circle", "back", "doubted")
    )
    await taken(graph, scope, false.source.id)
    batch = [
        answer_bundle(scope, "held", [held], [true.passages[0].id]),
        answer_bundle(scope, "lost", [lost], [false.passages[0].id]),
        answer_bundle(scope, "both", [both], [true.passages[0].id, lost.id]),
        answer_bundle(scope, "doubted", [doubted], [held.id]),
        answer_bundle(scope, "again", [lost], [held.id], used=[]),
    ]
    round_about = answer_bundle(scope, "circle", [circle, back], [])
    rows = [
        replace(batch[0].derivations[0], claim_id=one.id, antecedent_id=other.id)
        for one, other in ((circle, back), (back, circle))
    ]
    assert await graph.put_answers([*batch[:4], replace(round_about, derivations=rows)]) == [True] * 5
    assert await flags(graph, scope, held, lost, both, doubted, circle, back) == [IN, OUT, OUT, OUT, OUT, OUT]
    assert await flags(graph, scope, *(bundle.answer for bundle in batch[:4])) == [IN, OUT, OUT, IN]
    assert await graph.put_answers(batch[4:]) == [True]
    assert await flags(graph, scope, lost, both, batch[4].answer) == [IN, IN, IN]


async def check_answers_of_several_scopes_go_into_one_batch(graph: MemoryGraph) -> None:
    wide, other = new_scope(), new_scope()
    ann = Scope(wide.tenant, "ann")
    await graph.claim_embedder(IDENTITY)
    grounds = [source_bundle(scope, "u:1", ["ground"]) for scope in (wide, other)]
    await put(graph, *grounds)
    batch = [
        answer_bundle(wide, "one", [make_claim(wide, "claim wide")], [grounds[0].passages[0].id]),
        answer_bundle(other, "one", [make_claim(other, "claim other")], [grounds[1].passages[0].id]),
        answer_bundle(ann, "two", [make_claim(ann, "claim of ann")], [make_claim(wide, "claim wide").id]),
    ]
    assert await graph.put_answers(batch) == [True] * 3
    for scope, found in ((wide, batch[:1]), (other, batch[1:2]), (ann, [batch[0], batch[2]])):
        shown = {bundle.claims[0].id for bundle in found}
        assert set(await found_by_text(graph, scope, "claim")) == shown
    foreign = answer_bundle(other, "three", [make_claim(other, "claim stolen")], [batch[0].claims[0].id])
    with pytest.raises(UnknownItem):
        await graph.put_answers([foreign])


async def check_a_large_batch_of_answers_is_stored_whole(graph: MemoryGraph) -> None:
    scope = new_scope()
    ground = source_bundle(scope, "u:1", ["ground"])
    await put(graph, ground)
    batch, below = [], ground.passages[0].id
    for number in range(70):
        claims = [make_claim(scope, f"claim {number} {part}") for part in range(8)]
        batch.append(answer_bundle(scope, str(number), claims, [below]))
        below = claims[-1].id
    assert await graph.put_answers(batch) == [True] * 70
    counts = await graph.statistics(scope)
    assert (counts.by_node[Node.ANSWER], counts.by_node[Node.CLAIM]) == (70, 560)
    assert (counts.by_relation[Relation.DERIVED_FROM], counts.by_relation[Relation.ASSERTS]) == (560, 560)
    effect = await graph.take_back(scope, decision(scope, ground.source.id))
    assert len(effect.affected) == 1 + 1 + 70 + 560
