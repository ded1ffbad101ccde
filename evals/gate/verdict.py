"""Is the candidate good enough? One verdict a metric, and one for all. Pure.

Decides by non-inferiority on paired differences (candidate minus baseline), resampled by cluster:

- *regression*: the upper bound lies below -margin. Over all metrics together, Holm's step-down (Holm 1979, "A simple
  sequentially rejective multiple test procedure", Scand. J. Statist. 6) keeps the chance of any false alarm, when every
  true difference is -margin or better, at most `alpha`;
- *pass*: the lower bound lies above -margin. All metrics have to, so no correction is due (Berger 1982, "Multiparameter
  hypothesis testing and acceptance sampling", Technometrics 24: an intersection-union test);
- otherwise, or with too few pairs or too little coverage, *inconclusive*: what could not be told is never a pass.

A flaky case's loss (`pairing.py`) counts against a pass and not for a regression: a regression has to stand on cases
that lost in every repeat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from stemma.evals.exits import ExitCode
from stemma.evals.gate.pairing import ROUNDING, Pairs

POWER = 0.8
"""The chance meant by "would be caught" and by "it takes so many cases"."""


class Outcome(StrEnum):
    """What can be said of a metric, or of all together."""

    OK = "pass"
    REGRESSION = "regression"
    INCONCLUSIVE = "inconclusive"

    @property
    def exit_code(self) -> ExitCode:
        return {
            Outcome.OK: ExitCode.PASS,
            Outcome.REGRESSION: ExitCode.REGRESSION,
            Outcome.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
        }[self]


@dataclass(frozen=True, slots=True)
class Policy:
    """What the gate asks for."""

    margins: Mapping[str, float]
    """Metric -> the loss that does not matter, in points of the metric (0.02 is two points of recall)."""
    alpha: float = 0.05
    """One-sided: the chance of a false alarm over all metrics, and of a false pass in any one of them."""
    least_pairs: int = 30
    coverage: float = 0.95
    """The share of the baseline's cases that must have a score."""
    resamples: int = 4_000
    seed: int = 20260801


@dataclass(frozen=True, slots=True)
class MetricVerdict:
    """One metric's verdict with what it rests on."""

    metric: str
    outcome: Outcome
    reason: str
    pairs: int
    clusters: int
    coverage: float
    margin: float
    difference: float
    """Mean of candidate minus baseline; 0 without pairs."""
    low: float
    """One-sided bounds of the difference, each at 1 - alpha."""
    high: float
    p_regression: float
    """How likely such differences are when the true one is -margin or better."""
    detectable: float = 1.0
    """A true loss of so much beside what is seen here would be called a regression with power .8: normal approximation,
    losses that are whole cases, the strictest of Holm's levels. 1 where none would be."""
    flaky: tuple[str, ...] = ()
    """Cases that are below the baseline in one repeat and not in another."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's word."""

    outcome: Outcome
    metrics: tuple[MetricVerdict, ...]
    broken: tuple[str, ...] = ()
    """Promises that the evaluation itself found broken: a regression, whatever the metrics say."""

    def with_broken(self, promises: Sequence[str]) -> Verdict:
        """The verdict, a regression where there is any such promise."""
        return Verdict(Outcome.REGRESSION if promises else self.outcome, self.metrics, tuple(promises))

    @property
    def flaky(self) -> list[str]:
        """The flaky cases of all metrics."""
        return sorted({case for each in self.metrics for case in each.flaky})


@dataclass(frozen=True, slots=True)
class _Bounds:
    difference: float
    low: float
    high: float
    p_regression: float
    error: float = 0.0
    """Standard error of the mean difference."""


def judge(pairs: Sequence[Pairs], policy: Policy) -> Verdict:
    """The verdict over the metrics that the policy has a margin for. Without any metric it is inconclusive."""
    bounds = {each.metric: _bounds(each, policy) for each in pairs if each.cases}
    measured = [each.metric for each in pairs if each.metric in bounds and not _short(each, policy)]
    regressed = _holm({metric: bounds[metric].p_regression for metric in measured}, policy.alpha)
    verdicts = tuple(_verdict(each, bounds.get(each.metric), policy, regressed, len(measured)) for each in pairs)
    outcomes = {verdict.outcome for verdict in verdicts}
    for outcome in (Outcome.REGRESSION, Outcome.INCONCLUSIVE):
        if outcome in outcomes or not outcomes:
            return Verdict(outcome if outcomes else Outcome.INCONCLUSIVE, verdicts)
    return Verdict(Outcome.OK, verdicts)


