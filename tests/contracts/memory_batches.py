"""Several versions of sources in one write: each is taken or refused by itself, the batch is one transaction."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from stemma.memory.errors import EmbedderMismatch
from stemma.memory.model import Node, Relation, Scope
from stemma.memory.ports import MemoryGraph
from tests.contracts.memory_bundles import (
    IDENTITY,
    found_by_text,
    found_by_vector,
    new_scope,
    newest,
    put,
    source_bundle,
    vector,
)


async def check_an_empty_batch_is_harmless(graph: MemoryGraph) -> None:
    assert await graph.put_sources([]) == []
    assert await graph.current_sources(new_scope(), []) == {}
    assert await graph.current_sources(new_scope(), ["u:1", "u:1"]) == {}


async def check_a_batch_takes_the_new_and_refuses_the_rest(graph: MemoryGraph) -> None:
    scope = new_scope()
    known = source_bundle(scope, "u:known", ["known"], entities=["Oslo"])
    old = source_bundle(scope, "u:old", ["before"])
    await put(graph, known, old)
    fresh = source_bundle(scope, "u:fresh", ["fresh"], entities=["Oslo", "Bergen"])
    raced = source_bundle(scope, "u:old", ["came too late"], entities=["Nowhere"])
    late = source_bundle(scope, "u:late", ["starts late"], version=2, replaces=old.source.id)
    after = source_bundle(scope, "u:old", ["after"], version=2, replaces=old.source.id)
    assert await graph.put_sources([known, fresh, raced, late, after]) == [False, True, False, False, True]
    current = await graph.current_sources(scope, ["u:late", "u:old", "u:known", "u:fresh"])
    assert current == {"u:known": known.source, "u:fresh": fresh.source, "u:old": after.source}
    counts = await graph.statistics(scope)
    assert (counts.by_node[Node.SOURCE], counts.by_node[Node.PASSAGE], counts.by_node[Node.ENTITY]) == (4, 4, 2)
    assert (counts.by_relation[Relation.MENTIONS], counts.by_relation[Relation.REPLACES]) == (3, 1)
    shown = {item.passages[0].id for item in (known, fresh, after)}
    assert set(await found_by_vector(graph, scope, vector("q"))) == shown
    assert await found_by_text(graph, scope, "before", "late", "nowhere") == []
    assert await graph.put_sources([source_bundle(scope, "u:late", ["in time"])]) == [True]


async def check_versions_of_one_uri_follow_each_other_in_a_batch(graph: MemoryGraph) -> None:
    scope = new_scope()
    first = source_bundle(scope, "u:1", ["tide one", "tide also"])
    again = source_bundle(scope, "u:1", ["tide rival"])
    second = source_bundle(scope, "u:1", ["tide two"], version=2, replaces=first.source.id)
    third = source_bundle(scope, "u:1", ["tide three"], version=3, replaces=second.source.id)
    await graph.claim_embedder(IDENTITY)
    assert await graph.put_sources([third, first, again, second, first, third]) == [
        *(False, True, False),
        *(True, False, True),
    ]
    assert await newest(graph, scope, "u:1") == third.source
    replaced = [replace(bundle.source, replaced=True) for bundle in (first, second)]
    assert await graph.sources(scope, [first.source.id, second.source.id]) == replaced
    assert await found_by_text(graph, scope, "tide") == [third.passages[0].id]
    assert await found_by_vector(graph, scope, vector("q")) == [third.passages[0].id]
    counts = await graph.statistics(scope)
    assert (counts.by_node[Node.PASSAGE], counts.by_relation[Relation.REPLACES]) == (4, 2)


async def check_a_batch_may_go_to_several_scopes(graph: MemoryGraph) -> None:
    wide, other = new_scope(), new_scope()
    places = [wide, other, Scope(wide.tenant, "ann"), wide]
    bundles = [source_bundle(scope, f"u:{n % 3}", [f"shared {n}"], entities=["Oslo"]) for n, scope in enumerate(places)]
    await graph.claim_embedder(IDENTITY)
    assert await graph.put_sources(bundles) == [True, True, True, False]
    for bundle in bundles[:3]:
        assert await newest(graph, bundle.source.scope, bundle.source.uri) == bundle.source
    assert len(await found_by_text(graph, other, "shared")) == 1
    assert len(await found_by_text(graph, wide, "shared")) == 1


async def check_a_failing_batch_leaves_nothing(graph: MemoryGraph) -> None:
    scope = new_scope()
    await graph.claim_embedder(IDENTITY)
    good = source_bundle(scope, "u:1", ["good"])
    short = source_bundle(scope, "u:2", ["short vector"], vectors=[[1.0, 0.0]])
    with pytest.raises(EmbedderMismatch):
        await graph.put_sources([good, short])
    assert sum((await graph.statistics(scope)).by_node.values()) == 0
    assert await graph.put_sources([good]) == [True]


async def check_what_was_made_ready_is_put_later(graph: MemoryGraph) -> None:
    scope = new_scope()
    first = source_bundle(scope, "u:1", ["tide one"], entities=["Oslo"])
    second = source_bundle(scope, "u:1", ["tide two"], version=2, replaces=first.source.id, entities=["Oslo"])
    rival = source_bundle(scope, "u:1", ["tide rival"], version=2, replaces=first.source.id)
    await graph.claim_embedder(IDENTITY)
    ready = await graph.ready([second, rival, first])
    assert [source.bundle for source in ready] == [second, rival, first]
    assert sum((await graph.statistics(scope)).by_node.values()) == 0
    assert await graph.put_sources([first]) == [True]
    assert await graph.put_ready(ready) == [True, False, False]
    assert await graph.put_ready(await graph.ready([])) == []
    assert await found_by_text(graph, scope, "tide") == [second.passages[0].id]
    assert await found_by_vector(graph, scope, vector("tide two")) == [second.passages[0].id]
    assert (await graph.statistics(scope)).by_node[Node.ENTITY] == 1


async def check_a_large_batch_is_stored_whole(graph: MemoryGraph) -> None:
    scope = new_scope()
    words = [f"port{n}" for n in range(40)]
    large = source_bundle(scope, "u:large", [f"large text {n}" for n in range(620)], entities=words[:2])
    small = [source_bundle(scope, f"u:{n}", [f"small text {n}"], entities=words) for n in range(40)]
    await put(graph, large, *small)
    counts = await graph.statistics(scope)
    assert (counts.by_node[Node.SOURCE], counts.by_node[Node.PASSAGE], counts.by_node[Node.ENTITY]) == (41, 660, 40)
    assert counts.by_relation[Relation.MENTIONS] == 620 * 2 + 40 * 40
    found = await found_by_vector(graph, scope, vector("small text 7"), k=1)
    assert found == [small[7].passages[0].id]
    assert await graph.passages(scope, [p.id for p in large.passages]) == list(large.passages)


async def check_batches_in_opposite_order_do_not_block_each_other(one: MemoryGraph, two: MemoryGraph) -> None:
    for graph in (one, two):
        await graph.claim_embedder(IDENTITY)
    scope, names = new_scope(), [f"Town{n}" for n in range(12)]
    uris = [f"u:{n}" for n in range(12)]
    for _ in range(3):
        known = await one.current_sources(scope, uris)
        version = {uri: known[uri].version + 1 if uri in known else 1 for uri in uris}
        older = {uri: known[uri].id if uri in known else None for uri in uris}
        batches = [
            [
                source_bundle(scope, uri, [f"{name} {uri}"], version=version[uri], replaces=older[uri], entities=towns)
                for uri in order
            ]
            for name, order, towns in (
                ("Ann", uris, names),
                ("Bob", uris[::-1], names[::-1]),
                ("Cid", uris[6:] + uris[:6], names),
                ("Dan", uris[5::-1] + uris[:5:-1], names[::-1]),
            )
        ]
        taken = await asyncio.gather(*((one, two)[n % 2].put_sources(batch) for n, batch in enumerate(batches)))
        won = [
            bundle.source
            for batch, answers in zip(batches, taken, strict=True)
            for bundle, is_taken in zip(batch, answers, strict=True)
            if is_taken
        ]
        assert sorted(source.uri for source in won) == sorted(uris)
        assert await two.current_sources(scope, uris) == {source.uri: source for source in won}
    assert len(await found_by_vector(one, scope, vector("q"))) == len(uris)
    counts = await one.statistics(scope)
    assert (counts.by_node[Node.SOURCE], counts.by_node[Node.ENTITY]) == (36, 12)
