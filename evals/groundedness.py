"""Scores the groundedness check itself against answers that people have marked. No model, no memory.

Decides what is reported beside F1 and AUROC, so that nobody takes a confound for skill: the answer's length alone, and
which model wrote it. With `fit` a calibration is fitted anew and judged out of fold, folds cut by source; without, what
ships is judged. Intervals resample sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from time import process_time

import numpy as np
from numpy.typing import NDArray

from stemma.evals.calibration import fit, out_of_fold, probabilities
from stemma.evals.case import Case, Row, Score
from stemma.evals.errors import NothingToScore
from stemma.evals.groundedness_parts import area, by_error, by_model, confounds, f1_of, within_model
from stemma.evals.labelled import LabelledAnswer, LabelledAnswers
from stemma.evals.metrics.classification import Numbers, curve
from stemma.evals.metrics.intervals import Sampling, clustered
from stemma.evals.results import Evaluation, run_record
from stemma.evals.summary import Json
from stemma.memory.grounding.doubt import Calibration, Doubt, judge
from stemma.memory.settings import MemorySettings
from stemma.memory.tuned import calibrations_of, read_tuned

FOLDS = 10
_CURVE_POINTS = 20


@dataclass(frozen=True, slots=True)
class _Judged:
    """Rows of one level, answers or sentences, with what was said of them."""

    chances: Numbers
    called: NDArray[np.bool_]
    labels: Numbers
    sources: Sequence[str]
    calibration: Calibration

    def metrics(self, sampling: Sampling, prefix: str = "") -> Json:
        f1, areas = f1_of(self.called, self.labels), partial(area, self.chances, self.labels)
        return {
            f"{prefix}f1": clustered(f1, self.sources, sampling).as_json(),
            f"{prefix}auroc": clustered(areas, self.sources, sampling).as_json(),
        }


def evaluate_groundedness(data: LabelledAnswers, sampling: Sampling, *, refit: bool) -> Evaluation:
    """Judge every answer. Raises `NothingToScore` when all answers are of one kind."""
    labels = _labels(data.answers)
    if not 0 < labels.sum() < len(labels):
        raise NothingToScore("all answers are of one kind", hint="groundedness is judged on both kinds of answers")
    started = process_time()
    doubts = [judge(answer.response, [answer.context], question=answer.question) for answer in data.answers]
    seconds = process_time() - started
    sources = [answer.source_id for answer in data.answers]
    answer, sentence = calibrations_of(read_tuned(MemorySettings().numbers))
    level = _judged(np.array([doubt.doubt for doubt in doubts]), labels, sources, answer, refit=refit)
    sentences = _sentences(data.answers, doubts, sentence, refit=refit)
    rows = [_row(data.name, *each, level, n) for n, each in enumerate(zip(data.answers, doubts, strict=True))]
    figures: Json = {
        "metrics": {
            **level.metrics(sampling),
            **sentences.metrics(sampling, "sentence_"),
            **within_model(data.answers, level.chances, labels, sampling),
        },
        "failures": 0,
        "cases": len(rows),
        "latency_ms": {},
        "answers_per_cpu_second": round(len(rows) / seconds, 1),
        "confounds": confounds(data.answers, labels, sampling),
        "by_model": by_model(data.answers, level.chances, level.called, labels, sampling),
        "by_error": by_error(data.answers, level.called, sampling),
        "calibration": {"answer": _as_json(level.calibration), "sentence": _as_json(sentences.calibration)},
        "curve": _curve(level),
    }
    return Evaluation(_record(data, sampling, refit=refit), rows, figures)


def _record(data: LabelledAnswers, sampling: Sampling, *, refit: bool) -> Json:
    how = f"fitted anew; figures out of fold ({FOLDS} folds by source)" if refit else "what ships, nothing fitted here"
    notes = {
        "calibration": how,
        "what it is": "counts of words, numbers and names without a model: see the confounds",
    }
    return run_record(
        "groundedness",
        data=data.as_json(),
        model=None,
        embedder=None,
        store=None,
        ingest=None,
        seed=sampling.seed,
        interval={**sampling.as_json(), "method": "percentile bootstrap over sources"},
        primary="correct",
        refit=refit,
        notes=notes,
    )


def _labels(answers: Sequence[LabelledAnswer]) -> Numbers:
    return np.array([float(bool(answer.spans)) for answer in answers])


def _judged(doubts: Numbers, labels: Numbers, sources: Sequence[str], ships: Calibration, *, refit: bool) -> _Judged:
    if not refit:
        chances = probabilities(ships, doubts)
        return _Judged(chances, chances >= ships.threshold, labels, sources, ships)
    try:
        found = out_of_fold(doubts, labels, sources, FOLDS)
    except ValueError as problem:
        raise NothingToScore(f"too few sources to fit on: {problem}", hint="judge with what ships: --data") from problem
    return _Judged(found.probabilities, found.called, labels, sources, fit(doubts, labels))


def _sentences(
    answers: Sequence[LabelledAnswer], doubts: Sequence[Doubt], ships: Calibration, *, refit: bool
) -> _Judged:
    rows = [
        (sentence.doubt, any(s.start < sentence.end and s.end > sentence.start for s in answer.spans), answer.source_id)
        for answer, doubt in zip(answers, doubts, strict=True)
        for sentence in doubt.sentences
    ]
    weights, marked, sources = zip(*rows, strict=True)
    return _judged(np.array(weights), np.array(marked, dtype=float), sources, ships, refit=refit)


def _curve(level: _Judged) -> list[Json]:
    """The operating curve, thinned: what each threshold would give."""
    points = curve(level.chances, level.labels)
    chosen = points[:: max(1, len(points) // _CURVE_POINTS)]
    return [{"threshold": p.threshold, "precision": p.precision, "recall": p.recall, "f1": p.f1} for p in chosen]


def _as_json(calibration: Calibration) -> Json:
    return {
        "slope": calibration.slope,
        "intercept": calibration.intercept,
        "threshold": calibration.threshold,
    }


def _row(name: str, answer: LabelledAnswer, doubt: Doubt, level: _Judged, n: int) -> Row:
    correct = bool(level.called[n]) == bool(answer.spans)
    worst = sorted(doubt.sentences, key=lambda sentence: -sentence.doubt)[:2]
    said = "ungrounded" if level.called[n] else "grounded"
    detail = {
        "answer": answer.response,
        "probability": float(level.chances[n]),
        "doubt": doubt.doubt,
        "called": said,
        "marked": [answer.response[span.start : span.end] for span in answer.spans],
        "doubtful": [answer.response[s.start : s.end] for s in worst if s.doubt],
    }
    score = Score("correct", float(correct), f"called {said} at {level.chances[n]:.2f}")
    return Row(Case(f"{name}/{answer.id}", name, answer.question), "groundedness", (score,), detail=detail)
