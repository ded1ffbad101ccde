"""The mention graph as one reader sees it: only items that are current and meant for the reader's audiences.

Decides which edges count for whom. It is the graph that would be built of the visible items alone: a name that only
hidden items answer to or mention does not exist, is not counted, and does not stand in a shorter name's place. A view
is worked out once for each version of the graph, by passes over its columns, and shared by all questions until the
next.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.memory.history.model import Sight
from stemma.memory.recall.edge_index import EdgeIndex, Integers
from stemma.memory.recall.edge_table import EdgeKind
from stemma.memory.recall.gazetteer import longest
from stemma.memory.recall.mention_graph import MentionGraph
from stemma.memory.text import words

Floats = NDArray[np.floating[Any]]

_COMMON_SHARE, _COMMON_LEAST = 0.01, 20
"""A capitalised span counts when at most this share of the passages says it, or this many if that is more …"""
_RARE = 2
"""… and at least this many."""
_SAID_BY_MANY = 100
"""A name that more passages say leads the walk to the passages it names, and from them, but not among the others."""
_SHARED_BY_MANY = 100
"""A name that more passages answer to names none of them in particular."""


def _recallable(graph: MentionGraph, sight: Sight | None) -> NDArray[np.bool_]:
    recallable = np.array(graph.recallable, np.bool_)
    for ids, seen in ((sight.hidden, False), (sight.shown, True)) if sight else ():
        recallable[[graph.number_of[item_id] for item_id in ids if item_id in graph.number_of]] = seen
    return recallable


class VisibleGraph:
    """What the holders of some audiences see of a graph at one of its versions."""

    def __init__(self, graph: MentionGraph, audiences: Collection[str], sight: Sight | None = None) -> None:
        """With a sight, what a look at the past shows of it."""
        self.graph = graph
        self.version = graph.version
        self.first_row, self.sentences = np.array(graph.vectors.first), np.array(graph.vectors.count)
        """By item: where its sentence vectors stand, and how many it has."""
        codes = [graph.audiences[audience] for audience in audiences if audience in graph.audiences]
        seen = np.isin(np.array(graph.audience, np.int32), codes) & _recallable(graph, sight)
        is_passage = np.array(graph.is_passage, np.bool_)
        self.passages: NDArray[np.bool_] = seen & is_passage
        """By item: whether it is a passage that the reader sees."""
        self.claims: NDArray[np.bool_] = seen & ~is_passage
        self.edges = edges = graph.edges.arrays()
        names = len(graph.names)
        self.is_title: NDArray[np.bool_] = edges.kind == EdgeKind.TITLE
        """By edge: whether the passage answers to the name."""
        visible, title = self.passages[edges.item], self.is_title
        self.owners: NDArray[np.int64] = np.bincount(edges.name[visible & title], minlength=names)
        """By name: how many visible passages answer to it."""
        strengths = np.where(visible & title, edges.strength, 0.0)
        self.ownership: Floats = np.bincount(edges.name, strengths, names).astype(np.float64)
        """By name: the strengths with which they do, together."""
        suppressed = np.zeros(len(edges.item), np.bool_)
        suppressed[edges.inside[self.owners[edges.outer] > 0]] = True
        owned = self.owners[edges.name] > 0
        says = ((edges.kind == EdgeKind.MENTION) & owned & ~suppressed) | ((edges.kind == EdgeKind.SPAN) & ~owned)
        counted = visible & says & edges.first
        self.frequency: NDArray[np.int64] = np.bincount(edges.name[counted], minlength=names)
        """By name: how many visible passages say it."""
        total = int(self.passages.sum())
        common = max(_COMMON_LEAST, _COMMON_SHARE * total)
        telling = np.where(self.owners > 0, self.frequency > 0, (self.frequency >= _RARE) & (self.frequency <= common))
        telling_says = says & telling[edges.name]
        self.usable: NDArray[np.bool_] = visible & (says | title) & telling[edges.name]
        """By edge: whether the walk may take it."""
        rarity = np.log1p(total / np.maximum(self.frequency, 1)) / math.log1p(max(total, 1))
        self.rarity: NDArray[np.float32] = rarity.astype(np.float32)
        """By name: inverse document frequency, in (0, 1]: log(1 + n / f) / log(1 + n)."""
        weight = np.where(title, edges.strength, self.rarity[edges.name])
        self.weight: NDArray[np.float32] = weight.astype(np.float32)
        """By edge: how strongly the passage answers to the name, or how rare the name is that it says; in (0, 1]."""
        self._of_items = self._index(self.usable, by_item=True)
        self._of_claims = self._index(self.claims[edges.item] & telling_says, by_item=True)
        self._titles = self._index(visible & title)
        said_by_few = self.usable & ~title & (self.frequency <= _SAID_BY_MANY)[edges.name]
        self._of_names = self._index((self.usable & title) | said_by_few)

    def _index(self, chosen: NDArray[np.bool_], *, by_item: bool = False) -> EdgeIndex:
        edges = np.flatnonzero(chosen)
        places, count = (self.edges.item, len(self.passages)) if by_item else (self.edges.name, len(self.owners))
        return EdgeIndex(edges, places[edges], count)

    def edges_of_items(self, items: Integers) -> tuple[Integers, Integers]:
        """The usable edges of these items, one item after another, and how many each has."""
        return self._of_items.of(items)

    def edges_of_names(self, names: Integers) -> tuple[Integers, Integers]:
        """The usable edges to these names, and how many each has; of a name that very many passages say, only those of
        its own passages."""
        return self._of_names.of(names)

    def edges_of_claim(self, item: int) -> Integers:
        """What this visible claim says; the walk does not take it."""
        return self._of_claims.of(np.array([item]))[0]

    def titles_of(self, name: int) -> Integers:
        """The edges by which visible passages answer to this name."""
        return self._titles.of(np.array([name]))[0]

    def named_in(self, question: str) -> dict[int, float]:
        """Passage -> how strongly the question names it, in (0, 1]; passages it does not name are left out.

        Of names within names the longest counts. A name of several words tells more than one word that many passages
        answer to: words / sqrt(passages of that name), times the name's strength.
        """
        found: dict[int, float] = {}
        known = [one for one in self.graph.gazetteer.find(words(question)) if self.owners[one.name]]
        for one in longest(known):
            if self.owners[one.name] > _SHARED_BY_MANY:
                continue
            owners = self.titles_of(one.name)
            tells = min(1.0, (one.end - one.start) / len(owners) ** 0.5)
            for item, strength in zip(
                self.edges.item[owners].tolist(), self.edges.strength[owners].tolist(), strict=True
            ):
                found[item] = max(found.get(item, 0.0), tells * strength)
        return found
