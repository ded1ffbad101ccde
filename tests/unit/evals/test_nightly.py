"""The nightly's parts without a store: exit codes, the record, the plan, the lock, the line over nights."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from stemma.evals.errors import EvalFailure, InvalidDataset, InvalidResults, NightRunning, OtherNight
from stemma.evals.nightly.lock import LOCK, night_lock
from stemma.evals.nightly.plan import NightPlan, begun_night, plan_night
from stemma.evals.nightly.record import (
    Night,
    Status,
    Step,
    StepStatus,
    earlier_nights,
    folder_of,
    read_night,
    worst,
    write_night,
)
from stemma.evals.nightly.report import as_junit, as_markdown, junit_tree
from stemma.evals.nightly.sparkline import sparkline
from stemma.evals.settings import EvalSettings

HARBOUR = Path(__file__).resolve().parents[2] / "data" / "harbour"
FIGURE = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 9}


def night(date: str = "2026-08-31", *steps: Step, status: Status = Status.DONE) -> Night:
    return Night(date, {"suites": ["answers"]}, "abc", "1", f"{date}T01:00:00+00:00", "later", status, steps)


def step(code: int = 0, **facts: Any) -> Step:
    return replace(Step("answers", StepStatus.DONE, code, "what was found"), **facts)


def test_the_worst_code_stands_for_all() -> None:
    for codes in permutations((0, 3, 1, 4)):
        assert worst(codes) == 4
        assert worst(code for code in codes if code != 4) == 1
        assert worst(code for code in codes if code in (0, 3)) == 3
    assert worst([0, 0]) == worst([]) == 0


def test_an_interrupted_night_says_so_whatever_its_steps() -> None:
    assert night("2026-08-31", step(1), status=Status.INTERRUPTED).exit_code == 130


def test_a_night_comes_back_as_it_was_written(tmp_path: Path) -> None:
    kept = night("2026-08-31", step(3, metrics={"mrr": FIGURE}, verdict={"metrics": []}, found={"added": 2}))
    write_night(tmp_path, kept)
    assert read_night(tmp_path) == kept
    assert json.loads((tmp_path / "night.json").read_text())["exit_code"] == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "not the record"),
        ('{"kind": "nightly", "schema": 99}', "newer version"),
        ('{"kind": "nightly", "schema": 1}', "not the record"),
    ],
)
def test_a_record_that_is_none_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "night.json").write_text(text)
    with pytest.raises(InvalidResults, match=message):
        read_night(tmp_path)


def test_earlier_nights_are_the_finished_ones_before(tmp_path: Path) -> None:
    for date, status in (("2026-08-01", Status.DONE), ("2026-08-02", Status.RUNNING), ("2026-08-03", Status.DONE)):
        write_night(folder_of(tmp_path, date), night(date, status=status))
    folder_of(tmp_path, "2026-08-04").mkdir()
    (folder_of(tmp_path, "2026-08-04") / "night.json").write_text("broken")
    found = earlier_nights(tmp_path, "2026-08-05", 9)
    assert [each.date for each in found] == ["2026-08-01", "2026-08-03"]
    assert [each.date for each in earlier_nights(tmp_path, "2026-08-05", 1)] == ["2026-08-03"]
    assert earlier_nights(tmp_path, "2026-08-01", 9) == []


def plan(out: Path, *suites: str, day: str = "2026-08-31", limit: int = 0) -> NightPlan:
    return plan_night(day, [HARBOUR], suites or ("answers",), EvalSettings(), out=out, limit=limit)


def test_a_night_goes_on_only_with_the_same_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = plan(tmp_path)
    assert begun_night(first) is None
    write_night(folder_of(tmp_path, first.date), replace(night(), plan=first.as_json()))
    assert begun_night(first) is not None
    for other, named in ((plan(tmp_path, limit=2), "data"), (plan(tmp_path, "answers", "detection"), "suites")):
        with pytest.raises(OtherNight, match=named) as caught:
            begun_night(other)
        assert caught.value.exit_code == 2
    monkeypatch.setenv("MEMORY_RECIPE", "hybrid")
    with pytest.raises(OtherNight, match="other recipe"):
        begun_night(first)


def test_what_cannot_be_a_night_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = EvalSettings()
    with pytest.raises(EvalFailure, match="there is no suite 'x'"):
        plan_night("", [HARBOUR], ["x"], settings)
    with pytest.raises(EvalFailure, match="is no date"):
        plan_night("31.8.2026", [HARBOUR], [], settings)
    with pytest.raises(InvalidDataset, match="no data folder"):
        plan_night("", [], [], settings)
    assert plan_night("", [], ["detection"], settings).dataset is None


def test_the_settings_name_the_data(tmp_path: Path) -> None:
    settings = EvalSettings(data=HARBOUR, folder=tmp_path)
    made = plan_night("2026-08-31", [], [], settings)
    assert made.dataset is not None
    assert made.dataset.sets == ("harbour",)
    assert (made.out, made.baseline("answers")) == (tmp_path, Path("baselines/answers.json"))


def test_two_at_once_the_second_says_who_runs(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("stemma")), "eval", "nightly", "--suite", "detection"]
    with night_lock(tmp_path, "2026-08-31"):
        second = subprocess.run([*command, "--out", str(tmp_path)], capture_output=True, text=True, check=False)
        with pytest.raises(NightRunning, match=f"process {os.getpid()} on "), night_lock(tmp_path, "2026-09-01"):
            pass
    assert second.returncode == 2
    assert f"process {os.getpid()} on " in second.stderr
    assert "the night of 2026-08-31" in second.stderr


def test_a_dead_holder_and_a_reused_number_hold_nothing(tmp_path: Path) -> None:
    killed = f"""
