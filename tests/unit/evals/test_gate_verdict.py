"""The gate on made-up nights: false alarms within the stated bound, real losses caught, nothing green by accident."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from stemma.evals.gate.baseline import gated_metrics
from stemma.evals.gate.pairing import Pairs, Scored, paired
from stemma.evals.gate.verdict import Outcome, Policy, judge
from stemma.evals.settings import EvalSettings

CASES = 600
"""The size that the default margin asks for, as docs/how-to/gate-a-change.md says."""
METRICS = ("recall@5", "mrr", "token_f1", "citation_precision")
MARGIN = EvalSettings().margin
POLICY = Policy(dict.fromkeys(METRICS, MARGIN), resamples=500)
NIGHTS = 1_000
NAMES = tuple(f"case {n}" for n in range(CASES))


def pairs(differences: list[float], metric: str = "recall@5", *, due: int | None = None, failed: int = 0) -> Pairs:
    names = NAMES[: len(differences)]
    return Pairs(metric, names, tuple(differences), names, len(names) if due is None else due, failed)


def night(generator: np.random.Generator, losses: Sequence[float]) -> list[Pairs]:
    """Four metrics over cases that are right 85% of the time; 2% flip either way, `loss` more get worse."""
    made: list[Pairs] = []
    for metric, loss in zip(METRICS, losses, strict=True):
        right = generator.random(CASES) < 0.85
        worse = right & (generator.random(CASES) < (0.02 + loss) / 0.85)
        better = ~right & (generator.random(CASES) < 0.02 / 0.15)
        made.append(pairs(list(better.astype(float) - worse), metric))
    return made


def rates(losses: Sequence[float], nights: int) -> dict[Outcome, float]:
    generator = np.random.default_rng(11)
    counts = Counter(judge(night(generator, losses), POLICY).outcome for _ in range(nights))
    return {outcome: counts[outcome] / nights for outcome in Outcome}


def test_false_alarms_stay_within_alpha() -> None:
    """No change at all, and the worst case the bound covers: a true loss of just the margin in every metric."""
    null = rates([0.0] * 4, NIGHTS)
    assert null[Outcome.REGRESSION] == 0.0
    assert null[Outcome.OK] >= 0.95
    three_sigma = 3 * (POLICY.alpha * (1 - POLICY.alpha) / NIGHTS) ** 0.5
    assert rates([MARGIN] * 4, NIGHTS)[Outcome.REGRESSION] <= POLICY.alpha + three_sigma


@pytest.mark.parametrize("losing", [1, 4])
def test_a_loss_of_twice_the_margin_is_caught(losing: int) -> None:
    """In one metric of four, which is the hardest, and in all."""
    found = rates([2 * MARGIN] * losing + [0.0] * (4 - losing), 200)
    assert found[Outcome.REGRESSION] >= 0.8
    assert found[Outcome.OK] == 0.0


def test_the_verdict_says_what_it_would_have_caught() -> None:
    """The stated loss is caught about four times of five when it is the true one; small sets are not flattered."""
    stated = judge(night(np.random.default_rng(1), [0.0] * 4), POLICY).metrics[0].detectable
    assert MARGIN < stated < 2.1 * MARGIN
    assert 0.65 <= rates([stated, 0, 0, 0], 100)[Outcome.REGRESSION] <= 0.95
    assert judge([pairs([0.0] * 100)], POLICY).metrics[0].detectable > 2 * MARGIN
    assert judge([pairs([0.0] * 30)], POLICY).metrics[0].detectable > 4 * MARGIN
    assert judge([pairs([])], POLICY).metrics[0].detectable == 1.0


def test_no_change_passes() -> None:
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


def case(name: str, value: float, *, content: str = "c", failed: bool = False, lacks: bool = False) -> Scored:
    return Scored(name, content, name, {"recall@5": value}, failed, ("recall@5",) if lacks else ())


def test_to_abstain_less_is_no_loss() -> None:
    scored = Scored("a", "c", "a", {"abstained": 1.0, "abstention_accuracy": 0.0}, failed=False)
    assert gated_metrics([scored, scored]) == ["abstention_accuracy"]


def test_pairs_are_of_the_same_case() -> None:
    baseline = [case("a", 1.0), case("b", 0.5), case("gone", 1.0), case("reworded", 1.0)]
    candidate = [case("b", 1.0), case("a", 0.0, failed=True), case("reworded", 1.0, content="other"), case("new", 1.0)]
    found = paired(baseline, candidate, "recall@5")
    assert (found.cases, found.differences) == (("a", "b"), (-1.0, 0.5))
    assert found.coverage == 0.25
    assert paired(baseline, candidate, "mrr").coverage == 0.0


def test_a_metric_that_could_not_be_worked_out_is_not_covered() -> None:
    found = paired([case("a", 1.0), case("b", 1.0)], [case("a", 1.0), case("b", 0.0, lacks=True)], "recall@5")
    assert found.coverage == 0.5


def test_repeats_are_averaged_and_cases_that_flip_are_flaky() -> None:
    baseline = [case("flips", 1.0), case("worse", 1.0), case("same", 1.0), case("better", 0.0), case("lost", 1.0)]
    first = [case("flips", 1.0), case("worse", 0.5), case("same", 1.0), case("better", 1.0), case("lost", 1.0)]
    second = [case("flips", 0.0), case("worse", 0.0), case("same", 1.0), case("better", 0.0)]
    found = paired(baseline, first, "recall@5", [second])
    assert found.differences == (-0.5, -0.75, 0.0, 0.5, 0.0)
    assert found.flaky == ("flips",)
    assert paired(baseline, first, "recall@5").flaky == ()
    assert paired(baseline, first, "recall@5", [[case("same", 0.0, failed=True)]]).failed == 1


def test_what_only_flaky_cases_lost_is_no_regression_and_no_pass() -> None:
    """A fifth of the cases lost in one repeat of two; with as many steady losses beside them it is a regression."""
    names = [f"case {number}" for number in range(100)]
    baseline = [case(name, 1.0) for name in names]
    steady = [case(name, 1.0) for name in names]
    half = [case(name, float(number >= 40)) for number, name in enumerate(names)]
    flaky = judge([paired(baseline, steady, "recall@5", [half])], POLICY)
    assert (flaky.outcome, len(flaky.flaky)) == (Outcome.INCONCLUSIVE, 40)
    assert "rests on 40 flaky cases" in flaky.metrics[0].reason
    assert judge([paired(baseline, half, "recall@5", [half])], POLICY).outcome is Outcome.REGRESSION
    one = [case(name, float(number > 0)) for number, name in enumerate(names)]
    assert judge([paired(baseline, one, "recall@5", [steady])], POLICY).outcome is Outcome.OK
