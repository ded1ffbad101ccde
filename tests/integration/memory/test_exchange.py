"""Memory from one store into another, and what an import refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stemma.memory.errors import EmbedderMismatch, InvalidExport
from stemma.memory.exchange.lines import VERSION
from stemma.memory.memory_graph import InMemoryGraph
from stemma.memory.model import Scope
from stemma.memory.ports import EmbedderIdentity, MemoryGraph
from stemma.memory.sqlite_graph import SqliteGraph
from tests.contracts.exchange_world import ended, exported, fill, imported, new_tenant, records_of
from tests.contracts.memory_bundles import IDENTITY
from tests.contracts.test_neo4j_graph import lts, newest

OTHER = EmbedderIdentity("other", 8)
STORES: dict[str, Callable[[], MemoryGraph]] = {"fake": InMemoryGraph, "2026": newest, "5.26": lts}
NEO4J = [pytest.param(name, marks=[pytest.mark.neo4j, pytest.mark.timeout(300)]) for name in ("2026", "5.26")]


async def opened(graph: MemoryGraph) -> MemoryGraph:
    await graph.open()
    return graph


async def filled(folder: Path) -> tuple[MemoryGraph, Scope]:
    """An SQLite memory with one of everything."""
    graph = await opened(SqliteGraph(folder / "memory.db"))
    everyone, _ = await fill(graph, new_tenant())
    return graph, everyone


@pytest.mark.parametrize("other", ["fake", *NEO4J])
async def test_a_memory_moves_from_store_to_store_and_back(tmp_path: Path, other: str) -> None:
    here, scope = await filled(tmp_path)
    there, back = await opened(STORES[other]()), await opened(SqliteGraph(tmp_path / "back.db"))
    try:
        report = await imported(there, await exported(here, scope))
        assert report.differences == []
        assert await records_of(there, scope) == await records_of(here, scope)
        await imported(back, await exported(there, scope))
        assert await records_of(back, scope) == await records_of(here, scope)
    finally:
        for graph in (here, there, back):
            await graph.close()


async def test_vectors_of_another_embedder_are_made_anew_or_refused(tmp_path: Path) -> None:
    here, scope = await filled(tmp_path)
    lines = await exported(here, scope)
    await here.close()
    filled_by_other = InMemoryGraph()
    await filled_by_other.claim_embedder(OTHER)
    with pytest.raises(EmbedderMismatch, match="contract"):
        await imported(filled_by_other, lines, IDENTITY)
    report = await imported(filled_by_other, lines, OTHER)
    searched = [line for line in lines if b'"vector":' in line]
    assert report.embedded == len(searched)
    assert await filled_by_other.embedder() == OTHER
    assert len([line for line in await records_of(filled_by_other, scope) if b'"vector":' in line]) == len(searched)


def headed(lines: list[bytes], **values: object) -> list[bytes]:
    return ended([json.dumps({**json.loads(lines[0]), **values}).encode() + b"\n", *lines[1:-1]])


async def test_what_is_no_whole_export_is_refused(tmp_path: Path) -> None:
    here, scope = await filled(tmp_path)
    lines = await exported(here, scope)
    await here.close()
    wrong: dict[str, list[bytes]] = {
        "is empty": [],
        "no header": lines[1:],
        f"version {VERSION + 1}": headed(lines, version=VERSION + 1),
        "not JSON": [lines[0], b"{\n"],
        "ends too early": lines[:-1],
        "damaged": [*lines[:3], *lines[4:]],
        "behind the last": [*lines, lines[1]],
        "no kind": ended([lines[0], b'{"record": "secret"}\n']),
        "too late": ended([lines[0], *reversed(lines[1:-1])]),
        "wider scope": headed(lines, audience=["ann", "", ""]),
        "no field 'x'": ended([lines[0], json.dumps({**json.loads(lines[1]), "x": 1}).encode() + b"\n"]),
        "another type": ended([lines[0], json.dumps({**json.loads(lines[1]), "title": ["t"]}).encode() + b"\n"]),
    }
    for problem, given in wrong.items():
        with pytest.raises(InvalidExport, match=problem):
            await imported(InMemoryGraph(), given)


async def test_an_export_that_is_given_up_lets_go_of_its_reader(tmp_path: Path) -> None:
    here, scope = await filled(tmp_path)
    for _ in range(5):
        async for page in here.records(scope):
            assert page.rows
            break
    assert await records_of(here, scope)
    await here.close()
