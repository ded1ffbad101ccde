"""AUROC, F1 and the calibration, against figures worked out by hand and against the definition."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.evals.calibration import fit, fold_of, out_of_fold, probabilities
from stemma.evals.metrics.classification import auroc, best_threshold, decision
from stemma.evals.metrics.intervals import Sampling, clustered

ROWS = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30).filter(
    lambda rows: len({label for _, label in rows}) == 2
)


@given(ROWS)
def test_auroc_is_the_share_of_pairs_in_order(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([float(score) for score, _ in rows])
    labels = np.array([float(label) for _, label in rows])
    pairs = list(product(scores[labels == 1], scores[labels == 0]))
    share = sum((high > low) + 0.5 * (high == low) for high, low in pairs) / len(pairs)
    assert auroc(scores, labels) == pytest.approx(share)


def test_auroc_of_one_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="both kinds"):
        auroc(np.array([1.0, 2.0]), np.array([1.0, 1.0]))


def test_f1_by_hand() -> None:
    scores, labels = np.array([0.1, 0.4, 0.6, 0.9]), np.array([0.0, 1.0, 0.0, 1.0])
    found = decision(scores, labels, 0.4)
    assert [found.precision, found.recall, found.f1] == pytest.approx([2 / 3, 1.0, 0.8])
    assert decision(scores, labels, 2.0).f1 == 0.0
    assert best_threshold(scores, labels) == pytest.approx(0.25)


def test_a_calibration_rises_with_doubt_and_finds_the_rate() -> None:
    doubts = np.array([0.0, 0.0, 1.0, 1.0, 6.0, 6.0, 9.0, 9.0])
    labels = np.array([0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    found = fit(doubts, labels)
    chances = probabilities(found, doubts)
    assert found.slope > 0
    assert sorted(chances) == list(chances)
    assert chances.mean() == pytest.approx(labels.mean(), abs=0.01)
    with pytest.raises(ValueError, match="both kinds"):
        fit(doubts, np.ones(8))


def test_no_source_is_on_both_sides() -> None:
    """Labels that only the source tells cannot be learned out of fold."""
    sources = [f"source {n // 4}" for n in range(80)]
    labels = np.array([float(fold_of(source, 5) % 2) for source in sources])
    doubts = np.array([float(n % 4) for n in range(80)])
    found = out_of_fold(doubts, labels, sources, 5)
    assert auroc(found.probabilities, labels) < 0.6
    for source in set(sources):
        assert len({fold_of(each, 5) for each in sources if each == source}) == 1


def test_clustered_interval_is_wider_than_that_of_rows() -> None:
    values = np.array([0.0] * 10 + [1.0] * 10)

    def mean(chosen: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> float:
        return float(values[chosen].mean())

    sampling = Sampling(seed=1, resamples=400)
    rows = clustered(mean, [str(n) for n in range(20)], sampling)
    two = clustered(mean, ["a"] * 10 + ["b"] * 10, sampling)
    assert (two.low, two.high) == (0.0, 1.0)
    assert rows.high - rows.low < 0.6
    assert rows.mean == two.mean == 0.5
