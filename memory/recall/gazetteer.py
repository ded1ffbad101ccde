"""Where texts say known names: a trie of words that grows name by name.

Decides what an occurrence is: all words of a name, one after another, in one sentence. It reports every occurrence,
also of names inside longer names: which of them count depends on who looks (`visible_graph.py`). A trie of words in
place of an Aho-Corasick automaton of characters: as fast on sentences, and a new name needs no rebuild.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

_END = ""


class Occurrence(NamedTuple):
    """Words [start, end) of a sentence say the name with this number."""

    start: int
    end: int
    name: int


class Gazetteer:
    """Names by number, found in sentences given as words."""

    def __init__(self) -> None:
        self._root: dict[str, Any] = {}

    def add(self, key: str, number: int) -> None:
        """Know a name, given as words between single spaces."""
        node = self._root
        for word in key.split():
            node = node.setdefault(word, {})
        node[_END] = number

    def find(self, sentence: Sequence[str]) -> list[Occurrence]:
        """Every occurrence, by start and then by end."""
        found: list[Occurrence] = []
        root, length = self._root, len(sentence)
        for start, word in enumerate(sentence):
            node = root.get(word)
            if node is None:
                continue
            end = start + 1
            while node is not None:
                if (number := node.get(_END)) is not None:
                    found.append(Occurrence(start, end, number))
                if end == length:
                    break
                node = node.get(sentence[end])
                end += 1
        return found


def containers(found: Sequence[Occurrence]) -> list[list[int]]:
    """For each occurrence the names of the longer ones it lies within: "York" within "New York"."""
    outer: list[list[int]] = [[] for _ in found]
    open_ones: list[Occurrence] = []
    for place in sorted(range(len(found)), key=lambda n: (found[n].start, -found[n].end)):
        one = found[place]
        open_ones = [other for other in open_ones if other.end > one.start]
        outer[place] = [other.name for other in open_ones if _within(one, other)]
        open_ones.append(one)
    return outer


def longest(found: Sequence[Occurrence]) -> list[Occurrence]:
    """Those that lie within no longer one."""
    return [one for one, outer in zip(found, containers(found), strict=True) if not outer]


def _within(one: Occurrence, other: Occurrence) -> bool:
    return other.start <= one.start and one.end <= other.end and other.end - other.start > one.end - one.start
