"""Ranking by the mention graph: from what the searches found to one order of passages and claims, and why.

Decides that the share of the walk is the final score, that claims which agents made are reached by the walk but never
steer it, and which way is told for a hit. Pure: it sees what the reader sees, and reads no store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from stemma.memory.model import Node, PathStep, Scored
from stemma.memory.recall.edge_index import ranges
from stemma.memory.recall.rank import Ranked
from stemma.memory.recall.recipes import Recipe, Walk
from stemma.memory.recall.region import Query, Region, region_around
from stemma.memory.recall.seeds import Seed, seeds
from stemma.memory.recall.visible_graph import VisibleGraph
from stemma.memory.recall.walk import Walked, walked, way_to


@dataclass(frozen=True, slots=True)
class Found:
    """What the searches brought for one question."""

    question: str
    lexical: Sequence[Scored]
    dense: Sequence[Scored]
    vector: Sequence[float] | None
    """Of the question, of length 1; None where nothing was embedded."""


@dataclass(frozen=True, slots=True)
class GraphRanking:
    """The order, best first, and the ways to the first of them."""

    ranked: Sequence[Ranked]
    paths: dict[str, tuple[PathStep, ...]]


def rank_by_walk(view: VisibleGraph, found: Found, recipe: Recipe, walk: Walk, ways: int) -> GraphRanking:
    """Everything that a search found or the walk came to; ways are told for the first `ways` passages."""
    query = None if found.vector is None else np.asarray(found.vector, np.float32)
    numbers = view.graph.number_of
    named = {view.graph.ids[item]: strength for item, strength in view.named_in(found.question).items()}
    sentence = _best_sentences(view, [item.id for item in found.dense], query)
    all_seeds = seeds(found.lexical, found.dense, sentence, named, numbers, recipe)
    claims = {item.id for item in (*found.lexical, *found.dense) if item.kind is Node.CLAIM}
    start, total = _start(view, [seed for seed in all_seeds.values() if seed.id not in claims], walk)
    region = region_around(view, start, query, walk)
    restart = np.zeros(len(region.passages))
    restart[: len(start)] = list(start.values())
    result = walked(region, restart, walk)
    ranked = [
        *_passages(view, region, result, all_seeds, claims),
        *_claims(view, region, result, [all_seeds[item_id] for item_id in sorted(claims)], total, walk),
    ]
    ranked.sort(key=_best_first)
    return GraphRanking(ranked, _paths(view, region, result, ranked[:ways]))


def _best_sentences(view: VisibleGraph, ids: Iterable[str], query: Query) -> dict[str, float]:
    """By id, the cosine of the question and an item's best sentence, for items that have sentence vectors."""
    known = np.array([view.graph.number_of[item_id] for item_id in ids if item_id in view.graph.number_of], np.int64)
    known = known[view.sentences[known] > 0]
    if not len(known) or query is None:
        return {}
    count = view.sentences[known]
    cosines = view.graph.vectors.cosines(ranges(view.first_row[known], count), query)
    best = np.maximum.reduceat(cosines, np.cumsum(count) - count)
    return dict(zip([view.graph.ids[number] for number in known.tolist()], best.tolist(), strict=True))


def _start(view: VisibleGraph, found: Sequence[Seed], walk: Walk) -> tuple[dict[int, float], float]:
    """The share of each passage that the walk starts from, best first, and what the shares were divided by."""
    seen = [seed for seed in found if seed.number >= 0 and view.passages[seed.number] and seed.score > 0]
    best = sorted(seen, key=lambda seed: (-seed.score, -seed.parts.get("dense", 0.0), seed.id))[: walk.seeds]
    total = sum(seed.score**walk.power for seed in best)
    return {seed.number: seed.score**walk.power / total for seed in best}, total


def _passages(
    view: VisibleGraph, region: Region, result: Walked, found: dict[str, Seed], claims: set[str]
) -> list[Ranked]:
    reached = [view.graph.ids[number] for number in region.passages.tolist()]
    shares = dict(zip(reached, result.passages.tolist(), strict=True))
    ids = {**shares, **dict.fromkeys(item_id for item_id in found if item_id not in claims)}
    return [Ranked(item_id, share := shares.get(item_id, 0.0), _parts(found.get(item_id), share)) for item_id in ids]


def _claims(
    view: VisibleGraph, region: Region, result: Walked, found: Sequence[Seed], total: float, walk: Walk
) -> list[Ranked]:
    """What one more step of the walk would bring to claims, if each alone were there to take it."""
    whole = total or sum(seed.score**walk.power for seed in found) or 1.0
    ranked: list[Ranked] = []
    for seed in found:
        share = (1 - walk.damping) * seed.score**walk.power / whole
        if seed.number >= 0 and view.claims[seed.number]:
            share += walk.damping * _brought(view, region, result, seed.number, walk)
        ranked.append(Ranked(seed.id, share, _parts(seed, share)))
    return ranked


def _brought(view: VisibleGraph, region: Region, result: Walked, claim: int, walk: Walk) -> float:
    edges = view.edges_of_claim(claim)
    names = np.unique(view.edges.name[edges])
    names = names[np.isin(names, region.names)]
    place = np.searchsorted(region.names, names)
    said = view.rarity[names] * np.where(view.owners[names] > 0, 1.0, walk.span_weight)
    whole = walk.title_back * view.ownership[names] + view.frequency[names] * said
    return float((result.names[place] * said / np.maximum(whole + said, 1e-12)).sum())


def _parts(seed: Seed | None, share: float) -> dict[str, float]:
    return {**(seed.parts if seed else {}), "walk": share}


def _best_first(item: Ranked) -> tuple[float, float, float, str]:
    """What the walk did not come to stands behind it, in the order of the searches."""
    return (-item.score, -item.parts.get("seed", 0.0), -item.parts.get("dense", 0.0), item.id)


def _paths(
    view: VisibleGraph, region: Region, result: Walked, ranked: Sequence[Ranked]
) -> dict[str, tuple[PathStep, ...]]:
    """Ways to passages that owe more to the walk than to having been found."""
    places = {number: place for place, number in enumerate(region.passages.tolist())}
    paths: dict[str, tuple[PathStep, ...]] = {}
    for item in ranked:
        place = places.get(view.graph.number_of.get(item.id, -1))
        if place is None or result.restart[place] >= item.score:
            continue
        steps = way_to(region, result, place)
        paths[item.id] = tuple(
            PathStep(
                *view.graph.identity(int(region.passages[step.passage])), _spelt(view, region, step.name, step.edge)
            )
            for step in steps
        )
    return paths


def _spelt(view: VisibleGraph, region: Region, name: int, edge: int) -> str:
    """A name as a visible passage of that name spells it, or else as the passage on the way does."""
    spelling = view.graph.edges.spelling
    if spelling[edge]:
        return spelling[edge]
    titles = view.titles_of(int(region.names[name]))
    return spelling[int(titles[0])] if len(titles) else ""
