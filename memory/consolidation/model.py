"""The values of consolidation: what says the same, what nobody used, and what one run did about it. Frozen.

Decides what a candidate, a duplicate, a demotion and a run *are*, and which of several that say the same goes first.
When two say the same is `sameness.py`'s, what is shown of them `standing.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from stemma.memory.model import Node
from stemma.memory.scope import Scope


class MergeRule(StrEnum):
    """Why two are counted as one."""

    CONTENT = "same content"
    """Sources: title and text are equal, character for character."""
    WORDS = "same words"
    """Sources: title and text have the same words and numbers in the same order; of a long text also under another
    file's name."""
    STATEMENT = "same statement"
    """Claims: the same words, and the same numbers and dates however they are written."""


class DemotionRule(StrEnum):
    """Why something is recalled below the rest."""

    UNUSED = "unused"
    """It came in long ago, and no answer ever used or stated it."""
    STALE = "stale"
    """A claim of long ago that rests only on what is no longer current, and that no answer used lately."""


class Precedence(NamedTuple):
    """Of those that say the same the least one goes first: what is searched, the more trusted, the older, then by id.
    Nothing of it ever changes, so that no two can go before each other."""

    unsearched: bool
    distrust: float
    """Less the trust of a source, or the confidence of a claim."""
    came_at: str
    """In UTC, so that the text sorts as time does."""
    id: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A current source or claim as a run looks at it."""

    id: str
    node: Node
    title: str
    """A source's."""
    texts: Sequence[str]
    """The passages of a source in order, or the one text of a claim. Empty for a source with nothing to recall."""
    content_hash: str
    """A source's."""
    weight: float
    """The trust of a source, the confidence of a claim."""
    came_at: datetime
    """When a source was added, a claim recorded."""
    last_used: datetime | None
    """When an answer last used or stated it; of a source, one of its passages or a claim derived from one."""
    uri: str = ""
    """A source's."""
    searched: bool = True
    stale: bool = False
    hidden: bool = False
    """Another one that says the same is shown in its place."""
    demoted: frozenset[str] = frozenset()
    """The rules by which it is demoted already."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """`(Source|Claim)-[:DUPLICATES]->(Source|Claim)`: it says the same as one that goes before it."""

    id: str
    canonical: str
    node: Node
    rule: MergeRule


@dataclass(frozen=True, slots=True)
class Demotion:
    """A source or claim that is recalled below the rest, until an answer uses it."""

    id: str
    node: Node
    rule: DemotionRule


@dataclass(frozen=True, slots=True)
class Consolidation:
    """One run over one audience. It is kept when it is undone."""

    id: str
    scope: Scope
    actor: str
    at: datetime
    sources: int = 0
    """How many sources it merged …"""
    claims: int = 0
    """… how many claims …"""
    demoted: int = 0
    """… and how many of both it demoted."""
    undone_at: datetime | None = None
    undone_by: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """What consolidation made of a source or claim."""

    shown: str = ""
    """The one that says the same and is shown in its place; empty when it is shown itself."""
    merged: int = 0
    """How many others, that say the same, it is shown for."""
    demoted: tuple[DemotionRule, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsolidationReport:
    """What a run did, or would do."""

    run: Consolidation
    """A dry run, and one that found nothing, keep nothing under its id."""
    duplicates: Sequence[Duplicate]
    """What it merged, sources first, each with what is shown in its place."""
    demotions: Sequence[Demotion]
    looked_at: int
    """How many sources and claims it compared."""


@dataclass(frozen=True, slots=True)
class ConsolidationProgress:
    """How far a run is."""

    looked_at: int
    written: int
    """Of `found` merges and demotions; 0 of 0 while it still looks."""
    found: int


def precedence(*, searched: bool, weight: float, came_at: str, item_id: str) -> Precedence:
    """Where an item stands among those that say the same."""
    return Precedence(not searched, -weight, came_at, item_id)
