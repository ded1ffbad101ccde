"""What evaluations found, on the wire. Names and shapes are those of summary.json and results.jsonl."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict


class FigureBody(TypedDict):
    """A mean with its interval, over `n` cases; null where the evaluation gave none."""

    mean: float | None
    low: float | None
    high: float | None
    n: int | None


class EvalHeadBody(TypedDict):
    """An evaluation in a list. `kind` is "retrieval", "run", "groundedness", … or "nightly", which has suites.

    `data` is the hash of the data set's content. `outcome` is the gate's verdict where one was made, `exit_code` what a
    night ended with.
    """

    id: str
    kind: str
    finished_at: str
    revision: str
    data: str
    cases: int
    failures: int
    interrupted: bool
    metrics: dict[str, FigureBody]
    outcome: Literal["pass", "regression", "inconclusive"] | None
    exit_code: int | None


class EvalPageBody(TypedDict):
    """A page of evaluations, newest first, and how many there are in all."""

    items: list[EvalHeadBody]
    total: int


class EvalBody(EvalHeadBody):
    """One evaluation: also its whole summary (a night's record), the gate's verdict, and of a night its suites."""

    summary: dict[str, Any]
    gate: dict[str, Any] | None
    suites: list[EvalHeadBody]


class CasePageBody(TypedDict):
    """A page of case records as results.jsonl has them: question, scores, reasons, failure, run and thread."""

    items: list[dict[str, Any]]
    total: int


class PointBody(FigureBody):
    """One evaluation's figure. `id` names it; `data` tells whether it was of the same questions as its neighbours."""

    id: str
    at: str
    revision: str
    data: str


class TrendBody(TypedDict):
    """One metric over time, oldest first."""

    metric: str
    kind: str
    points: list[PointBody]
