"""Ranking: pure functions from search results to one order.

Decides how two searches become one score, what a title named in the question is worth, and where claims that agents
made stand among sources. It reads nothing and keeps no constant: those are the recipe's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stemma.memory.model import Derivation, Scored
from stemma.memory.recall.recipes import Recipe
from stemma.memory.text import normalise, words

_ARTICLES = frozenset({"the", "a", "an"})


@dataclass(frozen=True, slots=True)
class Ranked:
    """One item with its final score and what that was made of."""

    id: str
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)


def fuse(searches: Mapping[str, Sequence[Scored]], bonuses: Mapping[str, float], recipe: Recipe) -> list[Ranked]:
    """All items that any search found, best first; of equals the nearer one in meaning.

    One search keeps its own scores. Several are joined by reciprocal rank fusion, scaled so that an item which is
    first in all of them has 1; `bonuses` (in [0, 1]) are added then, times the recipe's bonus. `parts` keeps each
    search's own score.
    """
    parts: dict[str, dict[str, float]] = {}
    fused: dict[str, float] = {}
    for name, found in searches.items():
        for rank, item in enumerate(found, start=1):
            parts.setdefault(item.id, {})[name] = item.score
            fused[item.id] = fused.get(item.id, 0.0) + (recipe.rank_constant + 1) / (recipe.rank_constant + rank)
    if len(searches) == 1:
        return _ordered(Ranked(item.id, item.score, parts[item.id]) for found in searches.values() for item in found)
    for item_id, seen in parts.items():
        seen["fused"] = fused[item_id] = fused[item_id] / len(searches)
        if bonus := recipe.named_bonus * bonuses.get(item_id, 0.0):
            seen["named"] = bonus
            fused[item_id] += bonus
    return _ordered(Ranked(item_id, fused[item_id], seen) for item_id, seen in parts.items())


def named_in(question: str, titles: Mapping[str, str]) -> dict[str, float]:
    """Item id -> how strongly the question names its title, in (0, 1]; items it does not name are left out.

    A title of several words names better than one word that many titles share: words / sqrt(items of that title).
    """
    asked = _padded(question)
    names = {item_id: normalise(title) for item_id, title in titles.items()}
    shared = Counter(names.values())
    found: dict[str, float] = {}
    for item_id, name in names.items():
        if len(name) > 2 and not name.isdigit() and _padded(name) in asked:
            found[item_id] = min(1.0, len(name.split()) / shared[name] ** 0.5)
    return found


def place_claims(
    ranked: Sequence[Ranked],
    lineage: Mapping[str, Sequence[Derivation]],
    stale: Collection[str],
    k: int,
    recipe: Recipe,
) -> list[Ranked]:
    """All of them, best first, with claims put behind the sources they came from.

    `lineage` has an entry for each claim among `ranked`; `stale` names the claims whose grounds are no longer current.
    A claim is left out as an echo when one justification's antecedents are all among the k best passages; another one
    loses the recipe's discount, and never stands before a passage of the same score.
    """
    passages = [item for item in ranked if item.id not in lineage]
    shown = {item.id for item in passages[:k]}
    claims = [
        _discounted(item, recipe.stale_discount if item.id in stale else recipe.claim_discount)
        for item in ranked
        if item.id in lineage and not _is_echo(lineage[item.id], shown)
    ]
    if not claims:
        return passages
    order = {item.id: place for place, item in enumerate(passages)}
    return sorted(
        [*passages, *claims],
        key=lambda item: (-item.score, item.id in lineage, order.get(item.id, 0), *_tie(item)),
    )


def merge(rankings: Sequence[Sequence[Ranked]], constant: int) -> list[Ranked]:
    """One order of several, for the parts of one question: what is best for any part stands first.

    A score is the reciprocal rank, scaled so that the first has 1, of an item's best place; its mean over all rankings
    counts a hundredth as much. `parts` are those of the best place.
    """
    best: dict[str, tuple[float, Ranked]] = {}
    mean: dict[str, float] = {}
    for ranked in rankings:
        for rank, item in enumerate(ranked, start=1):
            worth = (constant + 1) / (constant + rank)
            mean[item.id] = mean.get(item.id, 0.0) + worth / len(rankings)
            if item.id not in best or worth > best[item.id][0]:
                best[item.id] = (worth, item)
    scores = {item_id: 0.99 * worth + 0.01 * mean[item_id] for item_id, (worth, _) in best.items()}
    return _ordered(
        Ranked(item_id, scores[item_id], {**item.parts, "merged": scores[item_id]})
        for item_id, (_, item) in best.items()
    )


def _is_echo(derivations: Sequence[Derivation], shown: set[str]) -> bool:
    justifications: dict[str, set[str]] = {}
    for row in derivations:
        justifications.setdefault(row.justification, set()).add(row.antecedent_id)
    return any(antecedents <= shown for antecedents in justifications.values())


def _discounted(item: Ranked, discount: float) -> Ranked:
    taken = discount * abs(item.score)
    return Ranked(item.id, item.score - taken, {**item.parts, "claim": -taken})


def _padded(text: str) -> str:
    return f" {' '.join(word for word in words(text) if word not in _ARTICLES)} "


def _ordered(items: Iterable[Ranked]) -> list[Ranked]:
    return sorted(items, key=lambda item: (-item.score, *_tie(item)))


def _tie(item: Ranked) -> tuple[float, str]:
    # Fused ranks tie often. An id comes from a path: by id alone, the same folder elsewhere would be ranked otherwise.
    return (-item.parts.get("dense", 0.0), item.id)
