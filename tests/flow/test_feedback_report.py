"""What the nightly says of feedback: scores, and corrected questions answered before and now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stemma.evals.feedback_report import asking, feedback_report
from stemma.graphs.errors import ModelFailure
from stemma.graphs.models.open import open_model
from stemma.graphs.policy import LOCAL
from stemma.graphs.settings import GraphSettings
from tests.flow.answer.feedback_world import ANN, HOME, QUESTION, RIGHT, WRONG, World, opened


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with opened("memory:", tmp_path) as made:
        yield made


async def test_what_feedback_changed(world: World) -> None:
    wrong, fine = await world.ask(), await world.ask("Who supplies bolts?")
    correction = await world.say(wrong, score=0.0, correction=RIGHT, by="maria")
    await world.say(fine, score=1.0)
    undone = await world.say(fine, score=0.5, correction="Bolts are supplied by Nobody.")
    await world.memory.retract(HOME, undone.source.id, reason="a joke", actor="ann")
    await world.say(wrong, ANN, score=0.0)  # hers alone
    before = await world.everything()
    ask = asking(world.memory, open_model(GraphSettings(model="extractive:")), LOCAL)
    report = (await feedback_report(world.runtime, world.memory, LOCAL, ask)).as_json()
    (change,) = report.pop("changes")
    assert report == {
        "feedback": 2,
        "taken_back": 1,
        "score": {"mean": 0.5, "n": 2},
        "corrections": 1,
        "asked": 1,
        "changed": 1,
        "cited": 1,
        "failures": 0,
    }
    assert (change["before"], change["now"]) == (f"{WRONG} [1]", f"{RIGHT} [1]")
    assert (change["question"], change["correction"], change["by"]) == (QUESTION, RIGHT, "maria")
    assert (change["source_id"], change["run_id"]) == (correction.source.id, wrong["run_id"])
    assert await world.everything() == before


async def test_only_what_is_new_and_no_more_than_asked_for(world: World) -> None:
    run = await world.ask()
    for port in ("Calder", "Merrow", "Veldmark"):
        kept = await world.say(run, correction=f"The harbour master of Port {port} is Mira Holt.")
    asked: list[str] = []

    async def ask(question: str) -> Mapping[str, Any]:
        asked.append(question)
        return {"answer": "Yes.", "citations": []}

    report = await feedback_report(world.runtime, world.memory, LOCAL, ask, since=kept.source.added_at, most=1)
    assert (report.corrections, [change.source_id for change in report.changes]) == (1, [kept.source.id])
    report = await feedback_report(world.runtime, world.memory, LOCAL, ask, most=2)
    assert (report.corrections, len(report.changes)) == (3, 2)
    assert asked == [QUESTION] * 3
    late = datetime.now(UTC) + timedelta(hours=1)
    empty = (await feedback_report(world.runtime, world.memory, LOCAL, ask, since=late)).as_json()
    assert (empty["feedback"], empty["score"], empty["changes"]) == (0, {"mean": None, "n": 0}, [])


async def test_what_cannot_be_asked_is_a_failure_and_not_a_change(world: World) -> None:
    await world.say(await world.ask(actor=ANN), correction=RIGHT)  # what ann asked is not for all
    await world.say(await world.ask(), correction=RIGHT)

    async def ask(_: str) -> Mapping[str, Any]:
        raise ModelFailure("it fell over")

    report = await feedback_report(world.runtime, world.memory, LOCAL, ask)
    assert [change.failure.error for change in report.changes if change.failure] == ["ModelFailure", "NoQuestion"]
    assert (report.as_json()["changed"], report.as_json()["failures"]) == (0, 2)
