"""Is the candidate good enough? One verdict a metric, and one for all. Pure.

Decides by non-inferiority on paired differences (candidate minus baseline), resampled by cluster:

- *regression*: the upper bound lies below -margin. Over all metrics together, Holm's step-down (Holm 1979, "A simple
  sequentially rejective multiple test procedure", Scand. J. Statist. 6) keeps the chance of any false alarm, when every
  true difference is -margin or better, at most `alpha`;
- *pass*: the lower bound lies above -margin. All metrics have to, so no correction is due (Berger 1982, "Multiparameter
  hypothesis testing and acceptance sampling", Technometrics 24: an intersection-union test);
- otherwise, or with too few pairs or too little coverage, *inconclusive*: what could not be told is never a pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from stemma.evals.exits import ExitCode
from stemma.evals.gate.pairing import Pairs

_ROUNDING = 1e-9
"""A difference this close to the margin is at the margin."""


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


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's word."""

    outcome: Outcome
    metrics: tuple[MetricVerdict, ...]


@dataclass(frozen=True, slots=True)
class _Bounds:
    difference: float
    low: float
    high: float
    p_regression: float


def judge(pairs: Sequence[Pairs], policy: Policy) -> Verdict:
    """The verdict over the metrics that the policy has a margin for. Without any metric it is inconclusive."""
    bounds = {each.metric: _bounds(each, policy) for each in pairs if each.cases}
    measured = [each.metric for each in pairs if each.metric in bounds and not _short(each, policy)]
    regressed = _holm({metric: bounds[metric].p_regression for metric in measured}, policy.alpha)
    verdicts = tuple(_verdict(each, bounds.get(each.metric), policy, each.metric in regressed) for each in pairs)
    outcomes = {verdict.outcome for verdict in verdicts}
    for outcome in (Outcome.REGRESSION, Outcome.INCONCLUSIVE):
        if outcome in outcomes or not outcomes:
            return Verdict(outcome if outcomes else Outcome.INCONCLUSIVE, verdicts)
    return Verdict(Outcome.OK, verdicts)


def _verdict(pairs: Pairs, bounds: _Bounds | None, policy: Policy, regressed: bool) -> MetricVerdict:
    margin = policy.margins[pairs.metric]
    found = bounds or _Bounds(0.0, 0.0, 0.0, 1.0)
    if short := _short(pairs, policy):
        outcome, reason = Outcome.INCONCLUSIVE, short
    elif regressed:
        outcome, reason = Outcome.REGRESSION, f"it fell by more than {margin:g}: at best {found.high:+.4f}"
    elif found.low > -margin + _ROUNDING:
        outcome, reason = Outcome.OK, f"it fell by less than {margin:g}: at worst {found.low:+.4f}"
    else:
        outcome = Outcome.INCONCLUSIVE
        reason = f"between {found.low:+.4f} and {found.high:+.4f}: more cases are needed to tell"
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
    )


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
    means = _resampled(np.asarray(pairs.differences), pairs.clusters, policy)
    low, high = np.quantile(means, [policy.alpha, 1 - policy.alpha])
    p_value = (1 + int((means >= -margin - _ROUNDING).sum())) / (1 + len(means))
    return _Bounds(float(np.mean(pairs.differences)), float(low), float(high), p_value)


def _resampled(differences: NDArray[np.float64], clusters: Sequence[str], policy: Policy) -> NDArray[np.float64]:
    """Means of resamples of whole clusters."""
    place = np.unique(np.asarray(clusters), return_inverse=True)[1]
    sums, sizes = np.bincount(place, differences), np.bincount(place).astype(float)
    generator = np.random.default_rng(policy.seed)
    chosen = generator.integers(0, len(sums), size=(policy.resamples, len(sums)))
    means: NDArray[np.float64] = sums[chosen].sum(axis=1) / sizes[chosen].sum(axis=1)
    return means


def _holm(p_values: Mapping[str, float], alpha: float) -> set[str]:
    """The metrics whose hypothesis "no worse than -margin" is rejected."""
    rejected: set[str] = set()
    for place, (metric, p_value) in enumerate(sorted(p_values.items(), key=lambda pair: pair[1])):
        if p_value > alpha / (len(p_values) - place):
            break
        rejected.add(metric)
    return rejected
