"""The gate on made-up nights: false alarms within the stated bound, real losses caught, nothing green by accident."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from stemma.evals.gate.pairing import Pairs, Scored, flaky, paired
from stemma.evals.gate.verdict import Outcome, Policy, judge

CASES = 200
"""The size of the default nightly suites."""
METRICS = ("recall@5", "mrr", "token_f1", "citation_precision")
POLICY = Policy(dict.fromkeys(METRICS, 0.05), resamples=500)
NIGHTS = 1_000


def pairs(differences: list[float], metric: str = "recall@5", *, due: int | None = None, failed: int = 0) -> Pairs:
    names = tuple(f"case {n}" for n in range(len(differences)))
    return Pairs(metric, names, tuple(differences), names, len(names) if due is None else due, failed)


def night(generator: np.random.Generator, loss: float) -> list[Pairs]:
    """Four metrics over cases that are right 85% of the time; 2% flip either way, `loss` more get worse."""
    made = []
    for metric in METRICS:
        right = generator.random(CASES) < 0.85
        worse = right & (generator.random(CASES) < (0.02 + loss) / 0.85)
        better = ~right & (generator.random(CASES) < 0.02 / 0.15)
        made.append(pairs(list(better.astype(float) - worse), metric))
    return made


def rate(loss: float, nights: int, outcome: Outcome) -> float:
    generator = np.random.default_rng(11)
    return Counter(judge(night(generator, loss), POLICY).outcome for _ in range(nights))[outcome] / nights


def test_false_alarms_stay_within_alpha() -> None:
    """No change at all, and the worst case the bound covers: a true loss of just the margin in every metric."""
    assert rate(0.0, NIGHTS, Outcome.REGRESSION) == 0.0
    three_sigma = 3 * (POLICY.alpha * (1 - POLICY.alpha) / NIGHTS) ** 0.5
    assert rate(0.05, NIGHTS, Outcome.REGRESSION) <= POLICY.alpha + three_sigma


def test_a_loss_of_twice_the_margin_is_caught() -> None:
    assert rate(0.10, NIGHTS, Outcome.REGRESSION) >= 0.8
    assert rate(0.10, 200, Outcome.OK) == 0.0


def test_no_change_passes() -> None:
    assert rate(0.0, 200, Outcome.OK) >= 0.7
    assert judge([pairs([0.0] * 40)], POLICY).outcome is Outcome.OK  # what did not move has no noise


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (pairs([0.0] * 29), "independent pairs"),
        (pairs([0.0] * 100, due=200), "50.0% of 200"),
        (pairs([0.0] * 100, failed=90), "10.0% of 100"),
        (pairs([]), "0.0% of 0"),
        (replace(pairs([0.0] * 100), clusters=("one source",) * 100), "1 independent pairs"),
        (pairs([0.0, 1.0, -1.0] * 20), "more cases are needed"),
    ],
)
def test_what_cannot_be_told_is_inconclusive(made: Pairs, reason: str) -> None:
    verdict = judge([made], POLICY)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert reason in verdict.metrics[0].reason
    assert verdict.outcome.exit_code == 3


def test_bounds_on_either_side_of_the_margin_decide() -> None:
    """A constant difference has bounds of no width: the margin alone decides."""
    outcomes = {loss: judge([pairs([-loss] * 60)], POLICY).outcome for loss in (0.0, 0.0499, 0.05, 0.0501, 1.0)}
    assert outcomes == {
        0.0: Outcome.OK,
        0.0499: Outcome.OK,
        0.05: Outcome.INCONCLUSIVE,
        0.0501: Outcome.REGRESSION,
        1.0: Outcome.REGRESSION,
    }


def test_one_regression_among_many_metrics_is_a_regression() -> None:
    good = [pairs([0.0] * 60, metric) for metric in METRICS[1:]]
    verdict = judge([pairs([-0.2] * 60), *good], POLICY)
    assert verdict.outcome is Outcome.REGRESSION
    assert [each.outcome for each in verdict.metrics].count(Outcome.OK) == 3


def test_no_metric_is_no_pass() -> None:
    assert judge([], POLICY).outcome is Outcome.INCONCLUSIVE


def case(name: str, value: float, *, content: str = "c", failed: bool = False) -> Scored:
    return Scored(name, content, name, {"recall@5": value}, failed)


def test_pairs_are_of_the_same_case() -> None:
    baseline = [case("a", 1.0), case("b", 0.5), case("gone", 1.0), case("reworded", 1.0)]
    candidate = [case("b", 1.0), case("a", 0.0, failed=True), case("reworded", 1.0, content="other"), case("new", 1.0)]
    found = paired(baseline, candidate, "recall@5")
    assert (found.cases, found.differences) == (("a", "b"), (-1.0, 0.5))
    assert found.coverage == 0.25
    assert paired(baseline, candidate, "mrr").coverage == 0.0


def test_flaky_cases_are_named() -> None:
    assert flaky([[case("a", 1.0), case("b", 1.0)], [case("a", 0.5), case("b", 1.0)]], "recall@5") == ["a"]
