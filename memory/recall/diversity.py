"""Which hits say again what a better hit says, and how many hits a budget holds. Pure.

Decides what a repetition is. Within one source, passages that overlap or are nearly the same words: the later one is
left out. In another source, exactly the same words: two sources are two grounds, so the later one is kept, behind what
is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

from stemma.memory.model import Claim, Hit, Passage
from stemma.memory.text import words

NEARLY = 0.9
"""Share of common words (Jaccard) from which two passages of one source are nearly the same."""
_CHARACTERS_A_TOKEN = 4


class Novelty(Enum):
    """What an item adds to what is shown already."""

    NEW = "new"
    ANOTHER_SOURCE = "another source"
    """The same words from another source."""
    NOTHING = "nothing"


class Shown:
    """What is shown so far."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._passages: dict[str, list[tuple[Passage, frozenset[str]]]] = {}

    def show(self, item: Passage | Claim) -> Novelty:
        """Count an item as shown, unless it adds nothing."""
        found = words(item.text)
        text = " ".join(found) or item.text
        known = text in self._texts
        self._texts.add(text)
        if isinstance(item, Claim):
            return Novelty.NOTHING if known else Novelty.NEW
        own = frozenset(found)
        beside = self._passages.setdefault(item.source_id, [])
        if any(_overlap(item, other) or _alike(own, others) for other, others in beside):
            return Novelty.NOTHING
        beside.append((item, own))
        return Novelty.ANOTHER_SOURCE if known else Novelty.NEW


def _overlap(one: Passage, other: Passage) -> bool:
    """More than half of the shorter one lies within the other one. An empty range tells nothing."""
    if (one.position.page, one.position.sheet) != (other.position.page, other.position.sheet):
        return False
    common = min(one.position.end, other.position.end) - max(one.position.start, other.position.start)
    shorter = min(one.position.end - one.position.start, other.position.end - other.position.start)
    return shorter > 0 and common * 2 > shorter


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one) and len(one & other) >= NEARLY * len(one | other)


def tokens(text: str) -> int:
    """How many tokens a text is counted as: a quarter of its characters, at least one. An estimate for any model."""
    return max(1, -(-len(text) // _CHARACTERS_A_TOKEN))


def within(budget: int, hits: Sequence[Hit]) -> list[Hit]:
    """The best hits whose texts fit into a budget of tokens together; one that does not fit makes room for the next."""
    kept: list[Hit] = []
    for hit in hits:
        if (needed := tokens(hit.text)) <= budget:
            kept.append(replace(hit, rank=len(kept) + 1))
            budget -= needed
    return kept