import os, signal
from pathlib import Path
from typing import Any
from stemma.evals.nightly.lock import night_lock
with night_lock(Path({str(tmp_path)!r}), "2026-08-30"):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == -signal.SIGKILL
    assert json.loads((tmp_path / LOCK).read_text())["night"] == "2026-08-30"
    with night_lock(tmp_path, "2026-08-31"):
        pass
    (tmp_path / LOCK).write_text(json.dumps({"host": "elsewhere", "pid": os.getpid(), "night": "x", "since": "y"}))
    with night_lock(tmp_path, "2026-08-31"):
        assert json.loads((tmp_path / LOCK).read_text())["pid"] == os.getpid()


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidResults, match="cannot be written"), night_lock(tmp_path / "file", "2026-08-31"):
        pass


def test_junit_shows_nothing_green_that_is_not() -> None:
    verdict = {
        "metrics": [
            {"metric": "mrr", "outcome": "regression", "reason": "it fell", "difference": -0.1},
            {"metric": "map", "outcome": "inconclusive", "reason": "too few", "difference": 0.0},
            {"metric": "f1", "outcome": "pass", "reason": "fine", "difference": 0.0},
        ]
    }
    parts = (
        step(1, name="retrieval", verdict=verdict, metrics={"mrr": FIGURE}),
        step(4, name="answers", status=StepStatus.FAILED, note="out of\x1b memory"),
        step(0, name="groundedness", status=StepStatus.SKIPPED),
        step(0, name="drift"),
    )
    suites = {each.get("name"): each for each in junit_tree(night("2026-08-31", *parts))}
    counts = {name: (each.get("failures"), each.get("errors"), each.get("skipped")) for name, each in suites.items()}
    assert counts == {
        "retrieval": ("2", "1", "0"),
        "answers": ("0", "1", "0"),
        "groundedness": ("0", "0", "1"),
        "drift": ("0", "0", "0"),
    }
    unfinished = junit_tree(night(status=Status.RUNNING))
    assert unfinished[0].get("errors") == "1"
    assert "out of memory" in as_junit(night("2026-08-31", *parts)).replace("\ufffd", "")


def test_markdown_keeps_its_table_whole() -> None:
    text = as_markdown(night("2026-08-31", step(3, note="a | b\nc", advice='stemma eval promote "x"')))
    assert "| answers | inconclusive |  |  | 0.0 | a \\| b c |" in text
    assert '- answers: `stemma eval promote "x"`' in text


def test_a_night_without_the_metric_is_a_gap_and_no_zero() -> None:
    line = sparkline([0.5, 0.6, None, 0.7, 0.8])
    assert line.count("<polyline") == 2
    assert "4 nights, from 50.0 to 80.0, last 80.0" in line
    assert sparkline([None]) == ""
    assert "<polyline" not in sparkline([0.5])
    assert sparkline([None, 0.5, None, 0.5]).count('class="night"') == 2


def test_the_scheduled_workflow_may_only_read_and_pins_what_it_uses() -> None:
    text = (HARBOUR.parents[2] / ".github" / "workflows" / "nightly.yml").read_text()
    used = re.findall(r"uses: (\S+)", text)
    assert used
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", each) for each in used)
    assert re.findall(r"^permissions:\n((?:  .+\n)+)", text, re.MULTILINE) == ["  contents: read\n"]
    assert "secrets." not in text
    assert "stemma eval nightly" in text
