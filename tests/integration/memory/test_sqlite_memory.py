"""The SQLite memory as a file: other processes, other versions, other people's files, locks, full disks, backups."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import apsw
import pytest

from stemma.memory.errors import MemoryBusy, MemoryCorrupt, MemoryFailure, MemoryFull, MemoryTooNew, MemoryUnavailable
from stemma.memory.model import Node, Relation, Scope
from stemma.memory.sqlite_graph import SqliteGraph
from stemma.memory.sqlite_schema import MIGRATIONS
from stemma.memory.sqlite_writes import ERASABLE
from tests.contracts.memory_bundles import (
    IDENTITY,
    answer_bundle,
    found_by_text,
    found_by_vector,
    make_claim,
    new_scope,
    newest,
    put,
    source_bundle,
    stored,
    vector,
)
from tests.contracts.memory_graph import backed_up

WRITER = str(Path(__file__).with_name("sqlite_writer.py"))


@asynccontextmanager
async def opened(graph: SqliteGraph) -> AsyncIterator[SqliteGraph]:
    await graph.open()
    try:
        yield graph
    finally:
        await graph.close()


async def run_writer(*arguments: str) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, WRITER, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return int(out)


async def test_several_processes_write_one_new_file(tmp_path: Path) -> None:
    file, tenant, each = str(tmp_path / "new" / "m.db"), "shared", 12
    won = await asyncio.gather(*(run_writer(file, tenant, f"process{n}", str(each)) for n in range(3)))
    assert sum(won) == each
    async with opened(SqliteGraph(Path(file))) as graph:
        scope = Scope(tenant)
        counts = await graph.statistics(scope)
        assert counts.by_node[Node.SOURCE] == counts.by_node[Node.PASSAGE] == 4 * each
        assert counts.by_node[Node.CLAIM] == counts.by_node[Node.ANSWER] == 3 * each
        assert counts.by_node[Node.ENTITY] == 1
        assert counts.by_relation[Relation.MENTIONS] == 3 * each
        assert len(await found_by_text(graph, scope, "text", k=500)) == 3 * each
        assert len(await found_by_vector(graph, scope, vector("q"), k=500)) == 7 * each


async def test_what_was_written_is_there_after_closing(tmp_path: Path) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["kept for good"])
    async with opened(SqliteGraph(tmp_path / "m.db")) as graph:
        await put(graph, bundle)
    async with opened(SqliteGraph(tmp_path / "m.db")) as graph:
        assert await graph.embedder() == IDENTITY
        assert await newest(graph, scope, "u:1") == bundle.source
        assert await found_by_vector(graph, scope, bundle.vectors[0]) == [bundle.passages[0].id]


async def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    async with opened(SqliteGraph(path)):
        pass
    with apsw.Connection(str(path)) as connection:
        connection.pragma("user_version", len(MIGRATIONS) + 1)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(MemoryTooNew, match="schema") as failure:
        await SqliteGraph(path).open()
    assert "upgrade" in failure.value.hint
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"not a database at all " * 400, b"\x00" * 5000, b"SQLite format 3\x00" + b"\xff" * 4000]
)
async def test_garbage_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.db"
    path.write_bytes(content)
    with pytest.raises(MemoryCorrupt) as failure:
        await SqliteGraph(path).open()
    assert "MEMORY_URL" in failure.value.hint
    assert path.read_bytes() == content


async def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE bookmark (url TEXT)")
    connection.close()
    with pytest.raises(MemoryCorrupt, match="not a memory of Stemma"):
        await SqliteGraph(path).open()
    connection = apsw.Connection(str(path))
    assert [name for (name,) in connection.execute("SELECT name FROM sqlite_schema")] == ["bookmark"]
    connection.close()


async def test_a_place_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file, not a folder")
    for path in (tmp_path, tmp_path / "file" / "m.db", Path("/proc/m.db"), Path("/proc/none/m.db")):
        with pytest.raises(MemoryUnavailable) as failure:
            await SqliteGraph(path).open()
        assert str(path) in str(failure.value)


async def test_a_lock_that_is_held_too_long_is_busy_and_loses_nothing(tmp_path: Path) -> None:
    scope = new_scope()
    bundle = source_bundle(scope, "u:1", ["written in the end"])
    async with opened(SqliteGraph(tmp_path / "m.db", busy_milliseconds=50)) as graph:
        await graph.claim_embedder(IDENTITY)
        holder = apsw.Connection(str(tmp_path / "m.db"))
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(MemoryBusy) as failure:
            await stored(graph, bundle)
        assert "again" in failure.value.hint
        assert await newest(graph, scope, "u:1") is None
        holder.execute("ROLLBACK")
        holder.close()
        assert await stored(graph, bundle) is True


async def test_the_event_loop_goes_on_while_a_lock_is_waited_for(tmp_path: Path) -> None:
    scope = new_scope()
    async with opened(SqliteGraph(tmp_path / "m.db", busy_milliseconds=60_000)) as graph:
        await graph.claim_embedder(IDENTITY)
        holder = apsw.Connection(str(tmp_path / "m.db"))
        holder.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(stored(graph, source_bundle(scope, "u:1", ["waits"])))
        for _ in range(20):  # reads are answered, on this loop, while the write waits
            assert await newest(graph, scope, "u:1") is None
        assert not writing.done()
        holder.execute("ROLLBACK")
        holder.close()
        assert await writing is True


async def test_a_full_disk_is_told_and_the_file_stays_good(tmp_path: Path) -> None:
    scope = new_scope()
    async with opened(SqliteGraph(tmp_path / "m.db", max_pages=140)) as graph:
        await graph.claim_embedder(IDENTITY)
        small = source_bundle(scope, "u:small", ["small"])
        await put(graph, small)
        large = source_bundle(scope, "u:large", [f"{n} " + "words " * 2000 for n in range(60)])
        before = await graph.statistics(scope)
        with pytest.raises(MemoryFull) as failure:
            await stored(graph, large)
        assert "space" in failure.value.hint
        assert await graph.statistics(scope) == before
    async with opened(SqliteGraph(tmp_path / "m.db")) as graph:
        assert await stored(graph, large) is True
        assert await found_by_text(graph, scope, "small") == [small.passages[0].id]


async def test_a_backup_taken_while_writing_is_a_whole_store(tmp_path: Path) -> None:
    scope = new_scope()
    async with opened(SqliteGraph(tmp_path / "m.db")) as graph:
        await graph.claim_embedder(IDENTITY)
        bundles = [source_bundle(scope, f"u:{n}", [f"saved {n}"]) for n in range(30)]
        writing = asyncio.gather(*(stored(graph, bundle) for bundle in bundles))
        assert await backed_up(graph, str(tmp_path / "copies" / "copy.db"))
        await writing
    async with opened(SqliteGraph(tmp_path / "copies" / "copy.db")) as copy:
        found = await found_by_text(copy, scope, "saved", k=100)
        assert len(found) == (await copy.statistics(scope)).by_node[Node.PASSAGE] <= 30
    assert [path.name for path in (tmp_path / "copies").glob(".*")] == []


async def test_a_backup_that_cannot_be_written_is_a_failure_of_memory(tmp_path: Path) -> None:
    async with opened(SqliteGraph(tmp_path / "m.db")) as graph:
        with pytest.raises(MemoryFailure):
            await graph.backup("/proc/none/copy.db")


async def test_after_closing_work_is_refused_as_unavailable(tmp_path: Path) -> None:
    graph = SqliteGraph(tmp_path / "m.db")
    await graph.open()
    await graph.close()
    with pytest.raises(MemoryUnavailable):
        await graph.statistics(new_scope())


async def test_erasing_leaves_no_text_in_the_file(tmp_path: Path) -> None:
    scope = new_scope()
    async with opened(SqliteGraph(tmp_path / "m.db")) as graph:
        bundle = source_bundle(scope, "u:1", ["zanzibarsecret"] * 3, entities=["Zanzibarsecret"])
        await put(graph, bundle)
        claim = make_claim(scope, "Zanzibarsecret claim.")
        await graph.put_answer(answer_bundle(scope, "one", [claim], [bundle.passages[0].id]))
        await graph.erase(scope)
    assert b"zanzibar" not in (tmp_path / "m.db").read_bytes().lower()


async def test_every_table_of_a_tenant_can_be_erased(tmp_path: Path) -> None:
    async with opened(SqliteGraph(tmp_path / "m.db")) as graph:
        await graph.claim_embedder(IDENTITY)
    connection = apsw.Connection(str(tmp_path / "m.db"))
    listed = connection.execute(
        "SELECT t.name FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c "
        "WHERE t.type = 'table' AND c.name = 'tenant'"
    )
    assert {name for (name,) in listed} == {*ERASABLE, "revision"}  # a number, which outlives what it counts
    connection.close()


async def test_threads_end_with_the_store(tmp_path: Path) -> None:
    async with opened(SqliteGraph(tmp_path / "m.db")) as graph:
        await asyncio.gather(*(graph.statistics(new_scope()) for _ in range(5)))
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("memory-")]
    assert left == []
