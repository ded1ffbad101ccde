"""Looking back, held by every store: two hundred histories of each kind on the fake and on SQLite, fewer on Neo4j."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from stemma.memory.memory_graph import InMemoryGraph
from stemma.memory.sqlite_graph import SqliteGraph
from tests.contracts.memory_history import CHECKS, SEEDS, HistoryCheck


@pytest.mark.parametrize("seeds", SEEDS, ids=str)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_fake(check: HistoryCheck, seeds: Sequence[int]) -> None:
    await check(InMemoryGraph(), seeds)


@pytest.mark.parametrize("seeds", SEEDS[:3], ids=str)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_sqlite(check: HistoryCheck, seeds: Sequence[int], tmp_path: Path) -> None:
    graph = SqliteGraph(tmp_path / "memory.db")
    await graph.open()
    try:
        await check(graph, seeds)
    finally:
        await graph.close()
