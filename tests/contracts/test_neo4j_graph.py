"""The memory contract, held by a real Neo4j. Every check makes its own tenants, so one server serves them all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from stemma.memory.open import graph_at
from stemma.memory.ports import MemoryGraph
from stemma.memory.settings import MemorySettings
from tests.contracts.memory_graph import CHECKS, PAIR_CHECKS, Check, PairCheck, backed_up

pytestmark = [pytest.mark.neo4j, pytest.mark.timeout(300)]


@pytest.fixture
async def handles(neo4j_url: str) -> AsyncIterator[tuple[MemoryGraph, MemoryGraph]]:
    settings = MemorySettings()
    one, two = graph_at(neo4j_url, settings), graph_at(neo4j_url, settings)
    async with AsyncExitStack() as closing:
        for graph in (one, two):
            await graph.open()
            closing.push_async_callback(graph.close)
        yield one, two


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract(handles: tuple[MemoryGraph, MemoryGraph], check: Check) -> None:
    await check(handles[0])


@pytest.mark.parametrize("check", PAIR_CHECKS, ids=lambda check: check.__name__)
async def test_contract_of_two_handles(handles: tuple[MemoryGraph, MemoryGraph], check: PairCheck) -> None:
    await check(*handles)


async def test_the_server_makes_its_own_backups(handles: tuple[MemoryGraph, MemoryGraph]) -> None:
    assert not await backed_up(handles[0], "unused")
