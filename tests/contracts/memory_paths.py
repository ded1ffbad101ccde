"""Lineage both ways: what a statement rests on, what it reached, who may see how much of it; and lists of decisions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stemma.memory.bundles import SourceBundle
from stemma.memory.errors import UnknownItem
from stemma.memory.lineage.model import Direction, Lineage, LineageEdge
from stemma.memory.model import Answer, Claim, Node, Passage, Relation, Scope, Source
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
from tests.contracts.memory_standing import Believed, given, taken
from tests.contracts.memory_supersession import learn, versions

UP, DOWN = Direction.UPSTREAM, Direction.DOWNSTREAM


def links(found: Lineage) -> set[tuple[str, str, Relation]]:
    return {(edge.dependent, edge.antecedent, edge.relation) for edge in found.edges}


def assert_well_formed(found: Lineage) -> None:
    """Nearest first, the root first, edges between shown items only, each once."""
    assert next(iter(found.items)) == found.root
    assert all(item.id == item_id for item_id, item in found.items.items())
    steps: dict[str, set[str]] = {item_id: set() for item_id in found.items}
    for edge in found.edges:
        assert {edge.dependent, edge.antecedent} <= found.items.keys()
        reversed_ = edge.relation in (Relation.SUPERSEDES, Relation.REPLACES)
        up, down = (edge.antecedent, edge.dependent) if reversed_ else (edge.dependent, edge.antecedent)
        start, end = (up, down) if found.direction is UP else (down, up)
        steps[start].add(end)
    assert len(set(found.edges)) == len(found.edges)
    distance = {found.root: 0}
    for item_id in (queue := [found.root]):
        for following in sorted(steps[item_id] - distance.keys()):
            distance[following] = distance[item_id] + 1
            queue.append(following)
    assert [distance[item_id] for item_id in found.items] == sorted(distance.values())


async def two_levels(graph: MemoryGraph, scope: Scope) -> tuple[SourceBundle, Claim, Claim, Answer, Answer]:
    """A source of two passages; a claim on the first; a claim on that claim and the second; the answers that stated
    them."""
    ground = source_bundle(scope, "u:1", ["ground one", "ground two"])
    await put(graph, ground)
    lower, first = await learn(graph, scope, "claim lower", ground.passages[0].id)
    upper, second = await learn(graph, scope, "claim upper", lower.id, ground.passages[1].id, hour=2)
    return ground, lower, upper, first, second


async def check_upstream_leads_to_the_sources(graph: MemoryGraph) -> None:
    scope = new_scope("ann")
    ground, lower, upper, _, second = await two_levels(graph, scope)
    one, two = (passage.id for passage in ground.passages)
    found = await graph.lineage(scope, second.id, UP, limit=99)
    assert_well_formed(found)
    assert (found.root, found.direction, found.truncated, list(found.retractions)) == (second.id, UP, False, [])
    rests_on: list[Believed] = [second, lower, upper, ground.source, *ground.passages]
    assert found.items == {item.id: item for item in rests_on}
    assert links(found) == {
        (second.id, lower.id, Relation.USED),
        (second.id, two, Relation.USED),
        (second.id, upper.id, Relation.ASSERTS),
        (upper.id, lower.id, Relation.DERIVED_FROM),
        (upper.id, two, Relation.DERIVED_FROM),
        (lower.id, one, Relation.DERIVED_FROM),
        (one, ground.source.id, Relation.PART_OF),
        (two, ground.source.id, Relation.PART_OF),
    }
    found = await graph.lineage(scope, lower.id, UP, limit=99)
    assert list(found.items) == [lower.id, one, ground.source.id]
    found = await graph.lineage(scope, ground.source.id, UP, limit=99)
    assert (found.items, list(found.edges)) == ({ground.source.id: ground.source}, [])


async def check_downstream_leads_to_the_answers(graph: MemoryGraph) -> None:
    scope = new_scope("ann")
    ground, lower, upper, first, second = await two_levels(graph, scope)
    one, two = (passage.id for passage in ground.passages)
    found = await graph.lineage(scope, ground.source.id, DOWN, limit=99)
    assert_well_formed(found)
    assert found.items.keys() == {ground.source.id, one, two, lower.id, upper.id, first.id, second.id}
    assert len(found.edges) == 10
    found = await graph.lineage(scope, two, DOWN, limit=99)
    assert_well_formed(found)
    assert found.items.keys() == {two, upper.id, second.id}
    assert links(found) == {
        (upper.id, two, Relation.DERIVED_FROM),
        (second.id, two, Relation.USED),
        (second.id, upper.id, Relation.ASSERTS),
    }
    found = await graph.lineage(scope, second.id, DOWN, limit=99)
    assert (found.items, list(found.edges), found.truncated) == ({second.id: second}, [], False)


async def check_edges_tell_quote_and_rank(graph: MemoryGraph) -> None:
    scope = new_scope()
    ground = source_bundle(scope, "u:1", ["ground"])
    await put(graph, ground)
    place, claim = ground.passages[0].id, make_claim(scope, "claim")
    one, two = (answer_bundle(scope, name, [claim], [place]) for name in ("one", "two"))
    told = replace(two.derivations[0], quote="'; -- \x00 \"", start=1, end=9, extractor="", step="")
    await graph.put_answer(one)
    await graph.put_answer(replace(two, derivations=[told]))
    found = await graph.lineage(scope, one.answer.id, UP, limit=99)
    assert_well_formed(found)
    row, derived = one.derivations[0], Relation.DERIVED_FROM
    edge = (claim.id, place, derived)
    assert {edge for edge in found.edges if edge.relation is derived} == {
        LineageEdge(*edge, row.justification, row.quote, row.start, row.end, row.extractor, row.run_id, row.step),
        LineageEdge(*edge, told.justification, told.quote, 1, 9, "", told.run_id, ""),
    }
    assert LineageEdge(one.answer.id, place, Relation.USED, rank=1, score=1.0) in found.edges
    assert LineageEdge(one.answer.id, claim.id, Relation.ASSERTS) in found.edges
    assert LineageEdge(place, ground.source.id, Relation.PART_OF) in found.edges


async def check_lineage_says_why_something_is_not_current(graph: MemoryGraph) -> None:
    """Upstream goes to the newer version and the newer claim; downstream from them to what they stand for."""
    scope = new_scope()
    old, new, last = await versions(graph, scope, 3)
    older, _ = await learn(graph, scope, "claim old", old.passages[0].id)
    newer, _ = await learn(graph, scope, "claim new", last.passages[0].id, hour=2)
    await graph.supersede(scope, newer.id, older.id)
    found = await graph.lineage(scope, older.id, UP, limit=99)
    assert_well_formed(found)
    sources = [bundle.source.id for bundle in (old, new, last)]
    assert found.items.keys() == {older.id, newer.id, old.passages[0].id, last.passages[0].id, *sources}
    assert (newer.id, older.id, Relation.SUPERSEDES) in links(found)
    replaces = {edge for edge in links(found) if edge[2] is Relation.REPLACES}
    assert replaces == {(sources[1], sources[0], Relation.REPLACES), (sources[2], sources[1], Relation.REPLACES)}
    shown = found.items[old.source.id]
    assert isinstance(shown, Source)
    assert shown.replaced
    found = await graph.lineage(scope, newer.id, DOWN, limit=99)
    assert_well_formed(found)
    assert {newer.id, older.id} < found.items.keys()
    assert old.source.id not in found.items
    found = await graph.lineage(scope, sources[2], DOWN, limit=99)
    assert_well_formed(found)
    assert {*sources, older.id, newer.id} < found.items.keys()
    found = await graph.lineage(scope, sources[0], DOWN, limit=99)
    assert not {sources[1], sources[2], newer.id} & found.items.keys()


async def check_lineage_ends_in_a_circle(graph: MemoryGraph) -> None:
    scope = new_scope()
    await put(graph, source_bundle(scope, "u:1", ["ground"]))
    one, two = make_claim(scope, "claim one"), make_claim(scope, "claim two")
    row = answer_bundle(scope, "circle", [one], [two.id]).derivations[0]
    learned = answer_bundle(scope, "circle", [one, two], [])
    back = replace(row, claim_id=two.id, antecedent_id=one.id)
    await graph.put_answer(replace(learned, derivations=[row, back]))
    for direction in (UP, DOWN):
        found = await graph.lineage(scope, one.id, direction, limit=99)
        assert_well_formed(found)
        assert {one.id, two.id} <= found.items.keys()
        assert {(one.id, two.id, Relation.DERIVED_FROM), (two.id, one.id, Relation.DERIVED_FROM)} <= links(found)


async def check_lineage_keeps_its_limit(graph: MemoryGraph) -> None:
    """The nearest ones, and a word that there is more."""
    scope = new_scope()
    ground = source_bundle(scope, "u:1", [f"ground {n}" for n in range(6)])
    await put(graph, ground)
    for n in range(6):
        await learn(graph, scope, f"claim {n}", ground.passages[n].id)
    full = await graph.lineage(scope, ground.source.id, DOWN, limit=19)
    assert (len(full.items), full.truncated) == (19, False)
    for limit in (1, 4, 7, 12, 18):
        found = await graph.lineage(scope, ground.source.id, DOWN, limit=limit)
        assert_well_formed(found)
        assert (len(found.items), found.truncated) == (limit, True)
        kinds = [Source, *[Passage] * 6][:limit]
        assert [type(item) for item in found.items.values()][: len(kinds)] == kinds
        assert links(found) == {edge for edge in links(full) if {edge[0], edge[1]} <= found.items.keys()}


async def check_lineage_shows_what_the_scope_sees(graph: MemoryGraph) -> None:
    tenant = new_scope().tenant
    everyone, ann, bob = Scope(tenant), Scope(tenant, "ann"), Scope(tenant, "bob")
    ground = source_bundle(everyone, "u:1", ["ground"])
    await put(graph, ground)
    own, said = await learn(graph, everyone, "claim", ground.passages[0].id)
    hers, her_answer = await learn(graph, ann, "claim hers", own.id)
    _, his_answer = await learn(graph, bob, "claim his", own.id)
    shared = {ground.source.id, ground.passages[0].id, own.id, said.id}
    found = await graph.lineage(everyone, ground.source.id, DOWN, limit=99)
    assert_well_formed(found)
    assert found.items.keys() == shared
    found = await graph.lineage(ann, ground.source.id, DOWN, limit=99)
    assert_well_formed(found)
    assert found.items.keys() == shared | {hers.id, her_answer.id}
    found = await graph.lineage(ann, ground.source.id, DOWN, limit=4)
    assert (len(found.items), found.truncated) == (4, True)
    found = await graph.lineage(everyone, ground.source.id, DOWN, limit=4)
    assert (len(found.items), found.truncated) == (4, False)
    found = await graph.lineage(ann, her_answer.id, UP, limit=99)
    assert found.items.keys() == {her_answer.id, hers.id, own.id, ground.passages[0].id, ground.source.id}
    for reader, stranger in ((everyone, her_answer.id), (ann, his_answer.id), (new_scope(), ground.source.id)):
        for direction in (UP, DOWN):
            with pytest.raises(UnknownItem):
                await graph.lineage(reader, stranger, direction, limit=99)


async def check_only_what_can_rest_has_lineage(graph: MemoryGraph) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"], entities=["Oslo"])
    await put(graph, bundle)
    decided = await taken(graph, scope, bundle.source.id)
    for item_id in ("no-such-id", bundle.entities[0].id, decided.id, *HOSTILE):
        for direction in (UP, DOWN):
            with pytest.raises(UnknownItem):
                await graph.lineage(scope, item_id, direction, limit=99)


async def check_lineage_tells_the_decisions(graph: MemoryGraph) -> None:
    """About shown items only, lifted ones too, oldest first, with the items as they stand."""
    scope = new_scope()
    ground, lower, upper, _, second = await two_levels(graph, scope)
    held = await taken(graph, scope, lower.id, quarantine=True)
    lifted = await given(graph, scope, held)
    about = await taken(graph, scope, ground.source.id)
    found = await graph.lineage(scope, second.id, UP, limit=99)
    assert list(found.retractions) == [lifted.retraction, about]
    shown = found.items[upper.id]
    assert isinstance(shown, Claim)
    assert not shown.supported
    assert list((await graph.lineage(scope, upper.id, DOWN, limit=99)).retractions) == []


async def check_decisions_are_listed_newest_first(graph: MemoryGraph) -> None:
    scope = new_scope()
    other = Scope(scope.tenant, "ann")
    bundles = [source_bundle(scope, f"u:{n}", ["ground"]) for n in range(5)]
    hers = source_bundle(other, "u:hers", ["ground"])
    await put(graph, *bundles, hers)
    made = [decision(scope, bundle.source.id, at=n // 2) for n, bundle in enumerate(bundles)]
    for one in made:
        await graph.take_back(scope, one)
    about_her = await taken(graph, other, hers.source.id)
    back = await graph.give_back(scope, made[2].id, actor="bob", at=START)
    assert back.retraction
    now = {one.id: one for one in (*made[:2], back.retraction, *made[3:])}
    newest = sorted(now.values(), key=lambda one: (-one.at.timestamp(), one.id))
    assert await graph.list_retractions(scope, open_only=False, limit=9) == (newest, 5)
    assert await graph.list_retractions(scope, open_only=False, limit=2, offset=1) == (newest[1:3], 5)
    still = [one for one in newest if one.lifted_at is None]
    assert await graph.list_retractions(scope, open_only=True, limit=9) == (still, 4)
    assert await graph.list_retractions(scope, open_only=True, limit=9, offset=9) == ([], 4)
    page = await graph.items(scope, Node.RETRACTION, limit=3)
    assert (list(page.items), page.total) == (newest[:3], 5)
    counts = await graph.statistics(scope)
    assert (counts.by_node[Node.RETRACTION], counts.by_relation[Relation.WITHDRAWS]) == (5, 5)
    ids = [bundle.source.id for bundle in bundles]
    oldest = sorted(now.values(), key=lambda one: (one.at, one.id))
    assert await graph.retractions(scope, [*ids, "no-such-id", hers.source.id]) == oldest
    assert await graph.retractions(scope, []) == []
    assert (await graph.list_retractions(other, open_only=False, limit=9))[1] == 6
    assert await graph.retractions(other, [hers.source.id]) == [about_her]


async def check_erased_items_take_their_decisions_along(graph: MemoryGraph) -> None:
    scope = new_scope()
    hers = Scope(scope.tenant, "ann")
    kept, gone = source_bundle(scope, "u:1", ["ground"]), source_bundle(hers, "u:2", ["ground"])
    await put(graph, kept, gone)
    about_kept, about_gone = await taken(graph, scope, kept.source.id), await taken(graph, scope, gone.source.id)
    await graph.erase(hers)
    assert await graph.list_retractions(hers, open_only=False, limit=9) == ([about_kept], 1)
    with pytest.raises(UnknownItem):
        await graph.give_back(scope, about_gone.id, actor="bob", at=START)
    await graph.put_sources([gone])
    assert await graph.sources(hers, [gone.source.id]) == [gone.source]
