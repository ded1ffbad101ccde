"""A new calibration of groundedness from answers that people marked, beside the one in use. No model.

Decides what is compared: for each answer and each sentence whether it was called right, by the numbers in use and by
numbers that were fitted without its source. What is proposed is fitted on all rows; its figures never are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from stemma.evals.calibration import fit, out_of_fold, probabilities
from stemma.evals.errors import NothingToScore
from stemma.evals.gate.pairing import Pairs
from stemma.evals.gate.reports import as_json
from stemma.evals.gate.verdict import Policy, judge
from stemma.evals.groundedness import FOLDS
from stemma.evals.labelled import LabelledAnswers
from stemma.evals.metrics.classification import Numbers, decision_of
from stemma.evals.tuning.proposal import Entry
from stemma.memory.grounding import doubt
from stemma.memory.grounding.doubt import Calibration
from stemma.memory.tuned import TunedNumbers, calibrations_of

METRIC = "correct"


@dataclass(frozen=True, slots=True)
class _Rows:
    """Answers or sentences, with the source that each belongs to."""

    doubts: Numbers
    labels: Numbers
    sources: Sequence[str]


def tune_calibration(data: LabelledAnswers, in_use: TunedNumbers, policy: Policy) -> list[Entry]:
    """One entry for answers and one for sentences. Raises `NothingToScore` when there are too few of either kind."""
    answers, sentences = _rows(data)
    old = calibrations_of(in_use)
    about = {"name": data.name, "hash": data.hash}
    return [
        _entry("answer", answers, old[0], policy, about),
        _entry("sentence", sentences, old[1], policy, about),
    ]


def _rows(data: LabelledAnswers) -> tuple[_Rows, _Rows]:
    judged = [doubt.judge(each.response, [each.context], question=each.question) for each in data.answers]
    sentences = [
        (part.doubt, any(s.start < part.end and s.end > part.start for s in answer.spans), answer.source_id)
        for answer, found in zip(data.answers, judged, strict=True)
        for part in found.sentences
    ]
    return (
        _Rows(
            np.array([found.doubt for found in judged]),
            np.array([float(bool(answer.spans)) for answer in data.answers]),
            [answer.source_id for answer in data.answers],
        ),
        _Rows(
            np.array([row[0] for row in sentences]),
            np.array([float(row[1]) for row in sentences]),
            [row[2] for row in sentences],
        ),
    )


def _entry(name: str, rows: _Rows, old: Calibration, policy: Policy, about: dict[str, str]) -> Entry:
    try:
        held_out = out_of_fold(rows.doubts, rows.labels, rows.sources, FOLDS)
        new = fit(rows.doubts, rows.labels)
    except ValueError as problem:
        raise NothingToScore(f"too few {name}s of one kind to fit on: {problem}") from problem
    before = probabilities(old, rows.doubts) >= old.threshold
    marked = rows.labels.astype(bool)
    differences = (held_out.called == marked).astype(float) - (before == marked).astype(float)
    pairs = Pairs(
        METRIC,
        cases=tuple(f"{name} {n}" for n in range(len(marked))),
        differences=tuple(float(each) for each in differences),
        clusters=tuple(rows.sources),
        due=len(marked),
        failed=0,
    )
    return Entry(
        name,
        old=asdict(old),
        new=asdict(new),
        verdict=as_json(judge([pairs], policy)),
        figures={"old": _figures(before, rows.labels), "new, out of fold": _figures(held_out.called, rows.labels)},
        data=about | {"rows": len(marked), "marked": int(marked.sum())},
    )


def _figures(called: NDArray[np.bool_], labels: Numbers) -> dict[str, float]:
    """Share that was called right, and F1 of finding what people marked."""
    right = float(np.mean(called == labels.astype(bool)))
    return {METRIC: right, "f1": decision_of(called, labels).f1}
