"""The values of looking back: a region of lineage with the times of its facts, and what a look at the past shows.

Decides what is dated. A passage has the time of its source, and what an answer used or states that of the answer. What
a past belief follows from stands in `belief.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from stemma.memory.consolidation.model import Precedence
from stemma.memory.lineage.model import Retraction, Status
from stemma.memory.model import Node


@dataclass(frozen=True, slots=True)
class DatedItem:
    """A source, passage, claim or answer: how it stands now, and since when it is known."""

    id: str
    node: Node
    audience: str
    now: Status
    recorded_at: datetime
    valid_from: str = ""
    """Of a source or claim, as it is stated (ISO 8601); empty where it is not."""
    valid_to: str = ""
    uri: str = ""
    """Of a source; with its audience it names the versions that stand in each other's place."""
    version: int = 0
    searched: bool = True
    """False for a claim that is not searched by itself."""


class Reason(NamedTuple):
    """An antecedent of a justification of a passage, claim or answer."""

    dependent: str
    antecedent: str
    justification: str
    """Empty for passages and answers, which have one justification."""
    at: datetime


class Supersession(NamedTuple):
    """A newer claim stands in an older one's place."""

    newer: str
    older: str
    at: datetime


class Opposed(NamedTuple):
    """A claim that contradicts an item, or what a passage states, as far as that was known at a moment."""

    item_id: str
    claim_id: str
    is_current: bool
    """Today."""


class SourceVersion(NamedTuple):
    """One version of a source as it stands today."""

    id: str
    audience: str
    uri: str
    version: int
    supported: bool


class DatedDuplicate(NamedTuple):
    """One says the same as another one, and since when a run of consolidation has said so."""

    id: str
    canonical: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DatedDuplicates:
    """Everything of a tenant that says the same as something else. What a run that was undone had found is not kept."""

    edges: Sequence[DatedDuplicate] = ()
    places: Mapping[str, Precedence] = field(default_factory=dict)
    """Of the sources and claims at the edges, what goes first."""
    current: Collection[str] = ()
    """Those of them that are current today."""
    searched: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By source or claim at an edge, what of it is found by a search: its passages, or itself."""


@dataclass(frozen=True, slots=True)
class DatedRegion:
    """Items of one tenant, whoever may see them, and all that their flags depend on, at any time.

    Closed downstream, as `lineage.support.Facts` asks for. Of what stands around it the flags are today's: those do not
    differ at the moments that the region was asked for.
    """

    items: Mapping[str, DatedItem]
    reasons: Sequence[Reason] = ()
    supersessions: Sequence[Supersession] = ()
    decisions: Sequence[Retraction] = ()
    """About the sources and claims inside, lifted ones included."""
    around: Mapping[str, Status] = field(default_factory=dict)
    duplicates: DatedDuplicates = field(default_factory=DatedDuplicates)


def slack(as_of: datetime) -> tuple[str, str]:
    """Days between which what is stated as text may or may not hold: texts have any zone, or none, and a look takes in
    whatever may begin after the first or end before the second. The moment is in UTC."""
    first, second = (_shifted(as_of, days).date().isoformat() for days in (-1, 2))
    return first, second


def _shifted(moment: datetime, days: int) -> datetime:
    try:
        return moment + timedelta(days=days)
    except OverflowError:
        return moment


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """Which passages and claims a look at the past finds: today's, without `hidden` and with `shown`.

    Whose they are does not matter here: the searches show a reader only what is his. Compared by identity, so that what
    was worked out for one is found again.
    """

    hidden: frozenset[str]
    """Recallable today, and not then."""
    shown: frozenset[str]
    """Recallable then, and not today."""


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """What was believed at a moment (`known_at`), of how the world was at a moment (`as_of`); None is today."""

    known_at: datetime | None
    as_of: datetime | None
    then: Mapping[str, Status]
    """The flags of every item that may stand otherwise than today, as far as it was known then."""
    sight: Sight
    later: frozenset[tuple[str, str, str]]
    """What claims were derived from, and nobody knew then: claim, justification, antecedent."""
    unknown: frozenset[str] = frozenset()
    """What was not there then."""
    superseded_later: frozenset[tuple[str, str]] = frozenset()
    """Supersessions that nobody knew then: newer, older."""
    also: Mapping[str, int] = field(default_factory=dict)
    """By source or claim, how many others that said the same were hidden behind it then."""
    replaced: frozenset[str] = frozenset()
    """Of the sources that may stand otherwise than today, those that a newer version stood in the place of."""
    in_force: Mapping[str, Sequence[Retraction]] = field(default_factory=dict)
    """By item that may stand otherwise than today, the decisions that held it then."""
