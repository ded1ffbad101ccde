"""One set of checks on LangGraph's `InMemoryStore` and `SqliteStore`, and on ours over the fake, SQLite and Neo4j."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite.aio import AsyncSqliteStore

from stemma.graphs.store.agent_store import AgentStore
from stemma.memory.memory_graph import InMemoryGraph
from stemma.memory.open import graph_at
from stemma.memory.ports import EmbedderIdentity, MemoryGraph
from stemma.memory.settings import MemorySettings
from stemma.memory.sqlite_graph import SqliteGraph
from stemma.memory.store.items import Items
from tests import neo4j_server
from tests.contracts.langgraph_store import BY_MEANING, CHECKS, DIMENSION, PLAIN, STRICT, Check, words
from tests.contracts.memory_bundles import new_scope


class Words:
    """The checks' embedder, as memory wants one."""

    identity = EmbedderIdentity("words", DIMENSION)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return words(texts)


@asynccontextmanager
async def ours(graph: MemoryGraph) -> AsyncIterator[BaseStore]:
    """A store in a tenant of its own."""
    await graph.open()
    try:
        yield AgentStore(Items(graph, Words(), index=Words()), new_scope("ann"), fields=["$"])
    finally:
        await graph.close()


@asynccontextmanager
async def in_memory(_: Path) -> AsyncIterator[BaseStore]:
    yield InMemoryStore(index={"dims": DIMENSION, "embed": words, "fields": ["$"]})


@asynccontextmanager
async def sqlite_of_langgraph(folder: Path) -> AsyncIterator[BaseStore]:
    # Without an index: the standard library's sqlite3 cannot always load the extension that compares vectors.
    async with AsyncSqliteStore.from_conn_string(str(folder / "store.db")) as store:
        await store.setup()
        yield store


Opener = Callable[[Path], AbstractAsyncContextManager[BaseStore]]
STORES: dict[str, tuple[Opener, Sequence[Check]]] = {
    "InMemoryStore": (in_memory, [*PLAIN, *BY_MEANING]),
    "SqliteStore": (sqlite_of_langgraph, [*PLAIN, *STRICT]),
    "ours-fake": (lambda _: ours(InMemoryGraph()), CHECKS),
    "ours-sqlite": (lambda folder: ours(SqliteGraph(folder / "memory.db")), CHECKS),
}
CASES = [(name, check) for name, (_, checks) in STORES.items() for check in checks]


@pytest.mark.parametrize(("name", "check"), CASES, ids=lambda one: getattr(one, "__name__", one))
async def test_contract(name: str, check: Check, tmp_path: Path) -> None:
    async with STORES[name][0](tmp_path) as store:
        await check(store)


@pytest.mark.neo4j
@pytest.mark.timeout(300)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract_on_neo4j(check: Check) -> None:
    async with ours(graph_at(neo4j_server.shared_url(), MemorySettings())) as store:
        await check(store)
