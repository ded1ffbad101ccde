"""Cuts a data set into a half to develop on and a half to test on, with no source on both sides.

Decides by hash, so that everybody gets the same halves and there is nothing to store or to draw. Questions that need a
common document, documents of one title, and questions that are the same but for their spelling stay together, along
whole chains of them: the halves are of equal size only as far as the chains are short.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum

from stemma.evals.case import Case
from stemma.memory.text import normalise, words


class Part(StrEnum):
    """Which half."""

    DEV = "dev"
    TEST = "test"


def part_of(cases: Sequence[Case], part: Part, titles: Mapping[str, str]) -> tuple[Case, ...]:
    """The cases of one half, in order. `titles` has the title of each document by its id; every case is in one half.

    A side changes only for a case whose chain of common sources changes, whatever else is added, and does not depend on
    what the folder is called.
    """
    chains = _Chains()
    keys = [_keys(case, titles) for case in cases]
    for each in keys:
        chains.join(each)
    return tuple(case for case, each in zip(cases, keys, strict=True) if _side(chains.first(each[0])) is part)


class _Chains:
    """Disjoint sets of keys, each known by its smallest."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def first(self, key: str) -> str:
        while (above := self._above.setdefault(key, key)) != key:
            self._above[key] = self._above.setdefault(above, above)
            key = above
        return key

    def join(self, keys: Sequence[str]) -> None:
        found = sorted(self.first(key) for key in keys)
        for other in found[1:]:
            self._above[other] = found[0]


def _keys(case: Case, titles: Mapping[str, str]) -> list[str]:
    """What makes two cases one chain, the same in every set; documents of different sets meet by title alone."""
    found = ["question:" + " ".join(words(case.question))]
    for document in case.gold:
        name, _, own = document.partition("/")
        found.append(f"document:{own}\0{name}")
        if title := normalise(titles.get(document, "")):
            found.append(f"title:{title}")
    return found


def _side(first: str) -> Part:
    """By the first bit of the hash of the chain's smallest key, without the name of its set."""
    digest = hashlib.sha256(first.partition("\0")[0].encode()).digest()
    return Part.DEV if digest[0] < 128 else Part.TEST
