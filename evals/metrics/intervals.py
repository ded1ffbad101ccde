"""Means with an interval that says how much they would move with other questions of the same kind.

Percentile bootstrap over cases (Efron, Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3), seeded: the
same scores and seed give the same interval, in any order of the metrics. Failure rows arrive here as zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_BLOCK = 2_000_000
"""Indices drawn at once: bounds the memory a large question set takes."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How intervals are drawn."""

    seed: int
    resamples: int = 2000
    level: float = 0.95

    def as_json(self) -> dict[str, float | int | str]:
        """What a summary says about its intervals."""
        return {"method": "percentile bootstrap", "level": self.level, "resamples": self.resamples}


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean of `n` scores, and the interval [low, high] around it."""

    mean: float
    low: float
    high: float
    n: int

    def as_json(self) -> dict[str, float | int]:
        return {"mean": self.mean, "low": self.low, "high": self.high, "n": self.n}


def estimate(scores: Sequence[float], sampling: Sampling) -> Estimate:
    """Mean and percentile bootstrap interval. Raises ValueError for no scores: a mean of nothing is not 0."""
    values = np.asarray(scores, dtype=float)
    if values.size == 0:
        raise ValueError("there is no mean of no scores")
    means = _resampled_means(values, sampling)
    tail = (1 - sampling.level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Estimate(float(values.mean()), float(low), float(high), int(values.size))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies (linear interpolation). Raises ValueError for none."""
    if not values:
        raise ValueError("there is no percentile of no values")
    return float(np.quantile(np.asarray(values, dtype=float), share))


def _resampled_means(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], sampling: Sampling) -> list[float]:
    generator = np.random.default_rng(sampling.seed)
    means: list[float] = []
    rows = max(1, _BLOCK // values.size)
    while len(means) < sampling.resamples:
        count = min(rows, sampling.resamples - len(means))
        picks = generator.integers(0, values.size, size=(count, values.size))
        means.extend(values[picks].mean(axis=1).tolist())
    return means
