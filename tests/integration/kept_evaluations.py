"""A results folder as `stemma eval` leaves it: two retrievals, one that failed in part, and a night with a suite."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stemma.evals.case import Case, Failure, Row, Score, failed
from stemma.evals.results import Evaluation, run_record, write_results

NIGHT = "nightly-2026-11-20"


def keep(folder: Path, values: Sequence[float], at: str, *, kind: str = "retrieval", broken: int = 0) -> Path:
    """Results with a case for each value, of which the first `broken` failed."""
    cases = [Case(f"set/{n}", "set", f"Question <{n}>?", (f"set/d{n}",)) for n in range(len(values))]
    problem = Failure("recall", "MemoryBusy", "locked")
    rows = [
        failed(case, "graph", ("recall@5",), problem)
        if n < broken
        else Row(case, "graph", (Score("recall@5", value),), run_id=f"run-{n}", thread_id=f"thread-{n}")
        for n, (case, value) in enumerate(zip(cases, values, strict=True))
    ]
    mean = sum(values) / len(values)
    figures: dict[str, Any] = {
        "metrics": {"recall@5": {"mean": mean, "low": mean - 0.1, "high": mean + 0.1, "n": len(values)}},
        "failures": broken,
        "cases": len(values),
    }
    run = {**run_record(kind, data={"hash": "abc"}, recipe="graph"), "finished_at": at}
    write_results(folder, Evaluation(run, rows, figures), f"<!doctype html><title>{folder.name}</title>")
    return folder


def evaluations(folder: Path) -> Path:
    """The folder, filled."""
    keep(folder / "20261118T010000-retrieval", [0.8, 1.0], "2026-11-18T01:00:00+00:00")
    worse = keep(folder / "20261119T010000-retrieval", [0.0, 0.5, 1.0], "2026-11-19T01:00:00+00:00", broken=1)
    (worse / "verdict.json").write_text(json.dumps({"outcome": "regression", "exit_code": 1, "metrics": []}))
    keep(folder / "20261117T010000-run", [0.5], "2026-11-17T01:00:00+00:00", kind="run")
    keep(folder / NIGHT / "retrieval", [0.6], "2026-11-20T02:00:00+00:00")
    step = {"name": "retrieval", "folder": "retrieval", "cases": 1, "failures": 0}
    night = {
        "schema": 1,
        "kind": "nightly",
        "date": "2026-11-20",
        "status": "done",
        "exit_code": 3,
        "revision": "r",
        "finished_at": "2026-11-20T02:10:00+00:00",
        "steps": [step, {"name": "drift", "folder": ""}],
    }
    (folder / NIGHT / "night.json").write_text(json.dumps(night))
    (folder / NIGHT / "report.html").write_text('<a href="retrieval/report.html">retrieval</a>')
    return folder
