"""Words that a process keeps of an SQLite file: as new as the file, and the same as SQLite's own index finds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import apsw
import pytest

from stemma.memory.model import Scope
from stemma.memory.sqlite_graph import SqliteGraph
from stemma.memory.sqlite_terms import MOST_BYTES
from tests.contracts.memory_bundles import decision, new_scope, put, source_bundle


@asynccontextmanager
async def opened(path: Path, term_bytes: int = MOST_BYTES) -> AsyncIterator[SqliteGraph]:
    graph = SqliteGraph(path, term_bytes=term_bytes)
    await graph.open()
    try:
        yield graph
    finally:
        await graph.close()


async def found(graph: SqliteGraph, scope: Scope, *terms: str) -> set[str]:
    return {item.id for item in await graph.search_text(scope, terms, 9)}


async def test_what_another_process_does_counts_at_the_next_search(tmp_path: Path) -> None:
    scope = new_scope()
    first, second = source_bundle(scope, "u:1", ["zinc one", "zinc two"]), source_bundle(scope, "u:2", ["zinc three"])
    ids = [passage.id for bundle in (first, second) for passage in bundle.passages]
    async with opened(tmp_path / "m.db") as reading, opened(tmp_path / "m.db") as writing:
        await put(writing, first)
        assert await found(reading, scope, "zinc") == set(ids[:2])
        await put(writing, second)
        assert await found(reading, scope, "zinc") == set(ids)
        taken = decision(scope, first.source.id)
        await writing.take_back(scope, taken)
        assert await found(reading, scope, "zinc") == {ids[2]}
        await writing.give_back(scope, taken.id, actor="ann", at=taken.at)
        assert await found(reading, scope, "zinc") == set(ids)
        await writing.erase(scope)
        assert await found(reading, scope, "zinc") == set()
        await put(writing, source_bundle(scope, "u:3", ["tin"]))  # under a number that was another's
        assert await found(reading, scope, "zinc") == set()


@pytest.mark.parametrize("kept", [0, MOST_BYTES])
async def test_what_is_not_kept_is_found_all_the_same(tmp_path: Path, kept: int) -> None:
    """Of equals, the first by id: SQLite's own index and a process's agree, also where ties stand at the end."""
    team = new_scope()
    mine = Scope(team.tenant, "ann")
    bundles = [source_bundle(scope, f"u:{scope.user}", [f"zinc {n}" for n in range(6)]) for scope in (team, mine)]
    ids = sorted(passage.id for bundle in bundles for passage in bundle.passages)
    async with opened(tmp_path / "m.db", term_bytes=kept) as graph:
        await put(graph, *bundles)
        for _ in range(2):
            assert [item.id for item in await graph.search_text(mine, ["zinc"], 5)] == ids[:5]
        assert await found(graph, team, "zinc") == {passage.id for passage in bundles[0].passages}


async def test_words_of_an_older_file_are_counted_when_they_are_needed(tmp_path: Path) -> None:
    scope, path = new_scope(), tmp_path / "m.db"
    async with opened(path) as graph:
        await put(graph, source_bundle(scope, "u:1", ["zinc and tin", "tin", "zinc zinc"]))
        before = await graph.search_text(scope, ["zinc", "tin"], 9)
    with apsw.Connection(str(path)) as connection:
        connection.execute("DELETE FROM terms")
    connection.close()
    async with opened(path) as graph:
        assert await graph.search_text(scope, ["zinc", "tin"], 9) == before
