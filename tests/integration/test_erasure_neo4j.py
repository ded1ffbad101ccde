"""`stemma erase` over a memory in a Neo4j that runs here: its data are rebuilt, and hold no byte of a person."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from stemma.memory.neo4j_folder import running_server
from stemma.memory.neo4j_jars import NEWEST
from stemma.memory.neo4j_local import LocalNeo4j
from stemma.memory.neo4j_swap import WORK, begin_swap, finish_swap, new_folder
from tests import neo4j_server
from tests.integration.planted import ANN, BOB, NAMESAKE, left, plant
from tests.integration.test_erasure import exported, typed

RELEASE = NEWEST


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of `test_erasure.py`, with a server of its own below `.stemma`."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ".stemma" / "neo4j"
    monkeypatch.setenv("MEMORY_EMBEDDER", "hashing")
    monkeypatch.setenv("MEMORY_NEO4J_FOLDER", str(folder))
    for name in ("GRAPHS_DATABASE_URL", "GRAPHS_MODEL", "EVALS_FOLDER", "MEMORY_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    server = LocalNeo4j(folder, jars=neo4j_server.jars(), brief=True, release=RELEASE)
    monkeypatch.setenv("MEMORY_URL", server.start().url)
    try:
        asyncio.run(plant(tmp_path / "stemma-eval"))
        yield tmp_path
    finally:
        server.stop()


@pytest.mark.neo4j
@pytest.mark.timeout(900)
def test_no_byte_of_a_person_is_left_in_the_servers_folder(installation: Path) -> None:
    before = {actor: exported(installation, actor.tenant, actor.user) for actor in (BOB, NAMESAKE)}
    assert all(before.values())
    running = running_server(installation / ".stemma" / "neo4j")
    assert running
    report = typed("--user", "ann", "--yes")
    assert report["clean"], report
    assert left(installation, ANN) == {}
    again = running_server(installation / ".stemma" / "neo4j")
    assert again
    assert (again.port, again.pid != running.pid) == (running.port, True)
    assert {actor: exported(installation, actor.tenant, actor.user) for actor in before} == before
    assert any("neo4j" in path for path in left(installation, BOB))


def laid_out(folder: Path, *, data: str = "", old: str = "", new: str = "") -> None:
    """A folder as a crash may leave it."""
    for place, text in (("data", data), ("data.old", old), (f"{WORK}/new/data", new)):
        if text:
            (folder / place).mkdir(parents=True)
            (folder / place / "store").write_text(text, "utf-8")


@pytest.mark.parametrize(
    "places",
    [
        {"data": "old", "new": "new"},
        {"old": "old", "new": "new"},
        {"old": "old", "data": "new"},
        {"data": "new"},
    ],
    ids=str,
)
def test_a_swap_that_was_begun_is_finished_from_wherever_it_stopped(tmp_path: Path, places: dict[str, str]) -> None:
    laid_out(tmp_path, **places)
    begin_swap(tmp_path)
    assert finish_swap(tmp_path)
    assert (tmp_path / "data" / "store").read_text("utf-8") == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]
    assert not finish_swap(tmp_path)


def test_without_the_marker_the_old_data_stay(tmp_path: Path) -> None:
    laid_out(tmp_path, data="old", new="new")
    assert not finish_swap(tmp_path)
    assert (tmp_path / "data" / "store").read_text("utf-8") == "old"
    assert new_folder(tmp_path).exists()
