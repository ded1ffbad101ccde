"""What every `MemoryGraph` must do with items of a store: values, versions, retraction, and who sees what."""

from __future__ import annotations

from datetime import timedelta

from stemma.memory.lineage.model import Direction
from stemma.memory.model import Scope
from stemma.memory.ports import MemoryGraph
from stemma.memory.store.model import ItemWrite, Place
from tests.contracts.item_writes import AXES, NOW, PORT, keys_under, removal, value_at, write
from tests.contracts.memory_bundles import decision, new_scope


async def check_an_item_is_read_back_whole(graph: MemoryGraph) -> None:
    scope = new_scope("ann")
    put = write(scope, PORT, "open", ttl=1.5, at=1)
    assert await graph.change_items([put]) == [True]
    assert await graph.items_at(scope, [PORT, Place(("ports",), "merrow")], NOW) == [put.item]
    assert await graph.items_under(scope, ("ports",), NOW) == [put.item]


async def check_a_put_supersedes_and_the_old_value_stays_in_lineage(graph: MemoryGraph) -> None:
    scope = new_scope()
    first = write(scope, PORT, "open")
    second = write(scope, PORT, "closed", version=2, replaces=first.item.source_id, at=5)
    assert await graph.change_items([first]) == [True]
    assert await graph.change_items([second]) == [True]
    [item] = await graph.items_at(scope, [PORT], NOW)
    assert (item.value, item.source_id) == ({"is": "closed"}, second.item.source_id)
    assert (item.created_at, item.updated_at) == (first.item.created_at, second.item.updated_at)
    [old] = await graph.sources(scope, [first.item.source_id])
    assert old.replaced
    assert old.supported
    assert old.metadata == {"value": '{"is": "open"}'}
    lineage = await graph.lineage(scope, first.item.source_id, Direction.UPSTREAM, limit=10)
    assert {edge.dependent for edge in lineage.edges} == {second.item.source_id}


async def check_only_the_next_version_of_an_item_is_taken(graph: MemoryGraph) -> None:
    scope, other = new_scope(), Place(("ports",), "calder")
    first = write(scope, PORT, "open")
    assert await graph.change_items([first]) == [True]
    late = write(scope, PORT, "closed")
    assert await graph.change_items([late, write(scope, other, "new")]) == [False, True]
    assert await value_at(graph, scope) == "open"
    assert await value_at(graph, scope, other) == "new"
    assert await graph.change_items([late]) == [False]


async def check_the_same_value_again_needs_no_version(graph: MemoryGraph) -> None:
    scope = new_scope()
    first = write(scope, PORT, "open")
    again = ItemWrite(write(scope, PORT, "open", at=3, ttl=5).item, None)
    assert await graph.change_items([again]) == [False]
    assert await graph.change_items([first]) == [True]
    assert await graph.change_items([again]) == [True]
    [item] = await graph.items_at(scope, [PORT], NOW)
    assert (item.updated_at, item.ttl, item.source_id) == (again.item.updated_at, 5, first.item.source_id)
    second = write(scope, PORT, "closed", version=2, replaces=first.item.source_id)
    assert await graph.change_items([second]) == [True]
    assert await graph.change_items([again]) == [False]
    assert await value_at(graph, scope) == "closed"


async def check_a_retraction_hides_an_item_and_restoring_brings_it_back(graph: MemoryGraph) -> None:
    scope = new_scope("ann")
    first = write(scope, PORT, "open", vectors=[AXES[0]])
    await graph.change_items([first])
    effect = await graph.take_back(scope, decision(scope, first.item.source_id))
    assert await value_at(graph, scope) is None
    assert await keys_under(graph, scope) == []
    assert await graph.item_namespaces(scope, (), NOW) == []
    assert effect.retraction
    await graph.give_back(scope, effect.retraction.id, actor="bob", at=NOW)
    assert await value_at(graph, scope) == "open"
    assert await keys_under(graph, scope) == ["merrow"]


async def check_deleting_withdraws_every_version(graph: MemoryGraph) -> None:
    scope = new_scope()
    first = write(scope, PORT, "open")
    second = write(scope, PORT, "closed", version=2, replaces=first.item.source_id)
    for put in (first, second):
        await graph.change_items([put])
    assert await graph.change_items([], [removal(scope, PORT), removal(scope, Place(("x",), "never"))]) == []
    assert await value_at(graph, scope) is None
    found = await graph.sources(scope, [first.item.source_id, second.item.source_id])
    assert [source.withdrawn for source in found] == [True, True]
    told = await graph.retractions(scope, [second.item.source_id])
    assert [(one.actor, one.reason) for one in told] == [("ann", "not needed")]
    await graph.give_back(scope, told[0].id, actor="bob", at=NOW)
    assert await value_at(graph, scope) == "closed"
    await graph.change_items([], [removal(scope, PORT, at=NOW + timedelta(minutes=1))])
    assert await value_at(graph, scope) is None
    third = write(scope, PORT, "open", version=3, replaces=second.item.source_id)
    assert await graph.change_items([third]) == [True]
    assert await value_at(graph, scope) == "open"


async def check_puts_and_deletes_go_together(graph: MemoryGraph) -> None:
    scope, other = new_scope(), Place(("ports",), "calder")
    await graph.change_items([write(scope, PORT, "open")])
    assert await graph.change_items([write(scope, other, "new")], [removal(scope, PORT)]) == [True]
    assert (await value_at(graph, scope), await value_at(graph, scope, other)) == (None, "new")


async def check_scopes_see_their_own_items_and_wider_ones(graph: MemoryGraph) -> None:
    everyone = new_scope()
    ann, bob = (Scope(everyone.tenant, user) for user in ("ann", "bob"))
    mine = Place(("notes",), "mine")
    await graph.change_items(
        [write(everyone, PORT, "open"), write(ann, PORT, "closed for ann"), write(ann, mine, "ann's")]
    )
    assert [await value_at(graph, scope) for scope in (everyone, ann, bob)] == ["open", "closed for ann", "open"]
    assert [sorted(await keys_under(graph, scope)) for scope in (everyone, ann, bob)] == [
        ["merrow"],
        ["merrow", "mine"],
        ["merrow"],
    ]
    assert await graph.item_namespaces(bob, (), NOW) == [("ports", "north")]
    stranger = new_scope("ann")
    assert await value_at(graph, stranger) is None
    assert await keys_under(graph, stranger) == []
    await graph.change_items([], [removal(bob, PORT), removal(stranger, PORT)])
    assert await value_at(graph, bob) == "open"
    await graph.change_items([], [removal(ann, PORT)])
    assert await value_at(graph, ann) == "open"


async def check_another_handle_sees_items(one: MemoryGraph, two: MemoryGraph) -> None:
    scope = new_scope()
    first = write(scope, PORT, "open")
    assert await one.change_items([first]) == [True]
    assert await value_at(two, scope) == "open"
    assert await two.change_items([write(scope, PORT, "other")]) == [False]


CHECKS = [
    check_an_item_is_read_back_whole,
    check_a_put_supersedes_and_the_old_value_stays_in_lineage,
    check_only_the_next_version_of_an_item_is_taken,
    check_the_same_value_again_needs_no_version,
    check_a_retraction_hides_an_item_and_restoring_brings_it_back,
    check_deleting_withdraws_every_version,
    check_puts_and_deletes_go_together,
    check_scopes_see_their_own_items_and_wider_ones,
]
