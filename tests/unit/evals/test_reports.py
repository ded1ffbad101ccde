"""Markdown, JUnit and the way back from results.jsonl: what failed is never shown green, and nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from stemma.evals.case import Case, Failure, Row, Score, failed
from stemma.evals.commands import eval_app
from stemma.evals.errors import InvalidResults
from stemma.evals.metrics.intervals import Sampling
from stemma.evals.page.document import page_of
from stemma.evals.reports import as_junit, as_markdown, junit_tree
from stemma.evals.results import Evaluation, run_record, write_results
from stemma.evals.stored import read_evaluation
from stemma.evals.summary import summarise

SAMPLING = Sampling(1, 200)
GOOD = Row(
    Case("set/1", "set", "Who?", ("set/d",), ("Mira",)),
    "answer",
    (Score("token_f1", 0.5, "half"),),
    ranked=("set/d",),
    run_id="run",
    thread_id="thread",
    milliseconds=1500.0,
    detail={"answer": "Mira Holt", "abstained": False},
)
FAILED = failed(
    Case("set/2", "set", "What | <b>?"), "answer", ("token_f1",), Failure("run", "ModelFailure", "a\x00b|c")
)
LACKING = Row(
    Case("set/3", "set", "How?"),
    "answer",
    (Score("token_f1", 1.0), Score("own", 0.0)),
    failed_metrics={"own": Failure("evaluator", "ValueError", "no")},
)


def evaluation(*rows: Row, interrupted: bool = False, **figures: Any) -> Evaluation:
    data = {"hash": "abc", "sets": ["set"], "documents": 1, "questions": len(rows), "corpus": "own", "limit": None}
    facts = {"model": "extractive", "embedder": None, "store": None, "ingest": None, "seed": 1, "k": 5}
    run = run_record("run", data=data, interval=SAMPLING.as_json(), primary="token_f1", **facts)
    return Evaluation(run, rows, {**summarise(rows, SAMPLING), **figures}, interrupted)


def counts(made: Evaluation) -> tuple[int, int, int]:
    suite = junit_tree(made.summary(), made.rows)
    found = tuple(len(suite.findall(path)) for path in ("testcase", "testcase/failure", "testcase/error"))
    assert found == tuple(int(suite.attrib[name]) for name in ("tests", "failures", "errors"))
    return found[0], found[1], found[2]


def test_a_failed_row_is_an_error_and_a_broken_promise_a_failure() -> None:
    assert counts(evaluation(GOOD)) == (1, 0, 0)
    assert counts(evaluation(GOOD, FAILED, LACKING)) == (3, 0, 2)
    assert counts(evaluation(GOOD, broken=["contamination is not 0"])) == (2, 1, 0)
    assert counts(evaluation(GOOD, interrupted=True)) == (2, 0, 1)
    verbatim = Row(GOOD.case, "answer", (Score("citation_verbatim", 0.0),))
    assert counts(evaluation(verbatim)) == (2, 1, 0)


def test_the_markdown_names_figures_and_failures_and_holds_no_markup_of_others() -> None:
    made = evaluation(GOOD, FAILED, LACKING, broken=["x"])
    text = as_markdown(made.summary(), made.rows)
    assert "| token_f1 | 0.5000 |" in text
    assert "**Broken**: x" in text
    assert "- set/2 (answer): run: ModelFailure: a\ufffdb\\|c" in text
    assert "- set/3 (answer): own: ValueError: no" in text
    assert "\x00" not in as_junit(made.summary(), made.rows)
    assert "Interrupted" in as_markdown(evaluation(interrupted=True).summary(), ())


def test_an_evaluation_is_read_back_as_it_was(tmp_path: Path) -> None:
    made = evaluation(GOOD, FAILED, LACKING)
    write_results(tmp_path, made, page_of(made))
    again = read_evaluation(tmp_path)
    assert (again.run, list(again.rows), again.figures) == (made.run, list(made.rows), made.figures)
    assert page_of(again) == page_of(made)


@pytest.mark.parametrize(("rows", "code"), [((GOOD,), 0), ((GOOD, FAILED), 4), ((GOOD, LACKING), 4)])
def test_the_report_is_made_anew_and_stays_as_red_as_it_was(tmp_path: Path, rows: tuple[Row, ...], code: int) -> None:
    made = evaluation(*rows, failures=sum(row.failing for row in rows))
    write_results(tmp_path, made, "an old page")
    (tmp_path / "junit.xml").unlink()
    done = CliRunner().invoke(eval_app, ["report", str(tmp_path), "--json"])
    assert done.exit_code == code
    assert '"exit_code": ' + str(code) in done.stdout.splitlines()[-1]
    assert (tmp_path / "report.html").read_text() == page_of(made)
    assert (tmp_path / "junit.xml").exists()


def test_a_row_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    made = evaluation(GOOD)
    write_results(tmp_path, made, "page")
    file = tmp_path / "results.jsonl"
    file.write_text(file.read_text().replace('"variant": "answer", ', ""))
    with pytest.raises(InvalidResults, match="cannot be read"):
        read_evaluation(tmp_path)
