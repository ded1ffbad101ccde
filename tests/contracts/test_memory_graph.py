"""The memory contract, held by the fake and by SQLite. Neo4j has a test of its own, with its server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from stemma.memory.memory_graph import InMemoryGraph
from stemma.memory.ports import MemoryGraph
from stemma.memory.sqlite_graph import SqliteGraph
from tests.contracts.memory_decisions import check_a_long_chain_goes_out_and_comes_back
from tests.contracts.memory_graph import CHECKS, FRESH_CHECKS, PAIR_CHECKS, REINDEX_CHECKS, Check, PairCheck
from tests.contracts.memory_histories import SEEDS, check_histories

Opener = Callable[[Path], MemoryGraph]


def _fake(folder: Path) -> MemoryGraph:
    return _FAKES.setdefault(folder, InMemoryGraph())


_FAKES: dict[Path, InMemoryGraph] = {}
"""One fake for each folder, so that two handles are handles of one store."""

ADAPTERS: dict[str, Opener] = {"fake": _fake, "sqlite": lambda folder: SqliteGraph(folder / "memory.db")}


@pytest.fixture(params=ADAPTERS, ids=str)
async def handles(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[MemoryGraph, MemoryGraph]]:
    make = ADAPTERS[request.param]
    one, two = make(tmp_path), make(tmp_path)
    async with AsyncExitStack() as closing:
        for graph in (one, two):
            await graph.open()
            closing.push_async_callback(graph.close)
        yield one, two


@pytest.mark.parametrize("check", [*FRESH_CHECKS, *CHECKS, *REINDEX_CHECKS], ids=lambda check: check.__name__)
async def test_contract(handles: tuple[MemoryGraph, MemoryGraph], check: Check) -> None:
    await check(handles[0])


@pytest.mark.parametrize("check", PAIR_CHECKS, ids=lambda check: check.__name__)
async def test_contract_of_two_handles(handles: tuple[MemoryGraph, MemoryGraph], check: PairCheck) -> None:
    await check(*handles)


@pytest.mark.parametrize("seeds", SEEDS, ids=str)
async def test_histories(handles: tuple[MemoryGraph, MemoryGraph], seeds: range) -> None:
    await check_histories(*handles, seeds)


async def test_a_chain_of_thousands(handles: tuple[MemoryGraph, MemoryGraph]) -> None:
    await check_a_long_chain_goes_out_and_comes_back(handles[0], length=2_000)
