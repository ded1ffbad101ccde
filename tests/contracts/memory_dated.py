"""What every `MemoryGraph` dates: facts that came to an item after it was stored, and were not known before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from stemma.memory.contradictions.model import Resolution
from stemma.memory.contradictions.ruling import Ruling
from stemma.memory.history.history import History
from stemma.memory.history.past_reads import PastReads
from stemma.memory.model import Derivation, Scope
from stemma.memory.ports import MemoryGraph
from tests.contracts.contradictory_claims import conflict_of, two
from tests.contracts.memory_bundles import (
    START,
    answer_bundle,
    decision,
    make_claim,
    new_scope,
    put,
    source_bundle,
    vector,
)
from tests.contracts.memory_consolidation import alike, consolidated
from tests.contracts.memory_standing import status

LATER = START + timedelta(hours=9)


async def check_reasons_that_came_later_were_not_known_before(graph: MemoryGraph) -> None:
    scope = new_scope()
    first, second = source_bundle(scope, "first", ["first"]), source_bundle(scope, "second", ["second"])
    said = [make_claim(scope, f"said by {by}") for by in ("an answer", "a source")]
    one = answer_bundle(scope, "one", said, [first.passages[0].id])
    two = answer_bundle(scope, "two", said[:1], [second.passages[0].id])
    read = replace(source_bundle(scope, "third", ["third"]), claims=said[1:])
    row = Derivation(said[1].id, read.passages[0].id, "j-read", "third", 0, 5, "rules")
    await put(graph, first, second)
    assert await graph.put_answer(one)
    await graph.take_back(scope, replace(decision(scope, first.source.id), at=START + timedelta(hours=2)))
    assert await graph.put_answer(replace(two, answer=replace(two.answer, recorded_at=LATER)))
    await put(graph, replace(read, source=replace(read.source, added_at=LATER), derivations=[row]))
    now = {claim.id: status(claim) for claim in await graph.claims(scope, [claim.id for claim in said])}
    for moment, holds in ((LATER, True), (LATER - timedelta(hours=1), False)):
        past = await History(graph).past(scope, known_at=moment)
        assert [past.then.get(claim.id, now[claim.id]).supported for claim in said] == [holds, holds], moment


async def check_contradictions_are_told_as_they_were_known(graph: MemoryGraph) -> None:
    everyone = new_scope()
    ann = Scope(everyone.tenant, "ann")
    newer, older = await two(graph, everyone, ann)
    days = [START + timedelta(days=n) for n in range(10)]
    found = conflict_of(ann, newer, older, at=days[2])
    await graph.put_conflicts([found])
    kept = replace(found, resolution=Resolution.BOTH_HOLD, resolved_by="ann", resolved_at=days[8])
    await graph.rule(ann, Ruling(found, kept, "ann", days[8]))
    gone = replace(decision(ann, found.claim_id), at=days[4])
    await graph.take_back(ann, gone)
    await graph.give_back(ann, gone.id, actor="ann", at=days[6])
    passages = [newer.passages[0].id, older.passages[0].id]
    both = {passages[0]: (found.other_id,), passages[1]: (found.claim_id,)}
    for day, told in ((1, {}), (3, both), (5, {passages[0]: (found.other_id,)}), (7, both), (9, {})):
        reads = PastReads(graph, await History(graph).past(ann, known_at=days[day]))
        assert (await reads.details(ann, passages, [])).contradicted == told, day
        claims = (await reads.details(ann, [], [found.other_id])).contradicted
        assert claims == ({found.other_id: told[passages[1]]} if passages[1] in told else {}), day
        assert (await reads.details(everyone, passages, [])).contradicted == {}


async def check_duplicates_are_shown_as_they_were_known(graph: MemoryGraph) -> None:
    scope = new_scope()
    first, second, third = alike(scope, "u:1", "u:2", "u:3")
    days = [START + timedelta(days=n) for n in range(10)]
    third = replace(third, source=replace(third.source, added_at=days[3]))
    await put(graph, first, second)
    await consolidated(graph, scope, now=days[2])
    await put(graph, third)
    run = await consolidated(graph, scope, now=days[4])
    gone = replace(decision(scope, first.source.id), at=days[6])
    await graph.take_back(scope, gone)
    firsts, seconds, thirds = (frozenset(part.id for part in one.passages) for one in (first, second, third))
    told = ((1, firsts | seconds, 0), (2, firsts, 1), (3, firsts | thirds, 1), (5, firsts, 2), (7, seconds, 0))
    for day, shown, also in told:
        reads = PastReads(graph, await History(graph).past(scope, known_at=days[day]))
        assert {one.id for one in await reads.search_text(scope, ["ground"], 50)} == shown, day
        assert {one.id for one in await reads.search_vector(scope, vector("ground one"), 50)} == shown, day
        found = await reads.details(scope, sorted(firsts), [])
        assert found.also == ({first.source.id: also} if also else {}), day
    await graph.give_back(scope, gone.id, actor="ann", at=days[8])
    await graph.undo_consolidation(scope, run.run.id, actor="bob", at=days[9])
    reads = PastReads(graph, await History(graph).past(scope, known_at=days[7]))
    assert {one.id for one in await reads.search_text(scope, ["ground"], 50)} == seconds | thirds, "is not kept"


CHECKS: list[Callable[[MemoryGraph], Awaitable[None]]] = [
    check_duplicates_are_shown_as_they_were_known,
    check_reasons_that_came_later_were_not_known_before,
    check_contradictions_are_told_as_they_were_known,
]