def _verdict(pairs: Pairs, bounds: _Bounds | None, policy: Policy, regressed: Set[str], metrics: int) -> MetricVerdict:
    margin = policy.margins[pairs.metric]
    found = bounds or _Bounds(0.0, 0.0, 0.0, 1.0)
    if short := _short(pairs, policy):
        outcome, reason = Outcome.INCONCLUSIVE, short
    elif pairs.metric in regressed:
        outcome, reason = Outcome.REGRESSION, f"it fell by more than {margin:g}: at best {found.high:+.4f}"
    elif found.low > -margin + ROUNDING:
        outcome, reason = Outcome.OK, f"it fell by less than {margin:g}: at worst {found.low:+.4f}"
    else:
        outcome = Outcome.INCONCLUSIVE
        reason = _unclear(found, margin, len(pairs.flaky), len(set(pairs.clusters)), policy.alpha)
    return MetricVerdict(
        metric=pairs.metric,
        outcome=outcome,
        reason=reason,
        pairs=len(pairs.cases),
        clusters=len(set(pairs.clusters)),
        coverage=pairs.coverage,
        margin=margin,
        difference=found.difference,
        low=found.low,
        high=found.high,
        p_regression=found.p_regression,
        detectable=_detectable(margin, found.error, len(set(pairs.clusters)), policy.alpha / max(1, metrics)),
        flaky=pairs.flaky,
    )


def _unclear(found: _Bounds, margin: float, flaky: int, pairs: int, alpha: float) -> str:
    """Why neither can be said of a metric that was measured."""
    if flaky and found.high < -margin - ROUNDING:
        return f"between {found.low:+.4f} and {found.high:+.4f}, but the loss rests on {flaky} flaky cases"
    reason = f"between {found.low:+.4f} and {found.high:+.4f}: more cases are needed to tell"
    if not found.error or not margin:
        return reason
    needed = ceil(pairs * (_quantiles(alpha) * found.error / margin) ** 2)
    return f"{reason}, about {needed} were there no change" if needed > pairs else reason


def _detectable(margin: float, error: float, pairs: int, level: float) -> float:
    """The least loss L with L >= margin + quantiles * its standard error, in which L cases of all have lost 1 each."""
    loss, before = margin, -1.0
    while pairs and loss < 1 and loss - before > ROUNDING:
        before, loss = loss, margin + _quantiles(level) * sqrt(error**2 + loss * (1 - loss) / pairs)
    return min(1.0, loss) if pairs else 1.0


def _quantiles(level: float) -> float:
    """How many standard errors a true difference has to lie from the margin, for a one-sided test with power .8."""
    normal = NormalDist()
    return normal.inv_cdf(1 - level) + normal.inv_cdf(POWER)


def _short(pairs: Pairs, policy: Policy) -> str:
    """Why nothing can be said, or nothing."""
    if pairs.coverage < policy.coverage:
        return f"only {pairs.coverage:.1%} of {pairs.due} due cases have a score, and {policy.coverage:.1%} must"
    if len(set(pairs.clusters)) < policy.least_pairs:
        return f"{len(set(pairs.clusters))} independent pairs, and it takes {policy.least_pairs}"
    return ""


def _bounds(pairs: Pairs, policy: Policy) -> _Bounds:
    """Cluster bootstrap of the mean difference. A p-value of 0 cannot come out of a finite number of resamples."""
    margin = policy.margins[pairs.metric]
    differences = np.asarray(pairs.differences)
    means = _resampled(differences, pairs.clusters, policy)
    low, high = np.quantile(means, [policy.alpha, 1 - policy.alpha])
    steady = means
    if pairs.flaky:
        forgiven = np.isin(pairs.cases, pairs.flaky) & (differences < 0)
        steady = _resampled(np.where(forgiven, 0.0, differences), pairs.clusters, policy)
    p_value = (1 + int((steady >= -margin - ROUNDING).sum())) / (1 + len(steady))
    return _Bounds(float(differences.mean()), float(low), float(high), p_value, float(means.std()))


def _resampled(differences: NDArray[np.float64], clusters: Sequence[str], policy: Policy) -> NDArray[np.float64]:
    """Means of resamples of whole clusters. Clusters of equal sum and size are drawn as one lot, how often each lot is
    being multinomial: the same distribution, and much less to draw where most differences are equal."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    place = np.array([numbers[name] for name in clusters])
    whole = np.bincount(place, differences) + 1j * np.bincount(place)  # one number of both, as numpy sorts those fast
    lots, sizes = np.unique(whole, return_counts=True)
    drawn = np.random.default_rng(policy.seed).multinomial(len(whole), sizes / len(whole), size=policy.resamples)
    means: NDArray[np.float64] = (drawn @ lots.real) / (drawn @ lots.imag)
    return means


def _holm(p_values: Mapping[str, float], alpha: float) -> set[str]:
    """The metrics whose hypothesis "no worse than -margin" is rejected."""
    rejected: set[str] = set()
    for place, (metric, p_value) in enumerate(sorted(p_values.items(), key=lambda pair: pair[1])):
        if p_value > alpha / (len(p_values) - place):
            break
        rejected.add(metric)
    return rejected
