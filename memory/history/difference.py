"""What changed in memory between two moments of belief: items by what became of them, and the decisions since. Pure.

Decides what a change is called. An item has one: the first that fits in the order of `Change`. Words for people stand
in `difference_shell.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from stemma.memory.history.belief import facts_at, read_moment
from stemma.memory.history.model import DatedItem, DatedRegion
from stemma.memory.lineage.model import Retraction, Status
from stemma.memory.lineage.support import statuses
from stemma.memory.model import Node


class Change(StrEnum):
    """What became of an item."""

    ADDED = "added"
    """It was not known before; it may have been taken back since."""
    WITHDRAWN = "withdrawn"
    """It was taken back itself."""
    LOST = "lost"
    """It lost its support: what it rested on was taken back."""
    SUPERSEDED = "superseded"
    """A newer claim stands in its place."""
    REPLACED = "replaced"
    """A newer version of its source stands in its place."""
    EXPIRED = "expired"
    """It is believed as before, and what it says ended to hold in between."""
    BACK = "back"
    """It is supported, or current, again."""
    STALE = "stale"
    """What it rests on is no longer current."""
    FRESH = "fresh"
    """It is not stale any more."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One item, and its flags at both moments."""

    id: str
    node: Node
    change: Change
    before: Status | None
    """None where it was not known."""
    after: Status


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed after `earlier`, up to and including `later`, as far as a reader may see it."""

    earlier: datetime
    later: datetime
    changed: Sequence[Changed]
    """In the order of `Change`, then sources, passages, claims and answers, the newest first."""
    decisions: Sequence[Retraction]
    """Those that were made or lifted in between, the oldest first; as they stood at `later`."""

    @property
    def counts(self) -> Mapping[Change, Mapping[Node, int]]:
        """How many items of each label have each change; those that none has are left out."""
        found: dict[Change, Counter[Node]] = {}
        for one in self.changed:
            found.setdefault(one.change, Counter())[one.node] += 1
        return found


_CHANGES = list(Change)
_NODES = (Node.SOURCE, Node.PASSAGE, Node.CLAIM, Node.ANSWER)


def difference(region: DatedRegion, audiences: Collection[str], earlier: datetime, later: datetime) -> Difference:
    """The difference of two beliefs. The region is one for `known_at=earlier` and `as_of=later`."""
    facts = facts_at(region, later, None)
    before, after = statuses(facts_at(region, earlier, None)), statuses(facts)
    seen = [item for item in region.items.values() if item.audience in audiences and item.id in after]
    found = [
        Changed(item.id, item.node, change, before.get(item.id), after[item.id])
        for item in seen
        if (change := _change(item, before.get(item.id), after[item.id], facts.taken_back, earlier, later))
    ]
    found.sort(key=lambda one: _place(one, region.items[one.id]))
    decisions = [_as_of(one, later) for one in region.decisions if one.scope.audience in audiences]
    between = [one for one in decisions if _is_between(one, earlier, later)]
    return Difference(earlier, later, found, sorted(between, key=lambda one: (one.at, one.id)))


def _place(one: Changed, item: DatedItem) -> tuple[int, int, float, str]:
    return (_CHANGES.index(one.change), _NODES.index(one.node), -item.recorded_at.timestamp(), one.id)


def _change(
    item: DatedItem,
    before: Status | None,
    after: Status,
    taken_back: Collection[str],
    earlier: datetime,
    later: datetime,
) -> Change | None:
    if before is None:
        return Change.ADDED
    if before.supported and not after.supported:
        return Change.WITHDRAWN if item.id in taken_back else Change.LOST
    if before.current and not after.current:
        return Change.SUPERSEDED if item.node is Node.CLAIM else Change.REPLACED
    if after.current and _expires(item, earlier, later):
        return Change.EXPIRED
    if before == after:
        return None
    if before.current != after.current or before.supported != after.supported:
        return Change.BACK
    return Change.STALE if after.stale else Change.FRESH


def _expires(item: DatedItem, earlier: datetime, later: datetime) -> bool:
    end = read_moment(item.valid_to)
    return end is not None and earlier < end <= later


def _as_of(decision: Retraction, later: datetime) -> Retraction:
    """The decision as it stood then: not yet lifted, where that came later."""
    if decision.lifted_at is None or decision.lifted_at <= later:
        return decision
    return replace(decision, lifted_at=None, lifted_by="")


def _is_between(decision: Retraction, earlier: datetime, later: datetime) -> bool:
    lifted = decision.lifted_at is not None and earlier < decision.lifted_at <= later
    return decision.at <= later and (decision.at > earlier or lifted)
