"""Looking back, held by every store: two hundred histories of each kind on the fake, fewer on the real ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from stemma.memory.memory_graph import InMemoryGraph
from stemma.memory.ports import MemoryGraph
from stemma.memory.sqlite_graph import SqliteGraph
from tests.contracts.memory_history import CHECKS, DEFINED, SEEDS, SHARED, HistoryCheck
from tests.contracts.test_neo4j_graph import lts, newest


@pytest.mark.parametrize("seeds", SEEDS, ids=str)
@pytest.mark.parametrize("check", DEFINED, ids=lambda check: check.__name__)
async def test_fake(check: HistoryCheck, seeds: Sequence[int]) -> None:
    await check(InMemoryGraph(), seeds)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_sqlite(check: HistoryCheck, tmp_path: Path) -> None:
    graph = SqliteGraph(tmp_path / "memory.db")
    await graph.open()
    try:
        await check(graph, range(12))
    finally:
        await graph.close()


@pytest.mark.neo4j
@pytest.mark.timeout(300)
@pytest.mark.parametrize("opened", [newest, lts], ids=["2026", "5.26"])
@pytest.mark.parametrize("check", SHARED, ids=lambda check: check.__name__)
async def test_neo4j(check: HistoryCheck, opened: Callable[[], MemoryGraph]) -> None:
    graph = opened()
    await graph.open()
    try:
        await check(graph, range(2))
    finally:
        await graph.close()
