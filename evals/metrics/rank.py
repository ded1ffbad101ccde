"""Rank metrics for one query: pure functions of a ranking and the set of gold documents, all in [0, 1].

Relevance is binary. A document that stands in the ranking twice counts where it stands first; the repetition keeps its
place and gains nothing (several passages of one document may be recalled). Nothing here averages over queries.

Sources: [IIR] Manning, Raghavan, Schütze, Introduction to Information Retrieval, 2008, section 8.4; [V] Voorhees, The
TREC-8 Question Answering Track Report, 1999; [JK] Järvelin, Kekäläinen, Cumulated gain-based evaluation of IR
techniques, ACM TOIS 20(4), 2002.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import log2


def _gains(ranked: Sequence[str], gold: Collection[str]) -> list[bool]:
    """For each place: is it the first appearance of a gold document?"""
    wanted = frozenset(gold)
    if not wanted:
        raise ValueError("a rank metric needs at least one gold document")
    seen: set[str] = set()
    gains = []
    for document in ranked:
        gains.append(document in wanted and document not in seen)
        seen.add(document)
    return gains


def _first(ranked: Sequence[str], gold: Collection[str], k: int) -> list[bool]:
    if k < 1:
        raise ValueError("k must be at least 1")
    return _gains(ranked[:k], gold)


def recall_at(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """Share of the gold documents among the first k: |gold ∩ first k| / |gold| [IIR 8.3]."""
    return sum(_first(ranked, gold, k)) / len(frozenset(gold))


def precision_at(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """Share of the first k places that hold a gold document, divided by k even if fewer came back [IIR 8.4]."""
    return sum(_first(ranked, gold, k)) / k


def hit_at(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """1 when any gold document is among the first k (success at k)."""
    return float(any(_first(ranked, gold, k)))


def all_gold_at(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """1 when every gold document is among the first k: what a question of several hops needs."""
    return float(sum(_first(ranked, gold, k)) == len(frozenset(gold)))


def reciprocal_rank(ranked: Sequence[str], gold: Collection[str]) -> float:
    """1 / rank of the first gold document, 0 when none was found [V]. Its mean over queries is MRR."""
    for rank, gain in enumerate(_gains(ranked, gold), start=1):
        if gain:
            return 1 / rank
    return 0.0


def average_precision(ranked: Sequence[str], gold: Collection[str]) -> float:
    """Mean over the gold documents of the precision at each one's rank, 0 for one not found [IIR 8.4]. Mean: MAP."""
    total = 0.0
    found = 0
    for rank, gain in enumerate(_gains(ranked, gold), start=1):
        if gain:
            found += 1
            total += found / rank
    return total / len(frozenset(gold))


def ndcg_at(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """Discounted cumulated gain of the first k over the best one possible [JK].

    Gain 1 for a gold document, discount 1 / log2(1 + rank): the form in which rank 1 and rank 2 differ.
    """
    gained = sum(1 / log2(1 + rank) for rank, gain in enumerate(_first(ranked, gold, k), start=1) if gain)
    best = sum(1 / log2(1 + rank) for rank in range(1, min(k, len(frozenset(gold))) + 1))
    return gained / best


def rank_scores(ranked: Sequence[str], gold: Collection[str], k: int) -> dict[str, float]:
    """Every metric of this file under its published name (`rank_metrics(k)`), for one query."""
    return {
        f"recall@{k}": recall_at(ranked, gold, k),
        f"all-gold@{k}": all_gold_at(ranked, gold, k),
        f"precision@{k}": precision_at(ranked, gold, k),
        f"hit@{k}": hit_at(ranked, gold, k),
        f"ndcg@{k}": ndcg_at(ranked, gold, k),
        "mrr": reciprocal_rank(ranked, gold),
        "map": average_precision(ranked, gold),
    }


def rank_metrics(k: int) -> tuple[str, ...]:
    """The names `rank_scores` gives, in the order they are shown."""
    return tuple(rank_scores(("a",), ("a",), k))
