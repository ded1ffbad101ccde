"""How well a score tells two kinds of cases apart: AUROC, and precision, recall and F1 at a threshold. Pure.

Decides the exact definitions, ties included. Scores are higher for the positive kind; labels are 1 (positive) or 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decision:
    """What calling every score of at least `threshold` positive would get right, each in [0, 1]."""

    threshold: float
    precision: float
    recall: float
    f1: float


def auroc(scores: Numbers, labels: Numbers) -> float:
    """The chance that a positive case has the higher score of the two, ties counting half (Mann-Whitney U).

    Raises ValueError when one kind is missing.
    """
    positive, negative = int(labels.sum()), int((1 - labels).sum())
    if not positive or not negative:
        raise ValueError("AUROC needs cases of both kinds")
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    return float((ranks[labels == 1].sum() - positive * (positive + 1) / 2) / (positive * negative))


def decision(scores: Numbers, labels: Numbers, threshold: float) -> Decision:
    """Precision, recall and F1 of `scores >= threshold`; each is 0 where its denominator is."""
    return _decision(scores >= threshold, labels, threshold)


def decision_of(called: NDArray[np.bool_], labels: Numbers) -> Decision:
    """The same for decisions that were made already, by thresholds of their own."""
    return _decision(called, labels, float("nan"))


def curve(scores: Numbers, labels: Numbers) -> list[Decision]:
    """The decision at every score that occurs, lowest threshold first."""
    return [decision(scores, labels, float(threshold)) for threshold in np.unique(scores)]


def best_threshold(scores: Numbers, labels: Numbers) -> float:
    """The threshold with the highest F1, half-way to the next lower score, so that rounding does not decide."""
    points = curve(scores, labels)
    best = max(range(len(points)), key=lambda n: points[n].f1)
    return (points[best].threshold + points[best - 1].threshold) / 2 if best else points[0].threshold


def _decision(called: NDArray[np.bool_], labels: Numbers, threshold: float) -> Decision:
    hits = float((called & (labels == 1)).sum())
    precision = hits / called.sum() if called.any() else 0.0
    recall = hits / labels.sum() if labels.any() else 0.0
    f1 = 2 * hits / (called.sum() + labels.sum()) if hits else 0.0
    return Decision(threshold, float(precision), float(recall), float(f1))
