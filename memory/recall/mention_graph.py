"""Who mentions whom in one tenant, kept in a process's memory and brought up to date item by item.

Decides what is an edge: a passage to a name that it mentions (known names found in its sentences, and capitalised spans
that were stored as mentions), and to a name that it answers to (`passage_names.py`). What came first does not matter:
however the items arrive, the graph is the one that a rebuild would give. It holds everybody's items and shows none:
who sees what is `visible_graph.py`. Not safe for several threads at once.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from stemma.memory.model import Node
from stemma.memory.recall.edge_table import EdgeKind, EdgeTable
from stemma.memory.recall.gazetteer import Gazetteer, containers
from stemma.memory.recall.passage_names import name_key, passage_names
from stemma.memory.recall.ports import GraphItem
from stemma.memory.recall.sentence_matrix import SentenceMatrix
from stemma.memory.text import words

_NOWHERE: array[int] = array("i")
_START = attrgetter("start")


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is kept of an item's text: its words, sentence by sentence, each between spaces and on a line of its own."""

    title: str
    text: str
    own: frozenset[int]
    """The names that it answers to."""


class MentionGraph:
    """Items, names and the edges between them, all by number; `VisibleGraph` reads the columns."""

    def __init__(self) -> None:
        self.version = 0
        """Grows with every change, so that what was worked out from the graph is known to be old."""
        self.number_of: dict[str, int] = {}
        """Item id -> its number …"""
        self.ids: list[str] = []
        """… and back."""
        self.names: dict[str, int] = {}
        """Key of a name -> its number."""
        self.is_passage, self.recallable, self.audience = array("b"), array("b"), array("i")
        self.audiences: dict[str, int] = {}
        """Audience -> its number in the column."""
        self.vectors = SentenceMatrix()
        self.edges = EdgeTable()
        self.gazetteer = Gazetteer()
        self._entries: list[_Entry] = []
        self._read = 0
        """So many of them were looked through for mentions …"""
        self._fresh: dict[int, str] = {}
        """… and these names are younger."""
        self._owned: set[int] = set()
        self._holders: defaultdict[str, array[int]] = defaultdict(lambda: array("i"))

    def identity(self, number: int) -> tuple[str, str]:
        """An item's id and title."""
        return self.ids[number], self._entries[number].title

    @property
    def settled(self) -> bool:
        """Whether all mentions in what was taken in are found."""
        return self._read == len(self._entries)

    def take(self, items: Sequence[GraphItem]) -> None:
        """Take in items that are new or whose flag changed. What an item says never changes under its id.

        The mentions in their texts are left to `settle`: where many pages come one after another, those of all are
        found at once, and no page's names are looked for in the pages before it.
        """
        for item in items:
            if item.id in self.number_of:
                self.recallable[self.number_of[item.id]] = item.recallable
            else:
                self._fresh |= self._add(item)
                self._add_spans(len(self._entries) - 1, item)
        self.version += 1

    def settle(self) -> None:
        """Find the mentions in the items that were taken in, and of their names in all others."""
        for number in range(self._read, len(self._entries)):
            self._add_mentions(number, None)
        self._find_in_older(self._fresh, self._read)
        self._fresh, self._read = {}, len(self._entries)
        self.version += 1

    def _add(self, item: GraphItem) -> dict[int, str]:
        """Register an item; the names that nothing answered to before it, with their keys."""
        spans = _spans(item)
        lines = [" ".join(words(item.text[start:end])) for start, end in spans]
        number = len(self._entries)
        own = passage_names(item.title, *_opening(item, spans)) if item.node is Node.PASSAGE else {}
        fresh: dict[int, str] = {}
        for key, strength in own.items():
            name = self._name(key)
            if name not in self._owned:
                self._owned.add(name)
                self.gazetteer.add(key, name)
                fresh[name] = key
            self.edges.add(number, name, EdgeKind.TITLE, strength=strength, spelling=_spelling(key, item.title))
        text = "\n".join(f" {line} " for line in lines)
        self._entries.append(_Entry(item.title, text, frozenset(map(self._name, own))))
        self.number_of[item.id] = number
        self.ids.append(item.id)
        self.is_passage.append(item.node is Node.PASSAGE)
        self.recallable.append(item.recallable)
        self.audience.append(self.audiences.setdefault(item.audience, len(self.audiences)))
        self.vectors.add(item.sentences)
        for word in {word for line in lines for word in line.split()}:
            self._holders[word].append(number)
        return fresh

    def _name(self, key: str) -> int:
        return self.names.setdefault(key, len(self.names))

    def _add_spans(self, number: int, item: GraphItem) -> None:
        """Edges for the stored mentions, one for each name and sentence."""
        starts = [start for start, _ in _spans(item)]
        seen: set[tuple[int, int]] = set()
        known: set[int] = set()
        for mention in item.mentions:
            if not (key := name_key(mention.name)):
                continue
            name, sentence = self._name(key), max(bisect_right(starts, mention.start) - 1, 0)
            if (name, sentence) not in seen:
                spelling, first = mention.name, name not in known
                self.edges.add(number, name, EdgeKind.SPAN, sentence=sentence, first=first, spelling=spelling)
            seen.add((name, sentence))
            known.add(name)

    def _find_in_older(self, fresh: Mapping[int, str], before: int) -> None:
        """Edges from the items that were there already to names that are new."""
        affected: set[int] = set()
        for key in fresh.values() if before else ():
            rarest = min((self._holders.get(word, _NOWHERE) for word in key.split()), key=len)
            affected.update(n for n in rarest if n < before and f" {key} " in self._entries[n].text)
        for number in sorted(affected):
            self._add_mentions(number, fresh)

    def _add_mentions(self, number: int, fresh: Mapping[int, str] | None) -> None:
        """Edges for the known names in an item's text; with `fresh`, all but those are there already."""
        own = self._entries[number].own
        there = {} if fresh is None else self.edges.mentions_of(number)
        seen: set[int] = set()
        for sentence, line in enumerate(self._entries[number].text.split("\n")):
            if not (found := self.gazetteer.find(line.split())):
                continue
            for one, outer in zip(found, containers(found), strict=True):
                edge = there.get((sentence, one.start, one.name))
                if one.name in own:
                    continue
                if edge is not None:
                    outer = [name for name in outer if fresh and name in fresh]
                else:
                    first, start = one.name not in seen, one.start
                    edge = self.edges.add(
                        number, one.name, EdgeKind.MENTION, sentence=sentence, start=start, first=first
                    )
                    seen.add(one.name)
                self.edges.contain(edge, outer)


def _spans(item: GraphItem) -> Sequence[tuple[int, int]]:
    """The item's sentences; all of its text where none are stored."""
    return item.sentences.spans if item.sentences and len(item.sentences.spans) else [(0, len(item.text))]


def _opening(item: GraphItem, spans: Sequence[tuple[int, int]]) -> tuple[str, str]:
    """The first sentence, and the name that it opens with, if it does."""
    start, end = spans[0]
    first = min(item.mentions, key=_START, default=None)
    opens = first is not None and first.start <= start + len("The ") and first.start < end
    return item.text[start:end], first.name if first and opens else ""


def _spelling(key: str, title: str) -> str:
    """How to show a name that a passage answers to."""
    return title if name_key(title) == key else key
