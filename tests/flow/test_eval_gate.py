"""`stemma eval promote`, `gate` and `compare` on results folders: the exit code is right each time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from stemma.evals.case import Case, Failure, Row, Score, failed
from stemma.evals.commands import eval_app
from stemma.evals.errors import EvalFailure, InvalidResults
from stemma.evals.results import Evaluation, run_record, write_results

METRICS = ("recall@5", "mrr")


def results(
    folder: Path,
    values: Sequence[float],
    *,
    kind: str = "retrieval",
    broken: int = 0,
    raising: int = 0,
    variant: str = "graph",
    interrupted: bool = False,
    at: str = "2026-11-20T00:00:00+00:00",
) -> Path:
    """A results folder with a case for each value; the first `broken` cases failed, and in the first `raising` ones a
    metric raised."""
    cases = [Case(f"set/{n}", "set", f"Question {n}?", (f"set/d{n}",)) for n in range(len(values))]
    problem = Failure("recall", "ModelRubbish", "nothing that could be read")
    rows = [
        failed(case, variant, METRICS, problem)
        if n < broken
        else Row(
            case,
            variant,
            tuple(Score(metric, value) for metric in METRICS),
            run_id=f"run-{n}",
            thread_id=f"thread-{n}",
            failed_metrics={"mrr": Failure("evaluator", "ZeroDivisionError", "by zero")} if n < raising else {},
        )
        for n, (case, value) in enumerate(zip(cases, values, strict=True))
    ]
    run = {**run_record(kind, data={"hash": f"hash of {len(values)}"}, recipe=variant), "finished_at": at}
    figure = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": len(values)}
    figures = {"metrics": dict.fromkeys(METRICS, figure), "failures": broken}
    write_results(folder, Evaluation(run, rows, figures, interrupted), "page")
    return folder


def command(*arguments: object) -> int:
    return CliRunner().invoke(eval_app, [str(each) for each in arguments], catch_exceptions=False).exit_code


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    file = tmp_path / "baseline.json"
    assert command("promote", results(tmp_path / "good", [0.9] * 60), "--baseline", file, "--reason", "first") == 0
    return file


def test_the_same_again_passes_and_leaves_its_reports(tmp_path: Path, baseline: Path) -> None:
    folder = results(tmp_path / "now", [0.9] * 60)
    assert command("gate", folder, "--baseline", baseline) == 0
    assert json.loads((folder / "verdict.json").read_text())["outcome"] == "pass"
    assert 'failures="0" errors="0"' in (folder / "verdict.xml").read_text()
    assert "| recall@5 | pass |" in (folder / "verdict.md").read_text()


@pytest.mark.parametrize(
    ("values", "given", "code"),
    [
        pytest.param([0.8] * 60, {}, 1, id="it fell by more than the margin"),
        pytest.param([0.851] * 60, {}, 0, id="it fell by less than the margin"),
        pytest.param([0.9] * 60, {"broken": 54}, 3, id="rubbish on nine of ten rows"),
        pytest.param([0.9] * 60, {"broken": 60}, 3, id="rubbish on every row"),
        pytest.param([0.9] * 60, {"raising": 60}, 3, id="a metric that raises everywhere"),
        pytest.param([0.9] * 60, {"raising": 6}, 3, id="a metric that raises on a tenth of the rows"),
        pytest.param([0.9] * 60, {"raising": 2}, 0, id="a metric that raised on two rows, and is no worse for it"),
        pytest.param([0.9] * 50, {}, 3, id="a shrunk data set"),
        pytest.param([], {}, 2, id="no case at all"),
        pytest.param([0.95, 0.75] * 30, {}, 3, id="cannot be told"),
        pytest.param([0.9] * 60, {"interrupted": True}, 4, id="interrupted"),
    ],
)
def test_the_exit_code_is_never_green_by_accident(
    tmp_path: Path, baseline: Path, values: list[float], given: dict[str, Any], code: int
) -> None:
    folder = results(tmp_path / "now", values, **given)
    if code in (2, 4):
        with pytest.raises(EvalFailure) as caught:
            command("gate", folder, "--baseline", baseline)
        assert caught.value.exit_code == code
        assert not (folder / "verdict.xml").exists()
    else:
        assert command("gate", folder, "--baseline", baseline) == code
        said = (folder / "verdict.xml").read_text()
        assert ("<failure" in said, "<error" in said) == (code == 1, code == 3)


def test_a_broken_promise_is_a_regression_whatever_the_metrics_say(tmp_path: Path, baseline: Path) -> None:
    folder = results(tmp_path / "now", [0.9] * 60)
    summary = json.loads((folder / "summary.json").read_text())
    (folder / "summary.json").write_text(json.dumps({**summary, "broken": ["contamination is not 0"]}))
    assert command("gate", folder, "--baseline", baseline) == 1
    verdict = json.loads((folder / "verdict.json").read_text())
    assert (verdict["exit_code"], verdict["broken"]) == (1, ["contamination is not 0"])
    assert 'failures="1" errors="0"' in (folder / "verdict.xml").read_text()
    for name in ("verdict.md", "verdict.html"):
        assert "contamination is not 0" in (folder / name).read_text()


def test_too_few_pairs_decide_nothing(tmp_path: Path) -> None:
    file = tmp_path / "small.json"
    command("promote", results(tmp_path / "good", [0.9] * 29), "--baseline", file, "--reason", "small")
    assert command("gate", results(tmp_path / "bad", [0.1] * 29), "--baseline", file) == 3


def test_a_case_that_flips_between_repeats_is_named_and_no_regression(tmp_path: Path, baseline: Path) -> None:
    good, bad = [0.9] * 60, [0.1] * 20 + [0.9] * 40
    first, second = results(tmp_path / "one", bad), results(tmp_path / "two", good)
    assert command("gate", first, "--baseline", baseline) == 1
    assert command("gate", first, "--baseline", baseline, "--repeat", second) == 3
    verdict = json.loads((first / "verdict.json").read_text())
    assert verdict["flaky"] == sorted(f"set/{n}" for n in range(20))
    assert "Flaky cases" in (first / "verdict.md").read_text()
    assert command("gate", first, "--baseline", baseline, "--repeat", results(tmp_path / "three", bad)) == 1
    with pytest.raises(InvalidResults, match="of kind"):
        command("gate", first, "--baseline", baseline, "--repeat", results(tmp_path / "four", good, kind="run"))


def test_the_page_leads_to_each_case_its_run_and_the_nights_before(tmp_path: Path, baseline: Path) -> None:
    results(tmp_path / "earlier", [0.9] * 60, at="2026-11-19T00:00:00+00:00")
    folder = results(tmp_path / "now", [0.1, *[0.9] * 59])
    assert command("gate", folder, "--baseline", baseline, "--metric", "mrr") == 0
    page = (folder / "verdict.html").read_text()
    (changed,) = json.loads((folder / "verdict.json").read_text())["changed"]
    assert (changed["id"], changed["run_id"], changed["thread_id"]) == ("set/0", "run-0", "thread-0")
    for text in (
        'href="report.html#',
        "Question 0?",
        "run-0",
        "thread-0",
        'class="sparkline"',
        "Content-Security-Policy",
    ):
        assert text in page
    assert "<script" not in page


def test_swapped_or_edited_baselines_are_refused(tmp_path: Path, baseline: Path) -> None:
    now = results(tmp_path / "now", [0.9] * 60)
    other = tmp_path / "other.json"
    answers = results(tmp_path / "answers", [0.9] * 60, kind="run", variant="answer")
    command("promote", answers, "--baseline", other, "--reason", "of another kind")
    edited = json.loads(baseline.read_text())
    edited["cases"][0]["scores"]["mrr"] = 0.0
    (tmp_path / "edited.json").write_text(json.dumps(edited))
    for file, message in (
        (other, "variant|holds no"),
        (tmp_path / "edited.json", "not as it was promoted"),
        (now / "summary.json", "not a baseline"),
        (tmp_path / "none.json", "there is no baseline"),
    ):
        with pytest.raises(EvalFailure, match=message) as caught:
            command("gate", now, "--baseline", file)
        assert caught.value.exit_code == 2


def test_only_a_whole_evaluation_becomes_a_baseline(tmp_path: Path) -> None:
    with pytest.raises(InvalidResults, match="no baseline"):
        command(
            "promote", results(tmp_path / "bad", [0.9] * 40, broken=1), "--baseline", tmp_path / "b", "--reason", "no"
        )
    assert not (tmp_path / "b").exists()


def test_promoting_again_says_what_it_replaces(tmp_path: Path, baseline: Path) -> None:
    first = json.loads(baseline.read_text())
    better = results(tmp_path / "better", [0.95] * 60)
    command("promote", better, "--baseline", baseline, "--reason", "better", "--by", "ada")
    second = json.loads(baseline.read_text())
    assert (second["replaces"], second["promoted_by"], second["reason"]) == (first["digest"], "ada", "better")
    assert command("gate", results(tmp_path / "now", [0.89] * 60), "--baseline", baseline) == 1


def test_margins_can_be_given(tmp_path: Path, baseline: Path) -> None:
    now = results(tmp_path / "now", [0.84] * 60)
    assert command("gate", now, "--baseline", baseline) == 1
    assert command("gate", now, "--baseline", baseline, "--margin", "0.07") == 0
    assert command("gate", now, "--baseline", baseline, "--margin", "recall@5=0.07", "--metric", "recall@5") == 0
    with pytest.raises(EvalFailure, match="not a margin"):
        command("gate", now, "--baseline", baseline, "--margin", "recall=0.05")


def test_two_evaluations_can_be_compared_without_a_baseline(tmp_path: Path) -> None:
    old = results(tmp_path / "old", [0.9] * 60, at="2026-11-19T00:00:00+00:00")
    new, better = results(tmp_path / "new", [0.7] * 60), results(tmp_path / "better", [0.95] * 60)
    assert command("compare", old, new) == 1
    assert command("compare", old, better) == 0
    with pytest.raises(InvalidResults, match="wrong way round"):
        command("compare", new, old)
