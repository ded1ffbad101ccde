"""The values an evaluation is made of: a case, what one case scored, and a failure that is counted like any other row.

Decides what a row *is*. It does not decide what a metric means (`metrics/`), which rows exist (`dataset.py`), or how
they are shown (`report.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool."""

    name: str
    args: Mapping[str, Any] | None = None
    """None, of an expected call: any arguments are right."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what is known about it."""

    id: str
    """Unique in the data set: "set/id"."""
    set: str
    """The question set it belongs to: its folder's name."""
    question: str
    gold: tuple[str, ...] = ()
    """Ids of the documents an answer needs, "set/id"; empty when nobody said."""
    answers: tuple[str, ...] = ()
    """Right answers, any of them; empty when nobody said."""
    answerable: bool = True
    """False: the corpus does not hold the answer, and abstaining is right."""
    kind: str = ""
    """What sort of question it is, where somebody said."""
    tools: tuple[ToolCall, ...] | None = None
    """The tool calls that are right; empty: none is; None when nobody said."""
    steps: tuple[str, ...] | None = None
    """The steps that are right, in order; None when nobody said."""


@dataclass(frozen=True, slots=True)
class Score:
    """What one case got in one metric, with the reason where the number alone says too little."""

    metric: str
    value: float
    """In [0, 1]."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a case has no result of its own. Such a row is counted, shown, and scores 0 wherever a score was due."""

    stage: str
    """What was being done: "recall", "run", "timeout"."""
    error: str
    """The error's class name."""
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """One case under one configuration: its scores, or the failure that took their place."""

    case: Case
    variant: str
    """The recipe or graph that was asked."""
    scores: tuple[Score, ...]
    ranked: tuple[str, ...] = ()
    """Document ids in the order they were recalled, one for each hit (a document may repeat)."""
    failure: Failure | None = None
    run_id: str = ""
    thread_id: str = ""
    milliseconds: float | None = None
    """Wall time of the first time it was asked; None for a failure."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What else a reader wants to see (answer, citations, …), as JSON values."""
    failed_metrics: Mapping[str, Failure] = field(default_factory=dict)
    """Metrics that could not be worked out for a case that was answered; each counts as 0, and the row as failed."""

    @property
    def failing(self) -> bool:
        """The case has no result, or lacks one in a metric."""
        return self.failure is not None or bool(self.failed_metrics)


def failed(case: Case, variant: str, due: tuple[str, ...], failure: Failure, **ids: str) -> Row:
    """A failure row: 0 in every metric that was due, so that no mean is taken over the rows that happened to work."""
    zeros = tuple(Score(metric, 0.0, f"{failure.error}: {failure.message}") for metric in due)
    return Row(case, variant, zeros, failure=failure, run_id=ids.get("run_id", ""), thread_id=ids.get("thread_id", ""))
