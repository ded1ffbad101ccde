"""An evaluation read back from its folder, and its reports made anew.

Decides how a record of results.jsonl becomes a row again. Scores and figures are taken as they were written: nothing is
measured or averaged a second time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stemma.evals.case import Case, Failure, Row, Score
from stemma.evals.errors import InvalidResults
from stemma.evals.page.document import page_of
from stemma.evals.results import RESULTS, Evaluation, read_cases, read_summary, write_reports
from stemma.evals.summary import Json


def read_evaluation(folder: Path) -> Evaluation:
    """The evaluation that the folder keeps. Raises `InvalidResults`."""
    summary = read_summary(folder)
    records = list(read_cases(folder))
    with (folder / RESULTS).open(encoding="utf-8") as lines:
        run: Json = json.loads(next(lines))
    run = {name: value for name, value in run.items() if name not in ("record", "interrupted")}
    figures = {name: value for name, value in summary.items() if name not in run and name != "interrupted"}
    try:
        rows = [_row(record) for record in records]
    except (KeyError, TypeError) as problem:
        raise InvalidResults(f"{folder / RESULTS} holds a row that cannot be read: {problem!r}") from problem
    return Evaluation(run, rows, figures, bool(summary.get("interrupted")))


def rebuild(folder: Path, page_cases: int) -> Evaluation:
    """Write the page, the Markdown and the JUnit file of a stored evaluation anew. Raises `InvalidResults`."""
    evaluation = read_evaluation(folder)
    write_reports(folder, evaluation, page_of(evaluation, page_cases))
    return evaluation


def _row(record: Mapping[str, Any]) -> Row:
    case = Case(
        record["id"],
        record["set"],
        record["question"],
        tuple(record["gold"]),
        tuple(record["answers"]),
        record["answerable"],
        record.get("kind", ""),
    )
    reasons = record.get("reasons", {})
    failure = record["failure"]
    return Row(
        case,
        record["variant"],
        tuple(Score(metric, value, reasons.get(metric, "")) for metric, value in record["scores"].items()),
        ranked=tuple(record.get("ranked", ())),
        failure=Failure(**failure) if failure else None,
        run_id=record["run_id"],
        thread_id=record["thread_id"],
        milliseconds=record["milliseconds"],
        detail=record["detail"],
        failed_metrics={metric: Failure(**each) for metric, each in record.get("failed_metrics", {}).items()},
    )
