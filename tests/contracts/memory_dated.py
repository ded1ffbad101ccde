"""What every `MemoryGraph` dates: facts that came to an item after it was stored, and were not known before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from stemma.memory.history.history import History
from stemma.memory.model import Derivation
from stemma.memory.ports import MemoryGraph
from tests.contracts.memory_bundles import START, answer_bundle, decision, make_claim, new_scope, put, source_bundle
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


CHECKS: list[Callable[[MemoryGraph], Awaitable[None]]] = [check_reasons_that_came_later_were_not_known_before]
