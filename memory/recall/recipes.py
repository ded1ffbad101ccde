"""Recall recipes: named, frozen settings of how hits are found and ranked.

Decides which recipes there are and every constant of the ranking. One configuration serves all data; nothing here is
tuned for one set, and callers choose a recipe by name, never by flags.
"""

from __future__ import annotations

from dataclasses import dataclass

from stemma.memory.errors import UnknownRecipe


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
    named_bonus: float = 0.0
    """Added where the question names the item's title, against a fused score of at most 1."""
    claim_discount: float = 0.2
    """Share of its score that a claim loses: of a source and what an agent made of it, the source comes first."""
    stale_discount: float = 0.5
    """The same where everything a claim rests on has been replaced by a newer version."""


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("lexical", lexical=True, dense=False),
        Recipe("dense", lexical=False, dense=True),
        Recipe("hybrid", lexical=True, dense=True, named_bonus=0.25),
    )
}


def recipe_named(name: str) -> Recipe:
    """The recipe of that name. Raises `UnknownRecipe`, which names the ones there are."""
    if name not in RECIPES:
        known = ", ".join(sorted(RECIPES))
        raise UnknownRecipe(f"there is no recall recipe {name!r}", hint=f"choose one of: {known}")
    return RECIPES[name]
