"""Means with an interval that says how much they would move with other questions of the same kind.

Percentile bootstrap over cases (Efron, Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3), seeded: the
same scores and seed give the same interval, in any order of the metrics. Failure rows arrive here as zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


def clustered(statistic: Callable[[NDArray[np.intp]], float], clusters: Sequence[str], sampling: Sampling) -> Estimate:
    """A statistic of rows with an interval that resamples whole clusters (Field and Welsh, "Bootstrapping clustered
    data", J. R. Statist. Soc. B 69, 2007): rows of one source are no independent evidence.

    `statistic` takes the numbers of the chosen rows, with repetitions, and raises ValueError where it is not defined;
    such a resample is drawn again, at most as often as there are resamples. `n` counts the rows.
    """
    names = np.unique(np.asarray(clusters), return_inverse=True)[1]
    members = [np.flatnonzero(names == number) for number in range(int(names.max()) + 1)]
    generator = np.random.default_rng(sampling.seed)
    values: list[float] = []
    for _ in range(2 * sampling.resamples):
        if len(values) == sampling.resamples:
            break
        chosen = np.concatenate([members[number] for number in generator.integers(0, len(members), len(members))])
        try:
            values.append(statistic(chosen))
        except ValueError:
            continue
    mean = statistic(np.arange(len(clusters)))
    tail = (1 - sampling.level) / 2
    low, high = np.quantile(values, [tail, 1 - tail]) if values else (mean, mean)
    return Estimate(mean, float(low), float(high), len(clusters))


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
