"""What nobody used stands below the rest until somebody does; claims that say the same; and whose runs are whose."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest

from stemma.memory.consolidation.consolidator import Consolidator
from stemma.memory.consolidation.model import ConsolidationReport, Demotion, DemotionRule, Duplicate, Mark, MergeRule
from stemma.memory.errors import UnknownItem, WiderItem
from stemma.memory.model import Claim, Node, Passage, Relation, Scope, SourceKind
from stemma.memory.ports import MemoryGraph
from stemma.memory.store.model import ItemWrite, Place, StoredItem
from tests.contracts.memory_bundles import (
    IDENTITY,
    START,
    answer_bundle,
    found_by_text,
    make_claim,
    new_scope,
    put,
    source_bundle,
)
from tests.contracts.memory_consolidation import SOON, alike, ids, seen, undone
from tests.contracts.memory_standing import taken
from tests.contracts.memory_supersession import learn

LATER = START + timedelta(days=100)


async def run(graph: MemoryGraph, scope: Scope, *, now: datetime = LATER) -> ConsolidationReport:
    return await Consolidator(graph).run(scope, actor="ann@desk", now=now)


async def demoted(graph: MemoryGraph, scope: Scope, *items: Passage | Claim) -> set[str]:
    """Those of the items that are recalled below the rest."""
    passages = [item.id for item in items if isinstance(item, Passage)]
    claims = [item.id for item in items if isinstance(item, Claim)]
    return set((await graph.details(scope, passages, claims)).demoted)


async def check_claims_that_say_the_same_are_shown_once(graph: MemoryGraph) -> None:
    """Written otherwise, it is the same number; another number is another claim."""
    scope = new_scope()
    ground = source_bundle(scope, "u:1", ["ground one", "ground two"])
    await put(graph, ground)
    one, two = (passage.id for passage in ground.passages)
    early, _ = await learn(graph, scope, "The claim holds 1,200 tons.", one)
    late, _ = await learn(graph, scope, "claim holds 1200 tons", two, hour=2)
    other, _ = await learn(graph, scope, "claim holds 1300 tons", two, hour=3)
    report = await run(graph, scope, now=SOON)
    assert report.duplicates == [Duplicate(late.id, early.id, Node.CLAIM, MergeRule.STATEMENT)]
    assert set(await found_by_text(graph, scope, "claim")) == {early.id, other.id}
    assert (await graph.details(scope, [], [early.id])).also == {early.id: 1}
    assert await graph.marks(scope, [late.id]) == {late.id: Mark(shown=early.id)}
    newest, _ = await learn(graph, scope, "claim corrected", two, hour=4)
    await graph.supersede(scope, newest.id, early.id)
    assert set(await found_by_text(graph, scope, "claim")) == {late.id, other.id, newest.id}
    await taken(graph, scope, newest.id)
    assert set(await found_by_text(graph, scope, "claim")) == {early.id, other.id}
    await taken(graph, scope, early.id)
    assert set(await found_by_text(graph, scope, "claim")) == {late.id, other.id}


async def check_nothing_is_merged_across_audiences(graph: MemoryGraph) -> None:
    tenant = new_scope().tenant
    scopes = [Scope(tenant), Scope(tenant, "ann"), Scope(tenant, "bob"), new_scope()]
    bundles = {scope: alike(scope, "u:1")[0] for scope in scopes}
    await put(graph, *bundles.values())
    for scope in scopes:
        report = await run(graph, scope, now=SOON)
        assert (report.duplicates, report.looked_at) == ([], 1)
    foreign = Duplicate(bundles[scopes[1]].source.id, bundles[scopes[0]].source.id, Node.SOURCE, MergeRule.CONTENT)
    low = Demotion(bundles[scopes[2]].source.id, Node.SOURCE, DemotionRule.UNUSED)
    before = await graph.revision(scopes[0])
    for scope in scopes[:2]:
        asked = (await run(graph, scope, now=SOON)).run
        assert (await graph.consolidate(asked, [foreign], [low])).sources == 0
    assert await graph.revision(scopes[0]) == before
    assert await graph.consolidations(scopes[1], limit=10) == ([], 0)
    assert await seen(graph, scopes[1]) == ids(bundles[scopes[0]], bundles[scopes[1]])


async def check_runs_are_seen_and_undone_by_their_scope(graph: MemoryGraph) -> None:
    tenant = new_scope().tenant
    everyone, ann, bob = Scope(tenant), Scope(tenant, "ann"), Scope(tenant, "bob")
    for scope in (everyone, ann):
        await put(graph, *alike(scope, "u:1", "u:2"))
    wide, hers = (await run(graph, everyone, now=SOON)).run, (await run(graph, ann, now=LATER)).run
    assert await graph.consolidations(ann, limit=10) == ([hers, wide], 2)
    assert await graph.consolidations(ann, limit=1, offset=1) == ([wide], 2)
    assert await graph.consolidations(bob, limit=10) == await graph.consolidations(everyone, limit=10) == ([wide], 1)
    assert await graph.marks(bob, [hers.id, *ids(*alike(ann, "u:1", "u:2"))]) == {}
    for scope, one, error in ((ann, wide, WiderItem), (bob, hers, UnknownItem), (new_scope(), wide, UnknownItem)):
        with pytest.raises(error):
            await undone(graph, scope, one.id)
    await undone(graph, everyone, hers.id)
    assert (await graph.statistics(ann)).by_relation[Relation.DUPLICATES] == 1


async def check_only_readers_hear_of_a_run(graph: MemoryGraph) -> None:
    """Every kind of scope runs, and every kind asks: runs and marks are told to those who see the audience, undoing is
    for those who own it."""
    tenant = new_scope().tenant
    scopes = [Scope(tenant, *one) for one in product(("", "ann"), ("", "buyer"), ("", "t-1"))] + [Scope(tenant, "bob")]
    bundles = {scope: source_bundle(scope, "u:1", ["ground"]) for scope in scopes}
    await put(graph, *bundles.values())
    made = {scope: (await run(graph, scope)).run for scope in scopes}
    for reader in (*scopes, new_scope()):
        visible = [one for one in scopes if one.tenant == reader.tenant and one.audience in reader.audiences()]
        runs, total = await graph.consolidations(reader, limit=100)
        assert {one.id for one in runs} == {made[scope].id for scope in visible}
        assert total == len(visible)
        marks = await graph.marks(reader, [bundle.source.id for bundle in bundles.values()])
        assert marks.keys() == {bundles[scope].source.id for scope in visible}
        for scope in scopes:
            if scope.tenant != reader.tenant or not reader.owns(scope.audience):
                with pytest.raises(WiderItem if scope in visible else UnknownItem) as refusal:
                    await undone(graph, reader, made[scope].id)
                assert bundles[scope].source.id not in str(refusal.value)


async def check_what_nobody_used_is_demoted(graph: MemoryGraph) -> None:
    """By rule, and only what is old enough; using it promotes it at once, and undoing does too."""
    scope = new_scope()
    unused, used, told = (source_bundle(scope, f"u:{n}", [f"ground {n}"]) for n in range(3))
    await put(graph, unused, used, told)
    await put(
        graph, replace(late := source_bundle(scope, "u:9", ["ground 9"]), source=replace(late.source, added_at=LATER))
    )
    claim, _ = await learn(graph, scope, "claim", told.passages[0].id)
    aside = make_claim(scope, "claim aside")
    plain = answer_bundle(scope, "plain", [], [], used=[used.passages[0].id])
    assert await graph.put_answer(plain)
    items = [bundle.passages[0] for bundle in (unused, used, told, late)]
    assert (await run(graph, scope, now=SOON)).demotions == []
    report = await run(graph, scope)
    assert report.demotions == [Demotion(unused.source.id, Node.SOURCE, DemotionRule.UNUSED)]
    assert report.run.demoted == 1
    assert await demoted(graph, scope, *items, claim) == {unused.passages[0].id}
    assert await graph.marks(scope, [unused.source.id]) == {unused.source.id: Mark(demoted=(DemotionRule.UNUSED,))}
    assert set(await found_by_text(graph, scope, "ground")) == {item.id for item in items}
    assert (await run(graph, scope, now=LATER + timedelta(hours=1))).demotions == []
    assert await graph.put_answer(answer_bundle(scope, "asks", [aside], [], used=[unused.passages[0].id]))
    assert await demoted(graph, scope, *items) == set()


async def check_a_stated_claim_promotes_its_source(graph: MemoryGraph) -> None:
    scope = new_scope()
    ground = source_bundle(scope, "u:1", ["ground"])
    await put(graph, ground)
    await run(graph, scope)
    assert await demoted(graph, scope, ground.passages[0]) == {ground.passages[0].id}
    claim = make_claim(scope, "claim")
    says = answer_bundle(scope, "says", [claim], [ground.passages[0].id], used=[])
    assert await graph.put_answer(says)
    assert await demoted(graph, scope, ground.passages[0]) == set()
    assert (await run(graph, scope, now=LATER + timedelta(hours=1))).demotions == []


async def check_a_stale_claim_is_demoted_while_it_is(graph: MemoryGraph) -> None:
    scope = new_scope()
    ground = source_bundle(scope, "u:1", ["ground"])
    await put(graph, ground)
    claim, _ = await learn(graph, scope, "claim", ground.passages[0].id)
    newer = source_bundle(scope, "u:1", ["ground anew"], version=2, replaces=ground.source.id)
    await put(graph, replace(newer, source=replace(newer.source, added_at=LATER)))
    report = await run(graph, scope, now=LATER + timedelta(hours=1))
    assert report.demotions == [Demotion(claim.id, Node.CLAIM, DemotionRule.STALE)]
    assert await demoted(graph, scope, claim) == {claim.id}
    await taken(graph, scope, newer.source.id)
    assert await demoted(graph, scope, claim) == set()
    assert await graph.marks(scope, [claim.id]) == {}


async def check_undoing_promotes(graph: MemoryGraph) -> None:
    scope = new_scope()
    ground = source_bundle(scope, "u:1", ["ground"])
    await put(graph, ground)
    report = await run(graph, scope)
    await undone(graph, scope, report.run.id)
    assert await demoted(graph, scope, ground.passages[0]) == set()
    again = await run(graph, scope, now=LATER + timedelta(hours=1))
    assert len(again.demotions) == 1


async def check_items_of_a_store_are_left_alone(graph: MemoryGraph) -> None:
    scope = new_scope()
    await graph.claim_embedder(IDENTITY)
    writes = []
    for key in ("one", "two"):
        place = Place(("notes",), key)
        bundle = source_bundle(scope, place.uri, ["ground of a store"])
        source = replace(bundle.source, kind=SourceKind.STORE, metadata={"value": "{}"})
        item = StoredItem(scope, place, {}, source.id, START, START)
        writes.append(ItemWrite(item, replace(bundle, source=source)))
    assert await graph.change_items(writes) == [True, True]
    report = await run(graph, scope)
    assert (report.duplicates, report.demotions, report.looked_at) == ([], [], 0)


async def check_erasing_leaves_nothing_of_it(graph: MemoryGraph) -> None:
    tenant = new_scope().tenant
    everyone, ann = Scope(tenant), Scope(tenant, "ann")
    for scope in (everyone, ann):
        await put(graph, *alike(scope, "u:1", "u:2"))
    hers = await run(graph, ann)
    assert (hers.run.sources, hers.run.demoted) == (1, 1)
    await run(graph, everyone, now=LATER + timedelta(hours=1))
    await graph.erase(ann)
    assert (await graph.consolidations(ann, limit=10))[1] == 1
    assert await graph.marks(ann, [one.id for one in hers.duplicates]) == {}
    before = await graph.revision(ann)
    assert (await graph.consolidate(hers.run, hers.duplicates, hers.demotions)).sources == 0
    assert await graph.revision(ann) == before
    await put(graph, *alike(ann, "u:1", "u:2"))
    assert len(await seen(graph, ann)) == 3


Check = Callable[[MemoryGraph], Awaitable[None]]
CHECKS: list[Check] = [
    check_claims_that_say_the_same_are_shown_once,
    check_nothing_is_merged_across_audiences,
    check_runs_are_seen_and_undone_by_their_scope,
    check_only_readers_hear_of_a_run,
    check_what_nobody_used_is_demoted,
    check_a_stated_claim_promotes_its_source,
    check_a_stale_claim_is_demoted_while_it_is,
    check_undoing_promotes,
    check_items_of_a_store_are_left_alone,
    check_erasing_leaves_nothing_of_it,
]
