"""The local Neo4j as a person meets it: started, found, refused twice, used, killed, stopped; and what a new one holds.

Its password has tests of its own (test_neo4j_password.py).

One server of its own, because these tests stop it, and because a store that nobody claimed must be new.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from stemma.memory.errors import (
    LocalServerFailed,
    LocalServerRuns,
    MemoryCorrupt,
    MemoryTooNew,
    MemoryUnavailable,
    PortTaken,
)
from stemma.memory.model import Scope
from stemma.memory.neo4j_folder import LocalServer, password_in
from stemma.memory.neo4j_graph import Neo4jGraph
from stemma.memory.neo4j_local import RELEASE_FILE, LocalNeo4j
from stemma.memory.neo4j_schema import OLDEST, SCHEMA_VERSION
from tests.contracts.memory_graph import FRESH_CHECKS, IDENTITY
from tests.neo4j_server import jars

pytestmark = [pytest.mark.neo4j, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNeo4j]:
    folder = tmp_path_factory.mktemp("own neo4j")  # a folder's name may hold a space
    neo4j = LocalNeo4j(folder, jars=jars(), brief=True)
    with neo4j:
        yield neo4j


@pytest.fixture
def server(local: LocalNeo4j) -> LocalServer:
    return local.status() or local.start()


def graph_of(server: LocalServer, database: str = "neo4j") -> Neo4jGraph:
    return Neo4jGraph(server.url, password=password_in(Path(server.folder)), database=database)


def command(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", "from stemma.cli import main; main()", "neo4j", *words, "--folder", str(folder)]
    return subprocess.run(line, capture_output=True, text=True, timeout=200, check=False)


async def test_a_new_store_holds_nothing_and_is_of_no_embedder(server: LocalServer) -> None:
    graph = graph_of(server)
    await graph.open()
    try:
        for check in FRESH_CHECKS:
            await check(graph)
        await graph.claim_embedder(IDENTITY)
    finally:
        await graph.close()


_OLD = Scope("old")
_OLD_ENTITY = """
CREATE (:Entity {tenant: 'old', id: 'anchor', audience: $audience, name: 'Old Anchor', kind: '', aliases: ['Rusty']})
"""
"""As it was written before entities with aliases were marked."""


async def test_a_store_of_another_stemma_is_refused(server: LocalServer) -> None:
    graph = graph_of(server)
    await graph.open()
    settle = "MERGE (n:StemmaSetting {key: 'schema'}) SET n.version = $version"
    try:
        await graph._connection.run(settle, {"version": 99})
        with pytest.raises(MemoryTooNew, match="99"):
            await graph_of(server).open()
        await graph._connection.run(settle, {"version": OLDEST - 1})
        with pytest.raises(MemoryCorrupt, match="before the first release"):
            await graph_of(server).open()
        await graph._connection.run(settle, {"version": OLDEST})
        await graph._connection.run(_OLD_ENTITY, {"audience": _OLD.audience})
        brought_up = graph_of(server)
        await brought_up.open()
        [called] = await brought_up.entities_called(_OLD, ["Rusty"])
        assert called.name == "Old Anchor"
        await brought_up.erase(_OLD)
        await brought_up.close()
        [stored] = await graph._connection.read(
            "MATCH (n:StemmaSetting {key: 'schema'}) RETURN n.version AS version", {}
        )
        assert stored["version"] == SCHEMA_VERSION
    finally:
        await graph._connection.run(settle, {"version": SCHEMA_VERSION})
        await graph.close()


async def test_an_unknown_database_is_named(server: LocalServer) -> None:
    with pytest.raises(MemoryUnavailable, match="nosuch"):
        await graph_of(server, "nosuch").open()


def test_a_second_start_over_the_same_folder_is_refused(local: LocalNeo4j, server: LocalServer) -> None:
    with pytest.raises(LocalServerRuns) as refused:
        local.start()
    assert server.url in refused.value.hint
    assert local.status() == server


def test_data_of_another_line_is_refused(tmp_path: Path) -> None:
    (tmp_path / RELEASE_FILE).write_text("5.26.25\n")
    neo4j = LocalNeo4j(tmp_path, jars=jars())
    with pytest.raises(LocalServerFailed, match=r"5\.26\.25") as refused:
        neo4j.start()
    assert "--version 5.26.25" in refused.value.hint
    assert neo4j.status() is None


def test_a_taken_port_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        neo4j = LocalNeo4j(tmp_path, jars=jars(), port=other.getsockname()[1])
        with pytest.raises(PortTaken):
            neo4j.start()
    assert neo4j.status() is None
    assert not neo4j.stop()


def test_a_state_file_that_names_another_process_is_not_believed(tmp_path: Path) -> None:
    mine = psutil.Process()
    state = {"pid": mine.pid, "created": mine.create_time(), "port": 1, "version": "x", "folder": str(tmp_path)}
    for content in (json.dumps(state), "{", "[]", '{"pid": 1}'):
        (tmp_path / "server.json").write_text(content)
        neo4j = LocalNeo4j(tmp_path, jars=jars())
        assert neo4j.status() is None
        assert not neo4j.stop()
    assert mine.is_running()


def test_the_command_tells_where_it_runs_and_stops_it_after_a_kill(local: LocalNeo4j, server: LocalServer) -> None:
    told = command("status", folder=local.folder)
    assert told.returncode == 0
    assert f"export MEMORY_URL={server.url}" in told.stdout
    assert f"export MEMORY_PASSWORD=\"$(cat '{server.password_file}')\"" in told.stdout
    told = command("status", "--json", folder=local.folder)
    assert json.loads(told.stdout) == {
        "running": True,
        "url": server.url,
        "password_file": str(server.password_file),
        "pid": server.pid,
        "version": server.version,
    }
    refused = command("start", folder=local.folder)
    assert refused.returncode != 0
    assert len(refused.stderr.splitlines()) == 3
    killed = psutil.Process(server.pid)
    killed.kill()
    killed.wait(60)
    told = command("status", "--json", folder=local.folder)
    assert (told.returncode, json.loads(told.stdout)) == (1, {"running": False})
    told = command("stop", "--json", folder=local.folder)
    assert (told.returncode, json.loads(told.stdout)) == (0, {"running": False, "stopped": False})


async def test_what_was_stored_is_there_after_a_stop_and_a_start(local: LocalNeo4j, server: LocalServer) -> None:
    graph = graph_of(server)
    await graph.open()
    await graph.claim_embedder(IDENTITY)
    await graph.close()
    assert local.stop()
    assert not psutil.pid_exists(server.pid)
    with pytest.raises(MemoryUnavailable) as unreachable:
        await graph_of(server).open()
    assert "stemma neo4j start" in unreachable.value.hint
    graph = graph_of(local.start())
    await graph.open()
    assert await graph.embedder() == IDENTITY
    await graph.close()
