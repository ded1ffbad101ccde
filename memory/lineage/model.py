"""The values of lineage: decisions, what they change, and the paths between statements and what they rest on. Frozen.

Decides what a retraction, an effect and a lineage *are*. The rule that computes flags stands in `support.py`; who may
decide about what, in the port (`lineage/ports.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from stemma.memory.model import Answer, Claim, Node, Passage, Relation, Source
from stemma.memory.scope import Scope


class RetractionKind(StrEnum):
    """How a source or claim was taken back."""

    WITHDRAWAL = "withdrawal"
    """It is not true, or must not be used."""
    QUARANTINE = "quarantine"
    """Kept for a person to look at."""


@dataclass(frozen=True, slots=True)
class Retraction:
    """A decision to withdraw a source or a claim, or to put it into quarantine. It is kept when it is lifted."""

    id: str
    scope: Scope
    """Its item's scope, once it is stored: whoever sees the item sees why it was taken back."""
    withdraws: str
    """Id of the source or claim."""
    reason: str
    actor: str
    at: datetime
    kind: RetractionKind = RetractionKind.WITHDRAWAL
    lifted_at: datetime | None = None
    lifted_by: str = ""
    authority: Scope | None = None
    """The wider scope that decided, and below which nobody lifts it; None when it was the item's own."""

    def kept(self, item: Scope, decider: Scope) -> Retraction:
        """The decision as it is stored: under its item's scope, with the scope that made it where that is wider."""
        authority = None if decider == item else decider
        return replace(self, scope=item, authority=authority, lifted_at=None, lifted_by="")


class Status(NamedTuple):
    """The derived flags of a source, passage, claim or answer (`support.py`)."""

    supported: bool
    current: bool
    stale: bool


class Standing(StrEnum):
    """What a listing may be narrowed to."""

    UNSUPPORTED = "unsupported"
    """Not supported; for answers this is *tainted*."""
    WITHDRAWN = "withdrawn"
    QUARANTINED = "quarantined"
    STALE = "stale"
    """Stale; for sources, replaced."""


@dataclass(frozen=True, slots=True)
class Affected:
    """One item whose flags a decision changes, or would change."""

    id: str
    node: Node
    before: Status
    after: Status


@dataclass(frozen=True, slots=True)
class Effect:
    """What a decision took or gave back, or would (`dry run`)."""

    affected: Sequence[Affected]
    """What the deciding scope may see, sources first, then passages, claims and answers."""
    hidden: int
    """How many more change in narrower scopes of the same tenant, which the deciding scope may not see."""
    retraction: Retraction | None = None
    """The decision as it is stored, or would be; None for a supersession."""


class Direction(StrEnum):
    """Which way lineage is followed."""

    UPSTREAM = "upstream"
    """What an item rests on."""
    DOWNSTREAM = "downstream"
    """What rests on an item."""


@dataclass(frozen=True, slots=True)
class LineageEdge:
    """`dependent` rests on `antecedent`; for SUPERSEDES and REPLACES the dependent is the newer one."""

    dependent: str
    antecedent: str
    relation: Relation
    justification: str = ""
    """Edges of one claim that share it support the claim together."""
    quote: str = ""
    start: int = 0
    """Characters [start, end) of the quote in the antecedent's text."""
    end: int = 0
    extractor: str = ""
    run_id: str = ""
    step: str = ""
    rank: int = 0
    """Of USED: 1 = first."""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Lineage:
    """Everything that can be reached from one item in one direction, as far as the scope may see it."""

    root: str
    direction: Direction
    items: Mapping[str, Source | Passage | Claim | Answer]
    """By id, nearest first; the root is the first."""
    edges: Sequence[LineageEdge]
    """Between items of `items` only."""
    retractions: Sequence[Retraction]
    """Decisions about items of `items`, lifted ones included, oldest first."""
    truncated: bool = False
    """There is more than the limit let through."""
