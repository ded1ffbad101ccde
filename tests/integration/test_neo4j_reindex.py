"""Another embedder takes a Neo4j over, on both lines: servers of their own, because a database has one embedder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from neo4j import AsyncGraphDatabase

from stemma.memory.errors import EmbedderMismatch
from stemma.memory.neo4j_folder import LocalServer, password_in
from stemma.memory.neo4j_graph import Neo4jGraph
from stemma.memory.neo4j_jars import RELEASES
from stemma.memory.neo4j_local import LocalNeo4j
from tests.contracts.memory_bundles import (
    IDENTITY,
    answer_bundle,
    decision,
    make_claim,
    new_scope,
    put,
    source_bundle,
    stored,
    vector,
)
from tests.contracts.memory_graph import FRESH_CHECKS, REINDEX_CHECKS, Check
from tests.contracts.memory_reindex import NEXT, index_all, new_vector
from tests.neo4j_server import jars

pytestmark = [pytest.mark.neo4j, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", params=RELEASES, ids=lambda release: release.version)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    folder = tmp_path_factory.mktemp("neo4j")
    with LocalNeo4j(folder, jars=jars(), heap_mb=512, brief=True, release=request.param) as running:
        yield running


@pytest.fixture
async def graph(server: LocalServer) -> AsyncIterator[Neo4jGraph]:
    await emptied(server)
    made = graph_of(server)
    await made.open()
    yield made
    await made.close()


def graph_of(server: LocalServer) -> Neo4jGraph:
    return Neo4jGraph(server.url, password=password_in(Path(server.folder)))


async def emptied(server: LocalServer) -> None:
    """As if nobody had ever claimed the database: its schema stays."""
    login = ("neo4j", password_in(Path(server.folder)))
    async with AsyncGraphDatabase.driver(server.url, auth=login, telemetry_disabled=True) as driver:
        await driver.execute_query("MATCH (n) WHERE NOT n.key = 'schema' OR n.key IS NULL DETACH DELETE n")
        for slot in ("a", "b"):
            await driver.execute_query(f"DROP INDEX stemma_vectors_{slot} IF EXISTS")


@pytest.mark.parametrize("check", [*FRESH_CHECKS, *REINDEX_CHECKS], ids=lambda check: check.__name__)
async def test_contract(graph: Neo4jGraph, check: Check) -> None:
    await check(graph)


async def test_what_an_erased_tenant_leaves(graph: Neo4jGraph, server: LocalServer) -> None:
    """Its name and where it stood, for the caches of other processes."""
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["some words"], entities=["Harrow", "Aster"])
    await put(graph, bundle)
    await graph.put_answer(answer_bundle(scope, "one", [make_claim(scope, "A claim.")], [bundle.passages[0].id]))
    await graph.take_back(scope, decision(scope, bundle.source.id))
    await graph.erase(scope)
    login = ("neo4j", password_in(Path(server.folder)))
    async with AsyncGraphDatabase.driver(server.url, auth=login, telemetry_disabled=True) as driver:
        left = await driver.execute_query("MATCH (n) WHERE n.tenant = $tenant RETURN n", tenant=scope.tenant)
    (node,) = [record["n"] for record in left.records]
    assert set(node.labels) == {"StemmaTenant"}
    assert set(node.keys()) == {"tenant", "revision", "erasures", "turn", "locked"}


async def test_another_process_is_told_that_embedders_were_switched(graph: Neo4jGraph, server: LocalServer) -> None:
    scope = new_scope()
    await put(graph, source_bundle(scope, "u:1", ["some words"]))
    other = graph_of(server)
    await other.open()
    try:
        assert len(await other.search_vector(scope, vector("x"), 5)) == 1
        await graph.begin_reindex(NEXT)
        await index_all(graph)
        assert await graph.finish_reindex()
        with pytest.raises(EmbedderMismatch, match=NEXT.name):
            await stored(other, source_bundle(scope, "u:2", ["more words"]))
        with pytest.raises(EmbedderMismatch, match=NEXT.name):
            await other.search_vector(scope, vector("x"), 5)
        assert await other.embedder() == NEXT
        with pytest.raises(EmbedderMismatch):
            await other.claim_embedder(IDENTITY)
        await other.claim_embedder(NEXT)
        assert len(await other.search_vector(scope, new_vector("x"), 5)) == 1
    finally:
        await other.close()


async def test_a_switch_that_was_cut_short_leaves_nothing_for_the_next_one(graph: Neo4jGraph) -> None:
    scope = new_scope()
    await put(graph, source_bundle(scope, "u:1", ["some words"]))
    await graph.begin_reindex(NEXT)
    await index_all(graph)
    assert await graph.finish_reindex()
    # As after a crash between the switch and the removal of the old embedder's vectors.
    await graph._connection.run("MATCH (e:Entry) SET e.embedding_a = $old", {"old": vector("old")})
    await graph.begin_reindex(IDENTITY)
    assert len(await graph.unindexed(9)) == 1
