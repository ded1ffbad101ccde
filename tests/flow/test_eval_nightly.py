"""`stemma eval nightly` over real stores: once a date, resumable after kill -9 and Ctrl-C, right exit codes, a page."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from stemma.evals.commands import eval_app
from stemma.evals.nightly.line import run_night
from stemma.evals.nightly.plan import NightPlan, plan_night
from stemma.evals.nightly.record import Night, Status, read_night
from stemma.evals.page.cases import anchor
from stemma.evals.progress import Advance
from stemma.evals.settings import EvalSettings
from stemma.graphs.feedback import Opinion, give_feedback
from stemma.graphs.local import Local, open_local
from stemma.graphs.policy import LOCAL
from stemma.graphs.runs.model import RunRequest
from stemma.memory.model import DEFAULT_TENANT, Document, Scope

HARBOUR = Path(__file__).resolve().parents[1] / "data" / "harbour"
DAY, NEXT = "2026-08-30", "2026-08-31"
QUICK = ("--suite", "retrieval", "--suite", "answers")
SAID = "The harbour master of Port Merrow is Mira Holt."
TO_KILL = """
import asyncio, os, signal, sys
from pathlib import Path
from stemma.evals.nightly.line import run_night
from stemma.evals.nightly.lock import night_lock
from stemma.evals.nightly.plan import plan_night
from stemma.evals.settings import EvalSettings

def phase(title, total):
    def advance(done):
        if (title, done) == ("ask", 3):
            os.kill(os.getpid(), signal.SIGKILL)
    return advance

plan = plan_night(sys.argv[1], [Path(sys.argv[2])], ["retrieval", "answers"], EvalSettings())
with night_lock(plan.out, plan.date):
    asyncio.run(run_night(plan, None, phase, print))
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder of its own, with a quick embedder and few resamples; two pairs are enough for its gate.

    Without git on the path the revision is the package's version: a checkout may be worked on while its tests run.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, value in {"MEMORY_EMBEDDER": "hashing", "EVALS_RESAMPLES": "100", "EVALS_LEAST_PAIRS": "2"}.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def nightly(*arguments: str, day: str = DAY) -> Result:
    given = ["nightly", "--data", str(HARBOUR), "--date", day, *(arguments or QUICK)]
    return CliRunner().invoke(eval_app, given, catch_exceptions=False)


def folder(home: Path, day: str = DAY) -> Path:
    return home / "stemma-eval" / f"nightly-{day}"


def kept(home: Path, day: str = DAY) -> Night:
    found = read_night(folder(home, day))
    assert found is not None
    return found


def promote(results: Path, baseline: str) -> None:
    given = ["promote", str(results), "--baseline", f"baselines/{baseline}.json", "--reason", "first"]
    assert CliRunner().invoke(eval_app, given, catch_exceptions=False).exit_code == 0


def plan(*suites: str) -> NightPlan:
    return plan_night(DAY, [HARBOUR], suites or ("retrieval", "answers"), EvalSettings())


def test_the_first_night_says_what_is_missing_and_the_second_call_does_nothing(home: Path) -> None:
    first = nightly()
    assert first.exit_code == 3
    assert "no finished runs yet" in first.output
    assert "stemma eval promote" in first.output
    assert "there is no baseline baselines/answers.json" in first.output
    left = {path: path.stat().st_mtime_ns for path in folder(home).rglob("*") if path.is_file()}
    assert {"night.json", "report.html", "report.md", "junit.xml"} <= {path.name for path in left}
    again = nightly("--json", *QUICK)
    assert again.exit_code == 3
    assert "is done since" in again.stderr
    printed = json.loads(again.stdout.splitlines()[-1])
    assert (printed["exit_code"], printed["failures"]) == (3, 0)
    assert printed["metrics"]["retrieval/recall@5"]["n"] == 5
    assert printed["data"]["sets"] == ["harbour"]
    assert {path: path.stat().st_mtime_ns for path in folder(home).rglob("*") if path.is_file()} == left
    _leads_to_cases(folder(home))


def _leads_to_cases(night: Path) -> None:
    """From the night's page to the case on the suite's page, its run and its thread."""
    page = (night / "report.html").read_text()
    cases = [json.loads(line) for line in (night / "answers" / "results.jsonl").read_text().splitlines()[1:]]
    short = next(case for case in cases if case["variant"] == "answer" and case["scores"].get("token_f1", 1) < 1)
    assert f'href="answers/report.html#{anchor(short["id"])}"' in page
    assert short["run_id"] in page
    assert short["thread_id"] in page
    assert f'id="{anchor(short["id"])}"' in (night / "answers" / "report.html").read_text()


def test_against_its_own_baseline_it_passes_and_a_better_one_is_a_regression(home: Path) -> None:
    nightly()
    for suite in ("retrieval", "answers"):
        promote(folder(home) / suite, suite)
    second = nightly(day=NEXT)
    assert second.exit_code == 0, second.output
    page = (folder(home, NEXT) / "report.html").read_text()
    assert "2 nights, from" in page
    assert 'href="answers/report.html"' in page
    better = shutil.copytree(folder(home) / "answers", home / "better")
    lines = [json.loads(line) for line in (better / "results.jsonl").read_text().splitlines()]
    full = [line | {"scores": dict.fromkeys(line.get("scores", ()), 1.0)} for line in lines]
    (better / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in full))
    promote(better, "answers")
    third = nightly("--again", *QUICK, day=NEXT)
    assert third.exit_code == 1
    answers = kept(home, NEXT).step("answers")
    assert answers is not None
    assert answers.verdict is not None
    assert answers.verdict["outcome"] == "regression"
    assert (kept(home, NEXT).steps[1].name, kept(home, NEXT).steps[1].exit_code) == ("retrieval", 0)
    assert "<failure" in (folder(home, NEXT) / "junit.xml").read_text()


