"""Bootstrap intervals: seeded, ordered, inside the range of the scores, and honest about no scores."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.evals.metrics.intervals import Sampling, estimate, percentile

SAMPLING = Sampling(seed=7, resamples=200)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_low_and_high_enclose_what_resampling_can_give(scores: list[float]) -> None:
    found = estimate(scores, SAMPLING)
    assert found.n == len(scores)
    assert found.mean == pytest.approx(sum(scores) / len(scores))
    assert min(scores) - 1e-9 <= found.low <= found.high <= max(scores) + 1e-9
    assert estimate(scores, SAMPLING) == found


def test_the_interval_has_the_width_that_theory_gives() -> None:
    found = estimate([0.0, 1.0] * 200, Sampling(seed=1, resamples=4000))
    assert found.low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.006)
    assert found.high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.006)


def test_another_seed_gives_another_interval() -> None:
    scores = [number / 97 for number in range(97)]
    assert estimate(scores, Sampling(1)) != estimate(scores, Sampling(2))


def test_large_sets_are_drawn_in_blocks() -> None:
    assert estimate([0.0, 1.0] * 30_000, Sampling(seed=1, resamples=150)).n == 60_000


def test_no_scores_have_no_mean() -> None:
    with pytest.raises(ValueError, match="no scores"):
        estimate([], SAMPLING)
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_percentile_interpolates() -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.5
