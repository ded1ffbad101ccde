"""Recall recipes: named, frozen settings of how hits are found and ranked.

Decides which recipes there are and every constant of the ranking. One configuration serves all data; nothing here is
tuned for one set, and callers choose a recipe by name, never by flags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stemma.memory.errors import UnknownRecipe


@dataclass(frozen=True, slots=True)
class Walk:
    """Personalised PageRank from the best passages that the searches found, over what passages mention."""

    seeds: int = 20
    """How many passages the walk starts from."""
    power: float = 4.0
    """A seed's share of the start is its score to this power: few passages, the best ones, matter."""
    damping: float = 0.85
    """Probability of going on; otherwise the walk starts again."""
    iterations: int = 15
    attention: float = 2.0
    """t in exp(t cos(question, mentioning sentence)), the factor of a mention."""
    span_weight: float = 0.1
    """What a capitalised span that is no passage's name is worth, against a name."""
    title_back: float = 4.0
    """What the way from a name back to a passage of that name is worth, against one that mentions it."""
    hops: int = 2
    """How often the region grows …"""
    breadth: int = 100
    """… and by how many passages at most, each time: what bounds the work of one question."""
    titles: bool = True
    """Whether the graph knows titles. Without, passages answer only to what their text defines (for measuring)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a recall finds and ranks."""

    name: str
    lexical: bool
    """Search by BM25 over title and text."""
    dense: bool
    """Search by cosine similarity of embeddings."""
    pool: int = 100
    """How many items each search brings; the least a recall asks for, however small its k."""
    rank_constant: int = 10
    """k of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): small, so that the first few ranks count."""
    lexical_share: float = 0.5
    """A seed's score: what the BM25 score counts of it, in [0, 1]; the rest is the cosine's. Only where it walks."""
    named_bonus: float = 0.0
    """Added where the question names the item's title, against a fused score of at most 1."""
    claim_discount: float = 0.2
    """Share of its score that a claim loses: of a source and what an agent made of it, the source comes first."""
    stale_discount: float = 0.5
    """The same for a stale claim: everything it rests on is no longer current."""
    demoted_discount: float = 0.5
    """The same for what is demoted (`consolidation/`), a passage or a claim."""
    walk: Walk | None = None
    """Rank by a walk over the mention graph that starts from what the searches found."""


DEFAULT_RECIPE = "graph"

RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("graph", lexical=True, dense=True, named_bonus=0.5, walk=Walk()),
        Recipe("lexical", lexical=True, dense=False),
        Recipe("dense", lexical=False, dense=True),
        Recipe("hybrid", lexical=True, dense=True, named_bonus=0.25),
    )
}


def recipe_named(name: str, recipes: Mapping[str, Recipe] = RECIPES) -> Recipe:
    """The recipe of that name. Raises `UnknownRecipe`, which names the ones there are."""
    if name not in recipes:
        known = ", ".join(sorted(recipes))
        raise UnknownRecipe(f"there is no recall recipe {name!r}", hint=f"choose one of: {known}")
    return recipes[name]
