"""What says the same is shown once, whatever happens to any of it: nothing is lost, and no flag changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from stemma.memory.bundles import SourceBundle
from stemma.memory.consolidation.consolidator import Consolidator
from stemma.memory.consolidation.model import ConsolidationReport, Duplicate, Mark, MergeRule
from stemma.memory.errors import AlreadyUndone
from stemma.memory.model import Node, Relation, Scope
from stemma.memory.ports import MemoryGraph
from tests.contracts.memory_bundles import (
    START,
    decision,
    found_by_text,
    found_by_vector,
    new_scope,
    put,
    source_bundle,
    vector,
)
from tests.contracts.memory_standing import all_items, flags, given, snapshot, taken
from tests.contracts.memory_supersession import learn

SOON = START + timedelta(days=2)


async def consolidated(graph: MemoryGraph, scope: Scope, *, now: datetime = SOON) -> ConsolidationReport:
    """One run that merges and demotes nothing that is younger than ninety days."""
    return await Consolidator(graph).run(scope, actor="ann@desk", now=now)


async def undone(graph: MemoryGraph, scope: Scope, run_id: str) -> None:
    await graph.undo_consolidation(scope, run_id, actor="bob", at=SOON)


def alike(scope: Scope, *uris: str, texts: tuple[str, ...] = ("ground one", "ground two")) -> list[SourceBundle]:
    """Sources of the same content; the first one goes first."""
    found = [source_bundle(scope, uri, texts) for uri in uris]
    return [
        replace(each, source=replace(each.source, added_at=START + timedelta(minutes=n)))
        for n, each in enumerate(found)
    ]


async def seen(graph: MemoryGraph, scope: Scope) -> set[str]:
    """The sources whose passages every search finds; the searches and the mention graph agree."""
    by_words = await graph.passages(scope, await found_by_text(graph, scope, "ground", k=500))
    by_vector = await graph.passages(scope, await found_by_vector(graph, scope, vector("ground one"), k=500))
    told = [item for item in await graph.changed_items(scope, 0, 10_000) if item.audience in scope.audiences()]
    passages = {each.id: each for each in by_words}
    assert passages.keys() == {each.id for each in by_vector}
    assert passages.keys() == {item.id for item in told if item.recallable and item.node is Node.PASSAGE}
    return {each.source_id for each in passages.values()}


def ids(*bundles: SourceBundle) -> set[str]:
    return {bundle.source.id for bundle in bundles}


async def check_what_says_the_same_is_shown_once(graph: MemoryGraph) -> None:
    scope = new_scope()
    first, second, third = alike(scope, "u:1", "u:2", "u:3")
    (other,) = alike(scope, "u:4", texts=("ground one", "ground three"))
    await put(graph, third, first, second, other)
    before = await graph.revision(scope)
    report = await consolidated(graph, scope)
    assert [(one.id, one.canonical, one.rule) for one in sorted(report.duplicates, key=lambda one: one.id)] == sorted(
        (one, first.source.id, MergeRule.CONTENT) for one in ids(second, third)
    )
    assert (report.run.sources, report.run.claims, report.run.demoted, report.looked_at) == (2, 0, 0, 4)
    assert await seen(graph, scope) == ids(first, other)
    assert (await graph.revision(scope)).number > before.number
    assert (await graph.statistics(scope)).by_relation[Relation.DUPLICATES] == 2
    assert await graph.marks(scope, [*ids(first, second, third, other), "no-such"]) == {
        first.source.id: Mark(merged=2),
        second.source.id: Mark(shown=first.source.id),
        third.source.id: Mark(shown=first.source.id),
    }
    passages = [*first.passages, *other.passages]
    details = await graph.details(scope, [one.id for one in passages], [])
    assert (dict(details.also), list(details.demoted)) == ({first.source.id: 2}, [])


async def check_the_more_trusted_goes_first(graph: MemoryGraph) -> None:
    scope = new_scope()
    first, second = alike(scope, "u:1", "u:2")
    trusted = replace(second, source=replace(second.source, trust=0.9))
    await put(graph, first, trusted)
    await consolidated(graph, scope)
    assert await seen(graph, scope) == ids(trusted)


async def check_case_and_spacing_do_not_count_and_numbers_do(graph: MemoryGraph) -> None:
    scope = new_scope()
    (plain,) = alike(scope, "u:1", texts=("ground rent is 1,500 a year",))
    (loud,) = alike(scope, "u:2", texts=("Ground   rent is 1,500 a year.",))
    (other,) = alike(scope, "u:3", texts=("ground rent is 1,600 a year",))
    await put(graph, plain, replace(loud, source=replace(loud.source, added_at=SOON)), other)
    report = await consolidated(graph, scope)
    assert report.duplicates == [Duplicate(loud.source.id, plain.source.id, Node.SOURCE, MergeRule.WORDS)]


async def check_a_second_run_finds_nothing(graph: MemoryGraph) -> None:
    scope = new_scope()
    await put(graph, *alike(scope, "u:1", "u:2", "u:3"))
    first = await consolidated(graph, scope)
    before = await graph.revision(scope)
    again = await consolidated(graph, scope, now=SOON + timedelta(hours=1))
    assert (again.duplicates, again.demotions) == ([], [])
    assert await graph.revision(scope) == before
    assert await graph.consolidations(scope, limit=10) == ([first.run], 1)


async def check_what_is_taken_back_gives_way(graph: MemoryGraph) -> None:
    """The next best one is shown at once, and only that one; what comes back takes its place again."""
    scope = new_scope()
    first, second, third = alike(scope, "u:1", "u:2", "u:3")
    await put(graph, first, second, third)
    await consolidated(graph, scope)
    held = await taken(graph, scope, first.source.id)
    assert await seen(graph, scope) == ids(second)
    assert (await graph.marks(scope, [third.source.id])) == {third.source.id: Mark(shown=second.source.id)}
    again = await taken(graph, scope, second.source.id, quarantine=True)
    assert await seen(graph, scope) == ids(third)
    assert (await consolidated(graph, scope)).duplicates == []
    await given(graph, scope, held)
    assert await seen(graph, scope) == ids(first)
    await given(graph, scope, again)
    assert await seen(graph, scope) == ids(first)
    hidden = await taken(graph, scope, third.source.id)
    assert await seen(graph, scope) == ids(first)
    await given(graph, scope, hidden)
    assert await seen(graph, scope) == ids(first)


async def check_a_dry_run_shows_nothing_else(graph: MemoryGraph) -> None:
    scope = new_scope()
    first, second = alike(scope, "u:1", "u:2")
    await put(graph, first, second)
    before = await graph.revision(scope)
    report = await Consolidator(graph).run(scope, actor="ann", dry_run=True, now=SOON)
    assert (len(report.duplicates), report.run.sources) == (1, 1)
    assert await graph.revision(scope) == before
    await consolidated(graph, scope)
    await graph.take_back(scope, decision(scope, first.source.id), dry_run=True)
    assert await seen(graph, scope) == ids(first)


async def check_a_new_version_stands_for_itself(graph: MemoryGraph) -> None:
    scope = new_scope()
    first, second = alike(scope, "u:1", "u:2")
    await put(graph, first, second)
    await consolidated(graph, scope)
    newer = source_bundle(scope, "u:1", ["ground anew"], version=2, replaces=first.source.id)
    await put(graph, newer)
    assert await seen(graph, scope) == ids(newer) | ids(second) - ids(first)
    withdrawn = await taken(graph, scope, newer.source.id)
    assert await seen(graph, scope) == ids(first)
    await given(graph, scope, withdrawn)
    assert second.source.id in await seen(graph, scope)


async def check_support_adds_up(graph: MemoryGraph) -> None:
    """What rests on either stays as it was, merged or not, and loses its ground only with its own."""
    scope = new_scope()
    first, second = alike(scope, "u:1", "u:2")
    await put(graph, first, second)
    one, says_one = await learn(graph, scope, "claim one", first.passages[0].id)
    two, says_two = await learn(graph, scope, "claim two", second.passages[0].id)
    before = await all_items(graph, scope)
    report = await consolidated(graph, scope)
    assert report.run.sources == 1
    assert await all_items(graph, scope) == before
    await taken(graph, scope, first.source.id)
    stands = await flags(graph, scope, one, says_one, two, says_two)
    assert [each.supported for each in stands] == [False, False, True, True]
    assert await seen(graph, scope) == ids(second)


async def check_undoing_is_the_identity(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundles = alike(scope, "u:1", "u:2", "u:3")
    await put(graph, *bundles)
    await learn(graph, scope, "claim: the rent is 1,200", bundles[0].passages[0].id)
    await learn(graph, scope, "claim: rent is 1200", bundles[1].passages[0].id)
    before = await snapshot(graph, scope)
    told = {item.id: item.recallable for item in await graph.changed_items(scope, 0, 10_000)}
    report = await Consolidator(graph).run(scope, actor="ann", now=START + timedelta(days=400))
    assert (report.run.sources, report.run.claims) == (2, 1)
    held = await taken(graph, scope, bundles[0].source.id)
    await undone(graph, scope, report.run.id)
    assert await seen(graph, scope) == ids(*bundles[1:])
    await given(graph, scope, held)
    assert await snapshot(graph, scope) == before
    assert {item.id: item.recallable for item in await graph.changed_items(scope, 0, 10_000)} == told
    assert await graph.marks(scope, [*before[0]]) == {}
    assert (await graph.statistics(scope)).by_relation[Relation.DUPLICATES] == 0
    (run,), _ = await graph.consolidations(scope, limit=10)
    assert run == replace(report.run, undone_at=SOON, undone_by="bob")
    with pytest.raises(AlreadyUndone):
        await undone(graph, scope, report.run.id)


async def check_undoing_takes_back_one_run_only(graph: MemoryGraph) -> None:
    scope = new_scope()
    first, second, third = alike(scope, "u:1", "u:2", "u:3")
    await put(graph, second, third)
    early = await consolidated(graph, scope)
    await put(graph, first)
    late = await consolidated(graph, scope, now=SOON + timedelta(hours=1))
    assert [one.id for one in late.duplicates] == [second.source.id]
    assert await seen(graph, scope) == ids(first)
    await undone(graph, scope, early.run.id)
    assert await seen(graph, scope) == ids(first, third)
    await undone(graph, scope, late.run.id)
    assert await seen(graph, scope) == ids(first, second, third)


Check = Callable[[MemoryGraph], Awaitable[None]]
CHECKS: list[Check] = [
    check_what_says_the_same_is_shown_once,
    check_the_more_trusted_goes_first,
    check_case_and_spacing_do_not_count_and_numbers_do,
    check_a_second_run_finds_nothing,
    check_what_is_taken_back_gives_way,
    check_a_dry_run_shows_nothing_else,
    check_a_new_version_stands_for_itself,
    check_support_adds_up,
    check_undoing_is_the_identity,
    check_undoing_takes_back_one_run_only,
]
