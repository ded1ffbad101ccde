"""`stemma eval harvest`: what was asked becomes candidates, once, redacted, and never a data set by itself."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

from stemma.evals.dataset import read_dataset
from stemma.evals.errors import InvalidDataset
from stemma.evals.harvest import Harvested, harvest
from stemma.evals.harvest_command import since_when
from stemma.graphs.local import Local
from stemma.graphs.policy import LOCAL
from stemma.graphs.runs.model import RunRequest
from tests.flow.answer.feedback_world import HOME, QUESTION, RIGHT, World, opened

OFF = "What is the boiling point of xenon?"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with opened("memory:", tmp_path) as made:
        yield made


async def harvested(world: World, out: Path, since: datetime | None = None) -> Harvested:
    return await harvest(Local(world.memory, world.runtime), LOCAL, since=since, out=out)


def rows(out: Path) -> dict[str, dict[str, Any]]:
    lines = (out / "candidates.jsonl").read_text("utf-8").splitlines()
    return {row["question"]: row for row in map(json.loads, lines)}


async def test_each_question_once_with_what_became_of_it(world: World, tmp_path: Path) -> None:
    out = tmp_path / "candidates"
    wrong, fine = await world.ask(), await world.ask("Who supplies bolts?")
    await world.ask("who is the harbour master of  PORT MERROW")  # the same question
    await world.ask(OFF)
    await world.ask("Who sails weekly to Port Merrow? Mail ann@example.org")
    await world.say(wrong, score=0.0, correction=RIGHT)
    await world.say(fine, score=1.0, comment="right")
    done = await harvested(world, out)
    assert (done.added, done.changed, done.known, done.runs) == (4, 0, 0, 5)
    assert dict(done.by_kind) == {"bad": 1, "good": 1, "abstained": 2}
    found = rows(out)
    bad, good, off = found[QUESTION], found["Who supplies bolts?"], found[OFF]
    assert (bad["kind"], bad["answers"], bad["run"], bad["thread"]) == (
        "bad", [RIGHT], wrong["run_id"], wrong["thread_id"],
    )  # fmt: skip
    assert good["answers"] == [fine["short_answer"]]
    assert (off["kind"], off["answers"], bool(off["reason"])) == ("abstained", [], True)
    mail = found["Who sails weekly to Port Merrow? Mail [email]"]
    assert mail["redacted"]["email"] >= 1
    assert mail["kind"] == "abstained"
    assert not {"ann", "example"} & {*re.findall(r"\w+", (out / "candidates.jsonl").read_text("utf-8").lower())}
    assert len({row["id"] for row in found.values()}) == 4


async def test_done_again_it_adds_nothing_and_changes_no_byte(world: World, tmp_path: Path) -> None:
    out = tmp_path / "candidates"
    await world.ask()
    await harvested(world, out)
    before = (out / "candidates.jsonl").read_bytes()
    again = await harvested(world, out)
    assert (again.added, again.changed, again.known) == (0, 0, 1)
    assert (out / "candidates.jsonl").read_bytes() == before


async def test_feedback_that_came_later_replaces_a_row_unless_somebody_reviewed_it(
    world: World, tmp_path: Path
) -> None:
    out, reviewed = tmp_path / "candidates", tmp_path / "reviewed"
    run = await world.ask()
    await harvested(world, out)
    await harvested(world, reviewed)
    (row,) = rows(reviewed).values()
    (reviewed / "candidates.jsonl").write_text(json.dumps({**row, "reviewed": True}) + "\n", "utf-8")
    kept = await world.say(run, score=0.0, correction=RIGHT)
    assert (await harvested(world, out)).changed == 1
    assert rows(out)[QUESTION]["answers"] == [RIGHT]
    assert (await harvested(world, reviewed)).changed == 0
    assert rows(reviewed)[QUESTION]["kind"] == "answered"
    await world.memory.retract(HOME, kept.source.id, reason="a joke", actor="ann")
    fresh = tmp_path / "fresh"
    assert dict((await harvested(world, fresh)).by_kind) == {"answered": 1}


async def test_only_what_ended_since(world: World, tmp_path: Path) -> None:
    await world.ask()
    late = datetime.now(UTC) + timedelta(hours=1)
    nothing = await harvested(world, tmp_path / "none", late)
    assert (nothing.added, nothing.runs) == (0, 0)
    assert not (tmp_path / "none").exists()
    assert (await harvested(world, tmp_path / "all", late - timedelta(hours=2))).added == 1


async def test_a_run_that_failed_is_harvested_from_its_input(world: World, tmp_path: Path) -> None:
    messages = [{"role": "assistant", "content": "Hello."}, {"role": "user", "content": "Who signs?"}]
    request = RunRequest("answer", input={"messages": messages}, interrupt_before=["recall"])
    run = await world.runtime.submit(LOCAL, None, request)
    await world.runtime.join(LOCAL, run.thread_id, run.run_id)
    silent = await world.runtime.submit(LOCAL, None, RunRequest("answer", input={"question": ""}))
    await world.runtime.cancel(LOCAL, silent.thread_id, silent.run_id, wait=True)
    done = await harvested(world, tmp_path / "out")
    assert (done.added, dict(done.by_kind), done.without_question) == (1, {"interrupted": 1}, 1)


async def test_candidates_are_no_data_set(world: World, tmp_path: Path) -> None:
    await world.ask()
    await harvested(world, tmp_path / "candidates")
    with pytest.raises(InvalidDataset):
        read_dataset([tmp_path / "candidates"])


def test_since() -> None:
    now = datetime(2026, 3, 8, 12, tzinfo=UTC)
    assert since_when("7d", now) == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert since_when("2026-03-01", now) == datetime(2026, 3, 1, tzinfo=UTC)
    assert since_when("2026-03-01T10:00+02:00", now) == datetime(2026, 3, 1, 8, tzinfo=UTC)
    with pytest.raises(typer.BadParameter, match="is no time"):
        since_when("yesterday", now)
