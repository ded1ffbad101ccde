"""Two handles of one store, used at the same time."""

from __future__ import annotations

import asyncio

from stemma.memory.model import (
    Node,
    Relation,
)
from stemma.memory.ports import MemoryGraph
from tests.contracts.memory_bundles import (
    IDENTITY,
    answer_bundle,
    found_by_text,
    found_by_vector,
    make_claim,
    new_scope,
    newest,
    source_bundle,
    stored,
    vector,
)


async def check_writers_do_not_lose_each_others_work(one: MemoryGraph, two: MemoryGraph) -> None:
    await one.claim_embedder(IDENTITY)
    await two.claim_embedder(IDENTITY)
    scope = new_scope()
    bundles = [source_bundle(scope, f"u:{n}", [f"parallel text {n}"], entities=["Gdynia"]) for n in range(24)]
    taken = await asyncio.gather(*(stored((one, two)[n % 2], bundle) for n, bundle in enumerate(bundles)))
    assert taken == [True] * len(bundles)
    for graph in (one, two):
        assert len(await found_by_text(graph, scope, "parallel")) == len(bundles)
        assert len(await found_by_vector(graph, scope, vector("q"))) == len(bundles)
        assert (await graph.statistics(scope)).by_node[Node.ENTITY] == 1


async def check_one_of_many_writers_of_a_version_wins(one: MemoryGraph, two: MemoryGraph) -> None:
    await one.claim_embedder(IDENTITY)
    await two.claim_embedder(IDENTITY)
    scope = new_scope()
    rivals = [source_bundle(scope, "u:1", [f"rival number {n}"]) for n in range(10)]
    taken = await asyncio.gather(*(stored((one, two)[n % 2], bundle) for n, bundle in enumerate(rivals)))
    assert sorted(taken) == [False] * 9 + [True]
    winner = rivals[taken.index(True)]
    assert await newest(two, scope, "u:1") == winner.source
    assert await found_by_text(one, scope, "rival") == [winner.passages[0].id]


async def check_same_bundle_from_many_writers_is_stored_once(one: MemoryGraph, two: MemoryGraph) -> None:
    await one.claim_embedder(IDENTITY)
    await two.claim_embedder(IDENTITY)
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["ground"])
    taken = await asyncio.gather(*(stored(graph, bundle) for graph in (one, two) * 5))
    assert sorted(taken) == [False] * 9 + [True]
    learned = answer_bundle(scope, "one", [make_claim(scope, "A claim.")], [bundle.passages[0].id])
    taken = await asyncio.gather(*(graph.put_answer(learned) for graph in (one, two) * 5))
    assert sorted(taken) == [False] * 9 + [True]
    counts = await one.statistics(scope)
    assert (counts.by_node[Node.CLAIM], counts.by_relation[Relation.DERIVED_FROM]) == (1, 1)


async def check_embedder_claimed_by_two_is_one(one: MemoryGraph, two: MemoryGraph) -> None:
    await asyncio.gather(*(graph.claim_embedder(IDENTITY) for graph in (one, two) * 3))
    assert await one.embedder() == await two.embedder() == IDENTITY
