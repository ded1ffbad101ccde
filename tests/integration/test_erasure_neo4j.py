"""`stemma erase` over a memory in a Neo4j that runs here: its data are rebuilt, and hold no byte of a person."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stemma.graphs.policy import memory_scope
from stemma.memory import neo4j_local
from stemma.memory.learning import Antecedent, LearnedClaim
from stemma.memory.model import Answer, Node, Passage
from stemma.memory.neo4j_folder import running_server
from stemma.memory.neo4j_jars import NEWEST, RELEASES
from stemma.memory.neo4j_local import LocalNeo4j
from stemma.memory.neo4j_swap import WORK, begin_swap, finish_swap, new_folder
from stemma.memory.open import open_memory
from tests import neo4j_server
from tests.integration.planted import ANN, BOB, NAMESAKE, PEOPLE, canary, left, plant_memory
from tests.integration.test_erasure import configured, exported, typed


@pytest.fixture
def installation(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a server of its own below `.stemma`, with everybody's memory in it and no runs.

    The server that runs again after a compaction is made for days; here it lives for seconds, so it starts like one.
    """
    configured(tmp_path, monkeypatch)
    monkeypatch.setattr(neo4j_local, "_LASTING", neo4j_local._BRIEF)
    folder = tmp_path / ".stemma" / "neo4j"
    monkeypatch.setenv("MEMORY_NEO4J_FOLDER", str(folder))
    monkeypatch.delenv("MEMORY_PASSWORD", raising=False)
    server = LocalNeo4j(folder, jars=neo4j_server.jars(), brief=True, release=request.param)
    monkeypatch.setenv("MEMORY_URL", server.start().url)
    try:
        asyncio.run(planted())
        yield tmp_path
    finally:
        server.stop()


async def planted() -> None:
    """What ingestion, an agent's answer and a decision leave in a memory."""
    async with await open_memory() as memory:
        for actor in PEOPLE:
            await plant_memory(memory, actor)
            scope = memory_scope(actor)
            [passage, *_] = [one for one in (await memory.items(scope, Node.PASSAGE)).items if isinstance(one, Passage)]
            ground = Antecedent(passage.id, passage.text, 0, len(passage.text))
            said, asked = f"{canary(actor, 'answer')} is run by Tomas.", canary(actor, "question")
            answer = Answer("", scope, said, "run", "thread", "c", asked, datetime.now(UTC))
            await memory.learn(scope, answer, [LearnedClaim(said, [ground])])
            false = await memory.remember(scope, f"It is {canary(actor, 'remark')}.", by=canary(actor, "by"))
            await memory.retract(scope, false.id, reason=canary(actor, "reason"), actor=actor.user)


@pytest.mark.neo4j
@pytest.mark.timeout(900)
@pytest.mark.parametrize("installation", RELEASES, ids=lambda release: release.version, indirect=True)
def test_no_byte_of_a_person_is_left_in_the_servers_folder(installation: Path) -> None:
    """The exports of the others are compared on one line: on both, a compaction compares all records itself."""
    running = running_server(installation / ".stemma" / "neo4j")
    assert running
    others = (BOB, NAMESAKE) if running.version == NEWEST.version else ()
    before = {actor: exported(installation, actor.tenant, actor.user) for actor in others}
    assert all(before.values())
    assert any("neo4j" in path for path in left(installation, ANN))
    report = typed("--user", "ann", "--yes")
    assert report["clean"], report
    assert left(installation, ANN) == {}
    again = running_server(installation / ".stemma" / "neo4j")
    assert again
    assert (again.port, again.pid != running.pid) == (running.port, True)
    assert any("neo4j" in path for path in left(installation, BOB))
    assert {actor: exported(installation, actor.tenant, actor.user) for actor in before} == before


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
