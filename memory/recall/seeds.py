"""Where a walk starts: what the searches found, on one scale, as scores in [0, 1.5].

Decides how two searches with scores of their own become one, and what a name in the question adds. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stemma.memory.model import Scored
from stemma.memory.recall.recipes import Recipe


@dataclass(slots=True)
class Seed:
    """One item that a search found or the question names, by its number in the mention graph or -1."""

    id: str
    number: int
    score: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)
    """What the score was made of: lexical (BM25), dense and sentence (cosines), named, seed (the score itself)."""

    def add(self, name: str, part: float, gain: float) -> None:
        """Count one search's own score, and what it is worth here."""
        self.parts[name] = part
        self.score += gain


def seeds(
    lexical: Sequence[Scored],
    dense: Sequence[Scored],
    sentence: Mapping[str, float],
    named: Mapping[str, float],
    numbers: Mapping[str, int],
    recipe: Recipe,
) -> dict[str, Seed]:
    """By id, every item that was found or is named.

    The recipe's lexical share of a score is the BM25 score and the rest the cosine, each min-max scaled over what its
    search found; the cosine is the mean of the whole item's and its best sentence's (`sentence`, where that is known).
    `named`, in (0, 1], is added times the recipe's bonus.
    """
    found: dict[str, Seed] = {}

    def seed(item_id: str) -> Seed:
        if item_id not in found:
            found[item_id] = Seed(item_id, numbers.get(item_id, -1))
        return found[item_id]

    for item, scaled in zip(lexical, _scaled([item.score for item in lexical], recipe.pool), strict=True):
        seed(item.id).add("lexical", item.score, scaled * recipe.lexical_share)
    near = [(item.score + sentence.get(item.id, item.score)) / 2 for item in dense]
    for item, scaled in zip(dense, _scaled(near, recipe.pool), strict=True):
        seed(item.id).add("dense", item.score, scaled * (1 - recipe.lexical_share))
        if item.id in sentence:
            seed(item.id).parts["sentence"] = sentence[item.id]
    for item_id, strength in named.items():
        seed(item_id).add("named", recipe.named_bonus * strength, recipe.named_bonus * strength)
    for one in found.values():
        one.parts["seed"] = one.score
    return found


def _scaled(scores: Sequence[float], pool: int) -> list[float]:
    """Scores from 0 to 1. The floor is the worst that was found; 0 where the search found all there was."""
    if not scores:
        return []
    floor = min(scores) if len(scores) >= pool else min(0.0, *scores)
    span = max(scores) - floor
    return [(score - floor) / span if span > 0 else 0.0 for score in scores]
