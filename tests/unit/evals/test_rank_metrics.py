"""Rank metrics against a brute-force reading of their definitions, and at the values everybody knows."""

from __future__ import annotations

from math import isclose, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.evals.metrics.rank import (
    all_gold_at,
    average_precision,
    hit_at,
    ndcg_at,
    precision_at,
    rank_metrics,
    rank_scores,
    recall_at,
    reciprocal_rank,
)

DOCUMENTS = [f"d{number}" for number in range(8)]
rankings = st.lists(st.sampled_from(DOCUMENTS), max_size=12)
golds = st.sets(st.sampled_from(DOCUMENTS), min_size=1, max_size=5)
cuts = st.integers(1, 14)


def first_places(ranked: list[str], gold: set[str]) -> list[int]:
    """The 1-based place of each gold document that was found, in order."""
    return sorted(ranked.index(document) + 1 for document in gold if document in ranked)


@given(rankings, golds, cuts)
def test_counts_agree_with_the_definitions(ranked: list[str], gold: set[str], k: int) -> None:
    found = [place for place in first_places(ranked, gold) if place <= k]
    assert recall_at(ranked, gold, k) == len(found) / len(gold)
    assert precision_at(ranked, gold, k) == len(found) / k
    assert hit_at(ranked, gold, k) == (1.0 if found else 0.0)
    assert all_gold_at(ranked, gold, k) == (1.0 if len(found) == len(gold) else 0.0)


@given(rankings, golds, cuts)
def test_rank_sums_agree_with_the_definitions(ranked: list[str], gold: set[str], k: int) -> None:
    places = first_places(ranked, gold)
    assert reciprocal_rank(ranked, gold) == (1 / places[0] if places else 0.0)
    precisions = [(number + 1) / place for number, place in enumerate(places)]
    assert isclose(average_precision(ranked, gold), sum(precisions) / len(gold))
    gained = sum(1 / log2(1 + place) for place in places if place <= k)
    best = sum(1 / log2(1 + place) for place in range(1, min(k, len(gold)) + 1))
    assert isclose(ndcg_at(ranked, gold, k), gained / best)


@given(rankings, golds, cuts)
def test_all_scores_are_fractions(ranked: list[str], gold: set[str], k: int) -> None:
    scores = rank_scores(ranked, gold, k)
    assert tuple(scores) == rank_metrics(k)
    assert all(0 <= value <= 1 + 1e-12 for value in scores.values())


@given(rankings, golds, cuts)
def test_gold_first_is_perfect_and_moving_it_up_never_hurts(ranked: list[str], gold: set[str], k: int) -> None:
    best = [*sorted(gold), *[document for document in ranked if document not in gold]]
    worse, better = rank_scores(ranked, gold, k), rank_scores(best, gold, k)
    assert all(better[metric] >= worse[metric] - 1e-12 for metric in worse)
    assert isclose(better[f"ndcg@{k}"], 1)
    assert isclose(better["map"], 1)


def test_known_values() -> None:
    ranked = ["x", "a", "y", "b"]
    assert recall_at(ranked, ["a", "b"], 3) == 0.5
    assert reciprocal_rank(ranked, ["a", "b"]) == 0.5
    assert average_precision(ranked, ["a", "b"]) == 0.5
    assert isclose(ndcg_at(["a", "x", "b"], ["a", "b"], 3), (1 + 0.5) / (1 + 1 / log2(3)))


def test_a_repeated_document_keeps_its_place_and_gains_once() -> None:
    assert precision_at(["a", "a", "b"], ["a", "b"], 3) == 2 / 3
    assert isclose(average_precision(["a", "a", "b"], ["a", "b"]), (1 + 2 / 3) / 2)


def test_no_gold_and_no_k_are_refused() -> None:
    with pytest.raises(ValueError, match="gold"):
        recall_at(["a"], [], 5)
    with pytest.raises(ValueError, match="k must"):
        recall_at(["a"], ["a"], 0)
