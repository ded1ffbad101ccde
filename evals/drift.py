"""Have the runs of late changed: what is asked, which steps and tools answer it, how well it goes? Pure.

Decides by exact tests with a stated false-alarm rate. What is known of a run is cut into yes-or-no features
(`drift_features.py`); the cuts depend only on both windows pooled, so that, while the runs of the windows could as well
have come in any other order, the count of each feature in the recent window is hypergeometric. Each is tested by
Fisher's exact test (Fisher 1922, "On the interpretation of chi-squared from contingency tables", J. R. Statist. Soc.
85), both tails doubled. A family of features has a share of `alpha`, and its features share it evenly (Bonferroni), so
that one look raises a false alarm with a chance of at most `alpha`, however the features depend on each other and
however often one looks: 0.0001 is at most one look in 10,000.

It refuses to say that runs got worse: a change has a direction, and whether it is good is for a person. It assumes that
runs come one by one; a burst of one user's many alike runs is a change in its sense.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from math import lgamma, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.evals.drift_features import SHARES, Observation, features
from stemma.evals.exits import ExitCode


class Drifting(StrEnum):
    """What can be said of the runs of late."""

    STEADY = "steady"
    DRIFTED = "drifted"
    TOO_FEW = "too few runs"

    @property
    def exit_code(self) -> ExitCode:
        return {
            Drifting.STEADY: ExitCode.PASS,
            Drifting.DRIFTED: ExitCode.REGRESSION,
            Drifting.TOO_FEW: ExitCode.INCONCLUSIVE,
        }[self]


@dataclass(frozen=True, slots=True)
class DriftPolicy:
    """How much is looked at, and how rarely it may cry wolf."""

    alpha: float = 1e-4
    """The chance of any alarm in one look while nothing changed."""
    recent: int = 200
    reference: int = 1_000
    """Runs of the recent window, and of the one before it, at most."""
    least: int = 50
    """Runs that each window must have."""


@dataclass(frozen=True, slots=True)
class Change:
    """One feature that is not what it was."""

    family: str
    """"inputs", "mix" or "scores"."""
    name: str
    before: float
    """Share of the runs of the reference window that have it, in [0, 1]."""
    now: float
    p_value: float
    alarm: bool
    """The p-value is below the feature's part of alpha."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One look."""

    outcome: Drifting
    recent: int
    reference: int
    alpha: float
    features: int
    """How many features were tested."""
    detectable: float
    """A shift of a feature by so much, from any share, is found in four looks of five; 1 where nothing could be."""
    changes: tuple[Change, ...]
    """The alarms, then the nearest to one; the smallest p-value of a feature's part of alpha first."""

    def as_json(self) -> dict[str, Any]:
        """As --json prints it and night.json keeps it."""
        found = asdict(self)
        found["changes"] = [asdict(change) for change in self.changes]
        return {**found, "outcome": self.outcome.value, "exit_code": int(self.outcome.exit_code)}


DEFAULT = DriftPolicy()


def drift(runs: Sequence[Observation], policy: DriftPolicy = DEFAULT, shown: int = 5) -> Drift:
    """Compare the newest runs with those before them.

    `runs` stand oldest first; what is older than both windows plays no part. `shown` features that raise no alarm are
    told beside those that do.
    """
    cut = max(0, len(runs) - policy.recent)
    return compare(runs[max(0, cut - policy.reference) : cut], runs[cut:], policy, shown)


def compare(
    reference: Sequence[Observation], recent: Sequence[Observation], policy: DriftPolicy = DEFAULT, shown: int = 5
) -> Drift:
    """Compare two windows of runs, whatever their sizes; the policy's `recent` and `reference` play no part."""
    if min(len(reference), len(recent)) < max(1, policy.least):
        return Drift(Drifting.TOO_FEW, len(recent), len(reference), policy.alpha, 0, 1.0, ())
    found = features(reference, recent)
    parts = {
        family: policy.alpha * share / max(1, sum(feature.family == family for feature in found))
        for family, share in SHARES.items()
    }
    changes = []
    for feature in found:
        late = int(feature.column[-feature.recent :].sum())
        size, total = len(feature.column), int(feature.column.sum())
        p_value = float(p_values(total, feature.recent, size)[late])
        before, now = (total - late) / (size - feature.recent), late / feature.recent
        alarm = p_value <= parts[feature.family]
        changes.append(Change(feature.family, feature.name, before, now, p_value, alarm))
    changes.sort(key=lambda change: (not change.alarm, change.p_value / parts[change.family], change.name))
    alarms = sum(change.alarm for change in changes)
    return Drift(
        Drifting.DRIFTED if alarms else Drifting.STEADY,
        len(recent),
        len(reference),
        policy.alpha,
        len(found),
        _detectable(len(recent), len(reference), parts["mix"]),
        tuple(changes[: alarms + shown]),
    )


def p_values(total: int, drawn: int, size: int) -> NDArray[np.float64]:
    """Fisher's exact test: for each count 0..`drawn` the two-sided p-value (twice the smaller tail, at most 1) of so
    many of the `total` marked ones among `drawn` of `size`; 0 where the count cannot be."""
    logs = np.array([lgamma(n + 1) for n in range(size + 1)])
    count = np.arange(max(0, drawn + total - size), min(drawn, total) + 1)
    ways = _log_choose(logs, total, count) + _log_choose(logs, size - total, drawn - count)
    chance = np.exp(ways - _log_choose(logs, size, np.array(drawn)))
    low, high = np.cumsum(chance), np.cumsum(chance[::-1])[::-1]
    values = np.zeros(drawn + 1)
    values[count] = np.minimum(1.0, 2 * np.minimum(low, high))
    return values


def _log_choose(logs: NDArray[np.float64], n: int, k: NDArray[np.intp]) -> NDArray[np.float64]:
    chosen: NDArray[np.float64] = logs[n] - logs[k] - logs[n - k]
    return chosen


def _detectable(recent: int, reference: int, part: float) -> float:
    """The shift around one half that is found with power .8 (normal approximation of two shares)."""
    normal = NormalDist()
    needed = (normal.inv_cdf(1 - part / 2) + normal.inv_cdf(0.8)) * sqrt(0.25 * (1 / recent + 1 / reference))
    return min(1.0, needed)
