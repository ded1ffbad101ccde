"""From candidates to what a run writes down: duplicates and demotions. Pure.

Decides who goes first among those of one key, which rule each finding has, and when nobody has an interest in a thing.
It looks at one audience only: what it is given. When two keys are equal is `sameness.py`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from stemma.memory.consolidation.model import (
    Candidate,
    Demotion,
    DemotionRule,
    Duplicate,
    MergeRule,
    Precedence,
    precedence,
)
from stemma.memory.consolidation.sameness import claim_key, source_key
from stemma.memory.model import Node


class _Member(NamedTuple):
    """One of those of a key; ordered by who goes first."""

    place: Precedence
    content_hash: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Keyed:
    """What is kept of a candidate until all were seen."""

    key: bytes
    member: _Member


def keyed(candidates: Iterable[Candidate]) -> list[Keyed]:
    """The candidates that can say the same as another one: those that say anything."""
    return [
        Keyed(
            source_key(one.title, one.texts, one.uri) if one.node is Node.SOURCE else claim_key(one.texts[0]),
            _Member(
                precedence(
                    searched=one.searched,
                    weight=one.weight,
                    came_at=one.came_at.astimezone(UTC).isoformat(timespec="microseconds"),
                    item_id=one.id,
                ),
                one.content_hash,
                one.hidden,
            ),
        )
        for one in candidates
        if any(text.strip() for text in one.texts)
    ]


class Grouping:
    """Gathers candidates of one label and audience by their keys."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._groups: defaultdict[bytes, list[_Member]] = defaultdict(list)

    def add(self, found: Iterable[Keyed]) -> None:
        for one in found:
            self._groups[one.key].append(one.member)

    def duplicates(self) -> Iterator[Duplicate]:
        """What says the same as something that goes before it, and is still shown beside it."""
        for members in self._groups.values():
            if len(members) == 1:
                continue
            first, *others = sorted(members)
            for other in others:
                if not other.hidden:
                    yield Duplicate(other.place.id, first.place.id, self._node, self._rule(first, other))

    def _rule(self, first: _Member, other: _Member) -> MergeRule:
        if self._node is Node.CLAIM:
            return MergeRule.STATEMENT
        return MergeRule.CONTENT if first.content_hash == other.content_hash else MergeRule.WORDS


def demotions(candidates: Sequence[Candidate], *, now: datetime, after: timedelta) -> list[Demotion]:
    """Those that came in before `now - after`, and in which no answer showed an interest.

    What is hidden, not searched, or has nothing to recall is left alone: it is not recalled anyway.
    """
    before = now - after
    found = []
    for one in candidates:
        if one.hidden or not one.searched or not one.texts or one.came_at >= before:
            continue
        if (rule := _rule_for(one, before)) and rule not in one.demoted:
            found.append(Demotion(one.id, one.node, rule))
    return found


def _rule_for(one: Candidate, before: datetime) -> DemotionRule | None:
    if one.stale and (one.last_used is None or one.last_used < before):
        return DemotionRule.STALE
    return DemotionRule.UNUSED if one.last_used is None else None
