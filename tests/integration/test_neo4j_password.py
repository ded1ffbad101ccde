"""The local Neo4j takes one password and nothing else; Stemma finds it, for that server only; and when it is lost."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from neo4j import GraphDatabase
from neo4j.exceptions import AuthError

from stemma.memory.errors import LocalServerFailed, MemoryUnavailable
from stemma.memory.neo4j_folder import LocalServer, password_for, password_in
from stemma.memory.neo4j_local import LocalNeo4j
from stemma.memory.neo4j_password import SYSTEM
from stemma.memory.open import graph_at
from stemma.memory.ports import MemoryGraph
from stemma.memory.settings import MemorySettings
from tests.contracts.memory_graph import IDENTITY
from tests.neo4j_server import jars

pytestmark = [pytest.mark.neo4j, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNeo4j]:
    neo4j = LocalNeo4j(tmp_path_factory.mktemp("own neo4j"), jars=jars(), brief=True)
    with neo4j:
        yield neo4j


@pytest.fixture
def server(local: LocalNeo4j) -> LocalServer:
    return local.status() or local.start()


def memory_at(server: LocalServer, *, user: str = "neo4j", password: str = "") -> MemoryGraph:
    settings = MemorySettings.model_validate(
        {"user": user, "password": password, "neo4j_folder": server.folder, "url": server.url}
    )
    return graph_at(settings.url, settings)


async def claim(graph: MemoryGraph) -> None:
    await graph.open()
    await graph.claim_embedder(IDENTITY)
    await graph.close()


@pytest.mark.parametrize("login", [None, ("neo4j", "neo4j")], ids=["nothing", "the well-known one"])
def test_no_one_gets_in_without_the_password(server: LocalServer, login: tuple[str, str] | None) -> None:
    with GraphDatabase.driver(server.url, auth=login, telemetry_disabled=True) as driver, pytest.raises(AuthError):
        driver.execute_query("RETURN 1")


def test_only_its_owner_may_read_it_and_it_stands_nowhere_else(server: LocalServer) -> None:
    password = server.password_file.read_text().strip()
    assert len(password) >= 32
    assert stat.S_IMODE(server.password_file.stat().st_mode) == 0o600
    assert not any(password in word for word in psutil.Process(server.pid).cmdline())
    told = [path for path in Path(server.folder).rglob("*") if path.is_file() and path != server.password_file]
    assert Path(server.folder, "logs", "console.log") in told
    assert [path for path in told if password.encode() in path.read_bytes()] == []


async def test_memory_opens_by_the_address_alone(server: LocalServer) -> None:
    await claim(memory_at(server))


async def test_a_password_that_is_set_is_the_one_used(server: LocalServer) -> None:
    with pytest.raises(MemoryUnavailable) as refused:
        await memory_at(server, password="another").open()
    assert "stemma neo4j status" in refused.value.hint


async def test_another_user_is_not_given_it(server: LocalServer) -> None:
    with pytest.raises(MemoryUnavailable, match="refuses"):
        await memory_at(server, user="ann").open()


def test_it_is_for_the_running_server_at_its_own_address(local: LocalNeo4j, server: LocalServer) -> None:
    password = password_in(local.folder)
    at = f"127.0.0.1:{server.port}"
    assert {password_for(f"{scheme}://{at}", local.folder) for scheme in ("bolt", "neo4j")} == {password}
    others = (f"bolt://localhost:{server.port}", f"bolt://10.0.0.7:{server.port}", "bolt://127.0.0.1:1", f"http://{at}")
    assert {password_for(url, local.folder) for url in (*others, "bolt://127.0.0.1")} == {""}
    local.stop()
    assert password_for(server.url, local.folder) == ""


async def test_memory_outlives_a_lost_password(local: LocalNeo4j, server: LocalServer) -> None:
    await claim(memory_at(server))
    local.stop()
    lost = password_in(local.folder)
    server.password_file.unlink()
    with pytest.raises(LocalServerFailed, match="lost") as failed:
        local.start()
    assert local.status() is None
    for folder in SYSTEM:
        assert str(folder) in failed.value.hint
        shutil.rmtree(local.folder / folder)
    graph = memory_at(local.start())
    await graph.open()
    assert await graph.embedder() == IDENTITY
    await graph.close()
    assert password_in(local.folder) != lost


def test_a_start_with_a_wrong_password_fails_and_leaves_nothing(local: LocalNeo4j, server: LocalServer) -> None:
    local.stop()
    right = server.password_file.read_text()
    server.password_file.write_text("not the one\n")
    try:
        with pytest.raises(LocalServerFailed, match="refuses the password") as failed:
            local.start()
        assert "not the one" not in f"{failed.value} {failed.value.hint}"
        assert local.status() is None
    finally:
        server.password_file.write_text(right)
