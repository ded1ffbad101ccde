"""From a doubt to a probability: a logistic curve fitted to labelled rows, and figures from rows it has not seen. Pure.

Decides how the two numbers and the threshold that ship with groundedness are found, and how they are judged: folds are
cut by source, so that no source is on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from stemma.evals.metrics.classification import Numbers, best_threshold
from stemma.memory.grounding.doubt import Calibration

_RIDGE = 1e-3
"""Keeps the slope finite where a threshold tells the two kinds apart without a fault."""
_STEPS = 50


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """For each row what a calibration said that was fitted without its source."""

    probabilities: Numbers
    called: NDArray[np.bool_]
    """Whether the probability reaches the threshold that was chosen without it."""


def fit(doubts: Numbers, labels: Numbers) -> Calibration:
    """Logistic regression of the label on ln(1 + doubt), by Newton's method; the threshold has the best F1 there.

    Raises ValueError when one kind is missing.
    """
    if not 0 < labels.sum() < len(labels):
        raise ValueError("a calibration needs cases of both kinds")
    inputs = np.stack([np.log1p(doubts), np.ones(len(doubts))], axis=1)
    weights = np.zeros(2)
    for _ in range(_STEPS):
        chances = 1 / (1 + np.exp(-inputs @ weights))
        curvature = inputs.T @ (inputs * (chances * (1 - chances))[:, None]) + _RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, inputs.T @ (chances - labels) + _RIDGE * weights)
        weights -= step
        if np.abs(step).max() < 1e-10:
            break
    chances = 1 / (1 + np.exp(-inputs @ weights))
    return Calibration(float(weights[0]), float(weights[1]), best_threshold(chances, labels))


def probabilities(calibration: Calibration, doubts: Numbers) -> Numbers:
    """The calibrated probability of each doubt."""
    return np.array([calibration.probability(float(doubt)) for doubt in doubts])


def out_of_fold(doubts: Numbers, labels: Numbers, sources: Sequence[str], folds: int) -> OutOfFold:
    """Fit once for each fold on all others. A source's fold follows from its name: no order or seed matters.

    Raises ValueError for a fold whose complement has only one kind.
    """
    fold = np.array([fold_of(source, folds) for source in sources])
    chances, called = np.zeros(len(doubts)), np.zeros(len(doubts), dtype=bool)
    for number in range(folds):
        held = fold == number
        calibration = fit(doubts[~held], labels[~held])
        chances[held] = probabilities(calibration, doubts[held])
        called[held] = chances[held] >= calibration.threshold
    return OutOfFold(chances, called)


def fold_of(source: str, folds: int) -> int:
    """In [0, folds): from the first four bytes of the name's SHA-256."""
    return int.from_bytes(sha256(source.encode()).digest()[:4]) % folds
