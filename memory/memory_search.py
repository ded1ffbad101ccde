"""How the in-memory graph scores words: Okapi BM25 over counted terms. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping

from stemma.memory.text import content_terms

_K1, _B, _TITLE_WEIGHT = 1.2, 0.4, 2


def term_counts(title: str, text: str) -> Counter[str]:
    """How often each term stands in an item; the title counts more than the text."""
    return Counter(content_terms(title) * _TITLE_WEIGHT + content_terms(text))


def bm25(terms: Collection[str], rows: Mapping[str, Counter[str]]) -> dict[str, float]:
    """Okapi BM25 (Robertson and Zaragoza 2009) of the rows that hold any of the terms."""
    if not rows:
        return {}
    average = sum(words.total() for words in rows.values()) / len(rows) or 1.0
    scores: dict[str, float] = {}
    for term in terms:
        holders = {item_id: words for item_id, words in rows.items() if term in words}
        rarity = math.log(1 + (len(rows) - len(holders) + 0.5) / (len(holders) + 0.5))
        for item_id, words in holders.items():
            often, length = words[term], words.total() / average
            gain = rarity * often * (_K1 + 1) / (often + _K1 * (1 - _B + _B * length))
            scores[item_id] = scores.get(item_id, 0.0) + gain
    return scores
