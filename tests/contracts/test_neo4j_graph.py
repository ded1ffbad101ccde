"""The memory contract, held by real Neo4js of both lines. Every check has tenants of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from stemma.memory.neo4j_folder import password_in
from stemma.memory.neo4j_graph import Neo4jGraph
from stemma.memory.open import graph_at
from stemma.memory.ports import MemoryGraph
from stemma.memory.settings import MemorySettings
from tests import neo4j_server
from tests.contracts.memory_graph import CHECKS, PAIR_CHECKS, Check, PairCheck, backed_up
from tests.contracts.memory_histories import SEEDS, check_histories

pytestmark = [pytest.mark.neo4j, pytest.mark.timeout(300)]


@pytest.fixture(params=["2026", "5.26"])
async def handles(request: pytest.FixtureRequest) -> AsyncIterator[tuple[MemoryGraph, MemoryGraph]]:
    opened = newest if request.param == "2026" else lts
    async with AsyncExitStack() as closing:
        one, two = opened(), opened()
        for graph in (one, two):
            await graph.open()
            closing.push_async_callback(graph.close)
        yield one, two


def newest() -> MemoryGraph:
    return graph_at(neo4j_server.shared_url(), MemorySettings())


def lts() -> MemoryGraph:
    server = neo4j_server.lts_server()
    return Neo4jGraph(server.url, password=password_in(Path(server.folder)))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract(handles: tuple[MemoryGraph, MemoryGraph], check: Check) -> None:
    await check(handles[0])


@pytest.mark.parametrize("check", PAIR_CHECKS, ids=lambda check: check.__name__)
async def test_contract_of_two_handles(handles: tuple[MemoryGraph, MemoryGraph], check: PairCheck) -> None:
    await check(*handles)


async def test_the_server_makes_its_own_backups(handles: tuple[MemoryGraph, MemoryGraph]) -> None:
    assert not await backed_up(handles[0], "unused")


HISTORIES = [("2026", seeds) for seeds in SEEDS] + [("5.26", seeds) for seeds in SEEDS[:2]]
"""What differs between the lines is how they search: a few histories show that."""


@pytest.mark.parametrize(("handles", "seeds"), HISTORIES, indirect=["handles"], ids=str)
async def test_histories(handles: tuple[MemoryGraph, MemoryGraph], seeds: Sequence[int]) -> None:
    await check_histories(*handles, seeds)
