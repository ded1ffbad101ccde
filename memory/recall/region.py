"""The part of a mention graph that a walk from some seeds reaches with any weight: small, however large memory is.

Decides which passages take part in one question's walk, and what each edge is worth for this question. From the seeds
the region grows twice, each time by the passages that most of the seeds' mass would come to, so that its size and the
work of a question stay bounded. Pure: arrays in, arrays out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stemma.memory.recall.edge_index import Integers, ranges
from stemma.memory.recall.edge_table import EdgeKind
from stemma.memory.recall.recipes import Walk
from stemma.memory.recall.visible_graph import VisibleGraph

Floats = NDArray[np.floating[Any]]
Query = NDArray[np.float32] | None
"""A question's vector of length 1; None where nothing was embedded, and all sentences are as near."""

_USUAL_COSINE = 0.4
"""Where the factor of a mentioning sentence is 1: about the cosine of a question and a sentence that concerns it."""
_FAR_COSINE = 0.1
"""The same of a sentence that does not, which is what passages outside the region are taken to say."""


@dataclass(frozen=True, slots=True)
class Region:
    """Passages and names by their numbers in the graph, and the edges between them by places in those arrays."""

    passages: Integers
    names: Integers
    edges: Integers
    passage: Integers
    """By edge: a place in `passages`."""
    name: Integers
    """By edge: a place in `names`."""
    out: Floats
    """By edge: the share of a passage's mass that goes to the name; the edges of a passage have 1 together."""
    back: Floats
    """By edge: the share of a name's mass that comes back; less than 1 together, as some leaves the region."""


class _Reach(NamedTuple):
    """Passages with the mass that came to them, and their edges, one passage after another."""

    passages: Integers
    mass: Floats
    edges: Integers
    degree: Integers
    """By passage: how many edges it has."""
    worth: Floats
    """By edge, on the way out."""

    @property
    def place(self) -> Integers:
        """By edge: its passage's place."""
        return np.repeat(np.arange(len(self.passages)), self.degree)


def region_around(view: VisibleGraph, seeds: Mapping[int, float], query: Query, walk: Walk) -> Region:
    """The region around seed passages, given with their mass."""
    passages: Integers = np.fromiter(seeds, np.int64, len(seeds))
    mass: Floats = np.fromiter(seeds.values(), np.float64, len(seeds))
    reach = _reach(view, passages, mass, query, walk)
    for _ in range(walk.hops):
        more = _reach(view, *_next(view, reach, walk), query, walk)
        reach = _Reach(*(np.concatenate(both) for both in zip(reach, more, strict=True)))
    return _region(view, reach, walk)


def _reach(view: VisibleGraph, passages: Integers, mass: Floats, query: Query, walk: Walk) -> _Reach:
    edges, count = view.edges_of_items(passages)
    place = np.repeat(np.arange(len(passages)), count)
    plain = _worth(view, edges, {EdgeKind.MENTION: 1.0, EdgeKind.TITLE: 1.0, EdgeKind.SPAN: walk.span_weight})
    return _Reach(passages, mass, edges, count, plain * _attention(view, passages, edges, place, query, walk))


def _next(view: VisibleGraph, reach: _Reach, walk: Walk) -> tuple[Integers, Floats]:
    """The passages beyond that one step out and back brings most mass to, and how much."""
    place = reach.place
    out = reach.worth * (reach.mass / np.maximum(np.bincount(place, reach.worth, len(reach.passages)), 1e-12))[place]
    names, which = np.unique(view.edges.name[reach.edges], return_inverse=True)
    at_names = np.bincount(which, out, len(names))
    edges, count = view.edges_of_names(names)
    back = _worth_unread(view, edges, walk) * np.repeat(at_names / _whole_worth(view, names, walk), count)
    gained = np.bincount(view.edges.item[edges], back, len(view.passages))
    gained[reach.passages] = 0
    reached = np.flatnonzero(gained)
    if len(reached) > walk.breadth:
        least = np.partition(gained[reached], -walk.breadth)[-walk.breadth]
        reached = reached[gained[reached] >= least]
    best = reached[np.lexsort((reached, -gained[reached]))[: walk.breadth]]
    return best, walk.damping * gained[best]


def _region(view: VisibleGraph, reach: _Reach, walk: Walk) -> Region:
    edges, worth, passage = reach.edges, reach.worth, reach.place
    names, name = np.unique(view.edges.name[edges], return_inverse=True)
    out = worth / np.maximum(np.bincount(passage, worth, len(reach.passages)), 1e-12)[passage]
    is_title = view.is_title[edges]
    back = np.where(is_title, walk.title_back, 1.0) * worth
    inside = _worth_unread(view, edges, walk) * (is_title | view.edges.first[edges])
    outside = _whole_worth(view, names, walk) - np.bincount(name, inside, len(names))
    whole = np.bincount(name, back, len(names)) + np.maximum(outside, 0)
    return Region(reach.passages, names, edges, passage, name, out, back / np.maximum(whole, 1e-12)[name])


def _attention(
    view: VisibleGraph, passages: Integers, edges: Integers, place: Integers, query: Query, walk: Walk
) -> Floats:
    """A factor by edge: a mention is worth more when its sentence is near the question."""
    sentence = view.edges.sentence[edges]
    count = view.sentences[passages]
    has_vector = (sentence >= 0) & (sentence < count[place])
    if query is None or not has_vector.any():
        return np.ones(len(edges))
    cosines = view.graph.vectors.cosines(ranges(view.first_row[passages], count), query)
    factors = np.exp(walk.attention * (cosines.astype(np.float64) - _USUAL_COSINE))
    row = (np.cumsum(count) - count)[place] + sentence
    return np.where(has_vector, factors[np.where(has_vector, row, 0)], 1.0)


def _worth_unread(view: VisibleGraph, edges: Integers, walk: Walk) -> Floats:
    """What edges are worth on the way back, as far as that is known without reading their sentences."""
    unread = _unread(walk)
    return _worth(
        view,
        edges,
        {EdgeKind.MENTION: unread, EdgeKind.TITLE: walk.title_back, EdgeKind.SPAN: walk.span_weight * unread},
    )


def _whole_worth(view: VisibleGraph, names: Integers, walk: Walk) -> Floats:
    """The sum over all passages of the way back from names, as far as it is known without reading sentences."""
    said = view.frequency[names] * view.rarity[names] * _unread(walk)
    return np.where(view.owners[names] > 0, walk.title_back * view.ownership[names] + said, walk.span_weight * said)


def _worth(view: VisibleGraph, edges: Integers, factors: Mapping[EdgeKind, float]) -> Floats:
    """The weights of edges, each times the factor of its kind."""
    by_kind = np.array([factors[kind] for kind in sorted(EdgeKind)])
    worth: Floats = view.weight[edges] * by_kind[view.edges.kind[edges]]
    return worth


def _unread(walk: Walk) -> float:
    return float(np.exp(walk.attention * (_FAR_COSINE - _USUAL_COSINE)))