def test_a_suite_that_cannot_be_done_is_4_and_the_others_are_done(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHS_MODEL", "nobody:nothing")
    assert nightly().exit_code == 4
    states = {step.name: (step.status.value, step.exit_code) for step in kept(home).steps}
    assert states["answers"] == ("failed", 4)
    assert states["retrieval"] == ("done", 3)
    assert "ModelUnavailable" in (folder(home) / "report.md").read_text()
    assert nightly().exit_code == 4


def test_an_edited_baseline_and_one_of_another_suite_are_wrong_usage(home: Path) -> None:
    nightly()
    promote(folder(home) / "retrieval", "answers")
    with pytest.raises(Exception, match="is the baseline of retrieval, graph") as caught:
        nightly(day=NEXT)
    assert getattr(caught.value, "exit_code", None) == 2
    (home / "baselines" / "answers.json").write_text("{}")
    with pytest.raises(Exception, match="is not a baseline"):
        nightly(day=NEXT)
    assert not folder(home, NEXT).exists()


def test_after_kill_9_it_goes_on_after_the_last_finished_suite(home: Path) -> None:
    given = [sys.executable, "-c", TO_KILL, DAY, str(HARBOUR)]
    killed = subprocess.run(given, cwd=home, env=os.environ, check=False, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert kept(home).status is Status.RUNNING
    assert [step.name for step in kept(home).steps] == ["harvest", "retrieval"]
    assert (folder(home) / "answers" / "runs.db").exists()
    before = (folder(home) / "retrieval" / "summary.json").stat().st_mtime_ns
    resumed = nightly()
    assert resumed.exit_code == 3
    assert "retrieval: done already" in resumed.stderr
    assert (folder(home) / "retrieval" / "summary.json").stat().st_mtime_ns == before
    assert kept(home).status is Status.DONE
    answers = kept(home).step("answers")
    assert answers is not None
    assert answers.cases == 6


async def test_ctrl_c_leaves_what_is_there_and_the_same_command_goes_on(home: Path) -> None:
    task = asyncio.current_task()
    assert task is not None

    def phase(title: str, _total: int) -> Advance:
        def advance(done: int) -> None:
            if (title, done) == ("ask", 2):
                task.cancel()

        return advance

    said: list[str] = []
    stopped = await run_night(plan(), None, phase, said.append)
    assert (stopped.status, stopped.exit_code) == (Status.INTERRUPTED, 130)
    assert "interrupted" in said[-1]
    assert kept(home) == stopped
    assert "not finished" in (folder(home) / "report.html").read_text()
    assert (folder(home) / "answers" / "results.jsonl").exists()
    done = await run_night(plan(), stopped, lambda _title, _total: lambda _done: None, said.append)
    assert (done.status, done.exit_code) == (Status.DONE, 3)
    assert "retrieval: done already" in said


@pytest.fixture
async def local() -> AsyncIterator[Local]:
    async with open_local() as opened:
        yield opened


async def test_it_finds_what_is_false_and_tells_what_feedback_changed(
    home: Path, local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = Scope(DEFAULT_TENANT)
    texts = ("The harbour master of Port Merrow is Tomas Reyl.", "Port Merrow's harbour master is Tomas Reyl.")
    documents = [Document(f"t:{n}", "Port Merrow", text, whole=True) for n, text in enumerate((*texts, SAID))]
    false = (await local.memory.ingest(scope, documents)).source_ids[2]
    run = await local.runtime.submit(LOCAL, None, RunRequest("answer", input={"question": "Who runs Port Calder?"}))
    await local.runtime.join(LOCAL, run.thread_id, run.run_id)
    opinion = Opinion(score=0.0, correction="Port Calder is run by Ada Brandt.", by="maria")
    await give_feedback(local.runtime, local.memory, LOCAL, run.thread_id, run.run_id, opinion)
    steps = {step.name: step for step in (await _looked(DAY)).steps}
    assert steps["harvest"].found["runs"] == 1
    assert (home / "stemma-eval" / "candidates" / "candidates.jsonl").exists()
    assert [each["item_id"] for each in steps["detection"].found["proposals"]] == [false]
    assert steps["detection"].exit_code == 1
    assert steps["feedback"].found["corrections"] == 1
    page = (folder(home) / "report.html").read_text()
    assert SAID in page
    assert "Port Calder is run by Ada Brandt." in page
    monkeypatch.setenv("EVALS_APPLY", "true")
    applied = (await _looked(NEXT)).step("detection")
    assert applied is not None
    assert (applied.exit_code, applied.found["quarantined"]) == (0, 1)
    assert not (await local.memory.graph.sources(scope, [false]))[0].supported


async def _looked(day: str) -> Night:
    """A night that only looks at the stores."""
    chosen = plan_night(day, [], ["detection"], EvalSettings())
    return await run_night(chosen, None, lambda _title, _total: lambda _done: None, lambda _line: None)
