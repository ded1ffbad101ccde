"""Vectors that a process keeps of an SQLite file: as new as the file, and the same as reading them from it."""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import apsw
import pytest

from stemma.memory.model import Scope
from stemma.memory.queries import read_resource
from stemma.memory.sqlite_graph import SqliteGraph
from stemma.memory.sqlite_schema import APPLICATION_ID, MIGRATIONS
from stemma.memory.sqlite_vectors import MOST_BYTES
from tests.contracts.memory_bundles import (
    IDENTITY,
    cosine,
    decision,
    found_by_vector,
    new_scope,
    put,
    source_bundle,
    vector,
)

CHUNK = 4
"""Vectors in a chunk of the old index."""


@asynccontextmanager
async def opened(path: Path, vector_bytes: int = MOST_BYTES) -> AsyncIterator[SqliteGraph]:
    graph = SqliteGraph(path, vector_bytes=vector_bytes)
    await graph.open()
    try:
        yield graph
    finally:
        await graph.close()


async def test_what_another_process_does_counts_at_the_next_search(tmp_path: Path) -> None:
    scope, query = new_scope(), vector("query")
    first, second = source_bundle(scope, "u:1", ["one", "two"]), source_bundle(scope, "u:2", ["three"])
    ids = [passage.id for bundle in (first, second) for passage in bundle.passages]
    async with opened(tmp_path / "m.db") as reading, opened(tmp_path / "m.db") as writing:
        await put(writing, first)
        assert set(await found_by_vector(reading, scope, query)) == set(ids[:2])
        await put(writing, second)
        assert set(await found_by_vector(reading, scope, query)) == set(ids)
        taken = decision(scope, first.source.id)
        await writing.take_back(scope, taken)
        assert await found_by_vector(reading, scope, query) == ids[2:]
        await writing.give_back(scope, taken.id, actor="ann", at=taken.at)
        assert set(await found_by_vector(reading, scope, query)) == set(ids)
        await writing.erase(scope)
        assert await found_by_vector(reading, scope, query) == []
        third = source_bundle(scope, "u:3", ["four"])
        await put(writing, third)  # under a number that was another's
        assert await found_by_vector(reading, scope, query) == [third.passages[0].id]


@pytest.mark.parametrize("kept", [0, 1, 7, MOST_BYTES])
async def test_what_is_not_kept_is_found_all_the_same(tmp_path: Path, kept: int) -> None:
    """Two audiences, of which all, one or none is kept: the nearest of both, exactly."""
    team = new_scope()
    mine = Scope(team.tenant, "ann")
    bundles = [
        source_bundle(scope, f"u:{scope.user}", [f"{scope.user} {n}" for n in range(6)]) for scope in (team, mine)
    ]
    query = vector("query")
    wanted = sorted(
        (
            (-cosine(query, row), passage.id)
            for bundle in bundles
            for passage, row in zip(bundle.passages, bundle.vectors, strict=True)
        )
    )
    async with opened(tmp_path / "m.db", vector_bytes=kept * 4 * IDENTITY.dimension) as graph:
        await put(graph, *bundles)
        for _ in range(2):
            found = await graph.search_vector(mine, query, 5)
            assert [item.id for item in found] == [item_id for _, item_id in wanted[:5]]
            assert [item.score for item in found] == pytest.approx([-score for score, _ in wanted[:5]], abs=1e-6)
        assert len(await found_by_vector(graph, team, query)) == 6


async def test_a_file_that_was_searched_by_sqlite_vec_keeps_its_vectors(tmp_path: Path) -> None:
    scope, path = new_scope(), tmp_path / "m.db"
    bundle = source_bundle(scope, "u:1", [f"{n}" for n in range(CHUNK + 2)])
    query = vector("query")
    async with opened(path) as graph:
        await put(graph, bundle)
        before = await graph.search_vector(scope, query, 9)
    make_old(path, bundle.vectors)
    async with opened(path) as graph:
        assert await graph.search_vector(scope, query, 9) == before
    tables = {name for (name,) in apsw.Connection(str(path)).execute("SELECT name FROM sqlite_schema")}
    assert not {name for name in tables if name.startswith("vectors")}


def make_old(path: Path, vectors: Sequence[Sequence[float]]) -> None:
    """Bring a file back to schema 2: tables in which sqlite-vec kept vectors, and the index that it alone reads."""
    newer = path.rename(path.with_suffix(".newer"))
    connection = apsw.Connection(str(path))
    for script in MIGRATIONS[:2]:
        connection.execute(read_resource(script))
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 2")
    connection.execute("ATTACH ? AS newer", (str(newer),))
    plain = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'words%'"
    for (table,) in list(connection.execute(plain)):
        columns = ", ".join(name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})"))
        connection.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM newer.{table}")
    connection.execute("DETACH newer")
    connection.execute(
        "CREATE TABLE vectors_rowids (rowid INTEGER PRIMARY KEY, id, chunk_id INTEGER, chunk_offset INTEGER)"
    )
    connection.execute("CREATE TABLE vectors_vector_chunks00 (rowid PRIMARY KEY, vectors BLOB NOT NULL)")
    connection.execute("CREATE TABLE vectors_chunks (chunk_id INTEGER PRIMARY KEY, rowids BLOB)")
    for chunk in range(0, len(vectors), CHUNK):
        numbers = [number for row in vectors[chunk : chunk + CHUNK] for number in row]
        blob = array("f", numbers).tobytes()
        connection.execute("INSERT INTO vectors_vector_chunks00 VALUES (?, ?)", (chunk // CHUNK + 1, blob))
    places = [(n + 1, n // CHUNK + 1, n % CHUNK) for n in range(len(vectors))]
    connection.executemany("INSERT INTO vectors_rowids (rowid, chunk_id, chunk_offset) VALUES (?, ?, ?)", places)
    connection.execute("PRAGMA writable_schema = ON")
    index = "CREATE VIRTUAL TABLE vectors USING vec0 (n)"
    connection.execute("INSERT INTO sqlite_schema VALUES ('table', 'vectors', 'vectors', 0, ?)", (index,))
    connection.execute("PRAGMA writable_schema = RESET")
    connection.close()


def test_a_new_file_has_no_trace_of_the_old_index() -> None:
    connection = apsw.Connection(":memory:")
    for script in MIGRATIONS:
        connection.execute(read_resource(script))
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    assert {name for name in tables if name.startswith("vector")} == {"vector"}
