"""What every `MemoryGraph` must do to find items of a store: namespaces, order, ends, vectors, and erasing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from stemma.memory.model import Scope
from stemma.memory.ports import MemoryGraph
from stemma.memory.store.model import Place
from tests.contracts.item_writes import AXES, NOW, PORT, keys_under, removal, value_at, write
from tests.contracts.memory_bundles import HOSTILE, new_scope, unit


async def check_namespaces_are_not_text(graph: MemoryGraph) -> None:
    scope = new_scope()
    places = [
        Place(("a",), "1"),
        Place(("a", "b"), "2"),
        Place(("ab",), "3"),
        Place(("A",), "4"),
        Place(("a%", "b"), "5"),
        Place(("a", "\U0010ffff"), "6"),
    ]
    await graph.change_items([write(scope, place, place.key, at=n) for n, place in enumerate(places)])
    assert await keys_under(graph, scope, "a") == ["6", "2", "1"]
    assert await keys_under(graph, scope) == ["6", "5", "4", "3", "2", "1"]
    assert await keys_under(graph, scope, "a", limit=2) == ["6", "2"]
    assert sorted(await graph.item_namespaces(scope, ("a",), NOW)) == [("a",), ("a", "b"), ("a", "\U0010ffff")]
    assert len(await graph.item_namespaces(scope, (), NOW)) == 6


async def check_hostile_places_and_values_are_kept_as_they_are(graph: MemoryGraph) -> None:
    scope = new_scope()
    texts = [text for text in dict.fromkeys(HOSTILE) if text and "\x00" not in text]
    puts = [write(scope, Place((text, "x"), text), text) for text in texts]
    assert all(await graph.change_items(puts))
    found = await graph.items_at(scope, [put.item.place for put in puts], NOW)
    assert {item.place.key: item.value["is"] for item in found} == {text: text for text in texts}
    assert all([await keys_under(graph, scope, text) == [text] for text in texts])


async def check_items_come_the_last_updated_first(graph: MemoryGraph) -> None:
    scope = new_scope()
    puts = [write(scope, Place((label,), key), key, at=at) for label, key, at in [("b", "x", 1), ("a", "z", 1)]]
    puts += [write(scope, Place(("a",), "y"), "y", at=1), write(scope, Place(("c",), "w"), "w", at=2)]
    await graph.change_items(puts)
    assert await keys_under(graph, scope) == ["w", "y", "z", "x"]
    page = await graph.items_under(scope, (), NOW, limit=2, offset=1)
    assert [item.place.key for item in page] == ["y", "z"]


async def check_items_end(graph: MemoryGraph) -> None:
    scope = new_scope()
    stays = Place(("ports",), "calder")
    put = write(scope, PORT, "open", ttl=10)
    await graph.change_items([put, write(scope, stays, "for good")])
    later = NOW + timedelta(minutes=10)
    assert await value_at(graph, scope, at=later - timedelta(seconds=1)) == "open"
    assert await value_at(graph, scope, at=later) is None
    assert [item.place for item in await graph.items_under(scope, (), later)] == [stays]
    longer = replace(put.item, expires_at=later + timedelta(minutes=5))
    lasting = replace(write(scope, stays, "for good").item, expires_at=NOW)
    await graph.prolong_items([longer, lasting])
    assert await value_at(graph, scope, at=later) == "open"
    assert await value_at(graph, scope, stays, at=later) == "for good"


async def check_what_has_ended_is_taken_back_once(graph: MemoryGraph) -> None:
    scope = new_scope("ann")
    over = write(scope, PORT, "open", ttl=10, vectors=[AXES[0]])
    fresh = write(scope, Place(("ports",), "calder"), "open", ttl=60)
    await graph.change_items([over, fresh])
    end = NOW + timedelta(minutes=10)
    found = [item for item in await graph.expired_items(end, 1_000) if item.scope == scope]
    assert [(item.place, item.value) for item in found] == [(PORT, {})]
    both = [removal(scope, put.item.place, at=end, expired=True) for put in (over, fresh)]
    await graph.change_items([], both)
    assert [item for item in await graph.expired_items(end, 1_000) if item.scope == scope] == []
    assert await value_at(graph, scope, at=end) is None
    assert await value_at(graph, scope, fresh.item.place, at=end) == "open"
    assert await graph.item_scores(scope, (), "contract:8", AXES[0]) == {}
    [source] = await graph.sources(scope, [over.item.source_id])
    assert source.withdrawn


async def check_the_best_field_of_an_item_counts(graph: MemoryGraph) -> None:
    scope, far, plain = new_scope(), Place(("ports",), "far"), Place(("ports",), "plain")
    between = unit([1.0, 1.0, *[0.0] * 6])
    await graph.change_items(
        [
            write(scope, PORT, "near", vectors=[AXES[3], between]),
            write(scope, far, "far", vectors=[AXES[1]]),
            write(scope, plain, "no vectors"),
            write(scope, Place(("else",), "where"), "elsewhere", vectors=[AXES[0]]),
            write(scope, Place(("ports",), "other"), "other", vectors=[AXES[0]], embedder="another:8"),
        ]
    )
    scores = await graph.item_scores(scope, ("ports",), "contract:8", AXES[0])
    assert {row.place: round(score, 3) for row, score in scores.items()} == {PORT: 0.707, far: 0.0}
    again = write(
        scope, PORT, "moved", version=2, replaces=write(scope, PORT, "near").item.source_id, vectors=[AXES[2]]
    )
    assert await graph.change_items([again]) == [True]
    scores = await graph.item_scores(scope, ("ports",), "contract:8", AXES[0])
    assert {row.place: round(score, 3) for row, score in scores.items()} == {PORT: 0.0, far: 0.0}


async def check_erasing_takes_items_along(graph: MemoryGraph) -> None:
    everyone = new_scope()
    ann = Scope(everyone.tenant, "ann")
    await graph.change_items(
        [write(everyone, PORT, "open"), write(ann, PORT, "hers", vectors=[AXES[0]])],
    )
    await graph.erase(ann)
    assert await value_at(graph, ann) == "open"
    assert await graph.item_scores(ann, (), "contract:8", AXES[0]) == {}
    assert await graph.change_items([write(ann, PORT, "hers again")]) == [True]
    await graph.erase(everyone)
    assert await value_at(graph, ann) is None


CHECKS = [
    check_namespaces_are_not_text,
    check_hostile_places_and_values_are_kept_as_they_are,
    check_items_come_the_last_updated_first,
    check_items_end,
    check_what_has_ended_is_taken_back_once,
    check_the_best_field_of_an_item_counts,
    check_erasing_takes_items_along,
]
