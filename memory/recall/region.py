"""The part of a mention graph that a walk from some seeds reaches with any weight: small, however large memory is.

Decides which passages take part in one question's walk, and what each edge is worth for this question. From the seeds
the region grows twice, each time by the passages that most of the seeds' mass would come to, so that its size and the
work of a question stay bounded. Pure: arrays in, arrays out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.memory.recall.edge_table import EdgeKind
from stemma.memory.recall.recipes import Walk
from stemma.memory.recall.visible_graph import VisibleGraph

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.integer[Any]]
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


def region_around(view: VisibleGraph, seeds: Mapping[int, float], query: Query, walk: Walk) -> Region:
    """The region around seed passages, given with their mass."""
    passages: Integers = np.fromiter(seeds, np.int64, len(seeds))
    mass: Floats = np.fromiter(seeds.values(), np.float64, len(seeds))
    for _ in range(walk.hops):
        passages, mass = _grown(view, passages, mass, query, walk)
    return _region(view, passages, query, walk)


def _grown(view: VisibleGraph, passages: Integers, mass: Floats, query: Query, walk: Walk) -> tuple[Integers, Floats]:
    """The passages with those that one step out and back brings most mass to."""
    edges = view.edges_of_items(passages.tolist())
    if not len(edges):
        return passages, mass
    out = _worth(view, edges, query, walk)
    place = _places(passages, view.edges.item[edges])
    out *= mass[place] / np.bincount(place, out, len(passages))[place]
    names, which = np.unique(view.edges.name[edges], return_inverse=True)
    at_names = np.bincount(which, out, len(names))
    edges = view.edges_of_names(names)
    back = _worth_unread(view, edges, walk)
    place = np.searchsorted(names, view.edges.name[edges])
    back *= at_names[place] / _whole_worth(view, names, walk)[place]
    reached, which = np.unique(view.edges.item[edges], return_inverse=True)
    gained = np.bincount(which, back, len(reached))
    new = ~np.isin(reached, passages)
    reached, gained = reached[new], gained[new]
    best = np.lexsort((reached, -gained))[: walk.breadth]
    return np.concatenate([passages, reached[best]]), np.concatenate([mass, walk.damping * gained[best]])


def _region(view: VisibleGraph, passages: Integers, query: Query, walk: Walk) -> Region:
    edges = view.edges_of_items(passages.tolist())
    worth = _worth(view, edges, query, walk)
    passage = _places(passages, view.edges.item[edges])
    names, name = np.unique(view.edges.name[edges], return_inverse=True)
    out = worth / np.maximum(np.bincount(passage, worth, len(passages)), 1e-12)[passage]
    is_title = view.edges.kind[edges] == EdgeKind.TITLE
    back = np.where(is_title, walk.title_back, 1.0) * worth
    inside = _worth_unread(view, edges, walk) * (is_title | view.edges.first[edges])
    outside = _whole_worth(view, names, walk) - np.bincount(name, inside, len(names))
    whole = np.bincount(name, back, len(names)) + np.maximum(outside, 0)
    return Region(passages, names, edges, passage, name, out, back / np.maximum(whole, 1e-12)[name])


def _worth(view: VisibleGraph, edges: Integers, query: Query, walk: Walk) -> Floats:
    """What edges are worth for a question, on the way out: a mention more when its sentence is near the question."""
    vectors = view.graph.vectors
    item, sentence = view.edges.item[edges], view.edges.sentence[edges]
    has_vector = (sentence >= 0) & (sentence < view.sentences[item]) & (query is not None)
    rows, which = np.unique(view.first_row[item[has_vector]] + sentence[has_vector], return_inverse=True)
    cosine = np.full(len(edges), _USUAL_COSINE)
    if query is not None:
        cosine[has_vector] = vectors.cosines(rows, query)[which]
    return _plain_worth(view, edges, walk) * np.exp(walk.attention * (cosine - _USUAL_COSINE))


def _worth_unread(view: VisibleGraph, edges: Integers, walk: Walk) -> Floats:
    """What edges are worth on the way back, as far as that is known without reading their sentences."""
    is_title = view.edges.kind[edges] == EdgeKind.TITLE
    return _plain_worth(view, edges, walk) * np.where(is_title, walk.title_back, _unread(walk))


def _whole_worth(view: VisibleGraph, names: Integers, walk: Walk) -> Floats:
    """The sum over all passages of the way back from names, as far as it is known without reading sentences."""
    said = view.frequency[names] * view.rarity[names] * _unread(walk)
    return np.where(view.owners[names] > 0, walk.title_back * view.ownership[names] + said, walk.span_weight * said)


def _plain_worth(view: VisibleGraph, edges: Integers, walk: Walk) -> Floats:
    kind = view.edges.kind[edges]
    rarity = view.rarity[view.edges.name[edges]]
    said = np.where(kind == EdgeKind.SPAN, walk.span_weight, 1.0) * rarity
    return np.where(kind == EdgeKind.TITLE, view.edges.strength[edges], said)


def _unread(walk: Walk) -> float:
    return float(np.exp(walk.attention * (_FAR_COSINE - _USUAL_COSINE)))


def _places(passages: Integers, items: Integers) -> Integers:
    order = np.argsort(passages)
    return order[np.searchsorted(passages[order], items)]
