"""What a contradiction in memory is: two claims that exclude each other, the evidence, and what was decided about it.

Decides the values only. What excludes what is found in `pairs.py`, who is the better supported in `weighing.py`, what
follows from it in `policy.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from stemma.memory.ingest.subjects import spelled_out, unnamed
from stemma.memory.model import FAR_FUTURE, Claim, Source
from stemma.memory.scope import Scope
from stemma.memory.text import normalise

PER_ENTITY = 512
"""A sweep compares a claim with at most so many others for each entity by which others are found (`pairs.told_of`): of
a thing that more claims speak of, the rest is not reached by way of it."""
AT_WRITING = 16
"""The same while a claim is written. Of a thing that hundreds of claims speak of, each new one
would wait for hundreds of comparisons, and an ingestion take ten times as long: those are the sweep's."""
POLICY_ACTOR = "contradiction policy"
"""Who decides where a policy does, as decisions name it."""
RULES = "rule:slots"
"""The detector that needs no model."""


class Resolution(StrEnum):
    """What was decided about a contradiction."""

    OPEN = ""
    KEEP_OLDER = "keep-older"
    KEEP_NEWER = "keep-newer"
    BOTH_HOLD = "both-hold"
    """It is none: it is not raised again."""


class Policy(StrEnum):
    """What is done about a contradiction when it is found (`MEMORY_CONTRADICTIONS`)."""

    OFF = "off"
    """New claims are not compared; a sweep finds what there is, and flags it."""
    FLAG = "flag"
    """Nothing: it is stored, listed, and told with every hit that it touches."""
    QUARANTINE = "quarantine"
    """The newcomer is set apart until a person has looked at it."""
    SUPERSEDE = "supersede"
    """The newer claim stands in the older one's place, where it has no less for it."""


class ComparedClaim(NamedTuple):
    """As much of a claim as comparing needs."""

    id: str
    audience: str
    text: str
    recorded_at: datetime
    valid_from: str = ""
    valid_to: str = FAR_FUTURE
    """When it holds in the world (ISO 8601), as `Claim` has it."""
    entities: Sequence[str] = ()
    """Names of what it mentions; empty where nobody asked."""
    subject: str = ""
    """What it is about, which its text may not say by itself."""

    @property
    def said(self) -> str:
        """Its text with its subject named: what is compared."""
        return spelled_out(self.text, self.subject)

    def may_be_of(self, other: ComparedClaim) -> bool:
        """Whether the other one speaks of what this one is about without naming it; always when this one names it."""
        thing = unnamed(self.text, self.subject)
        return not thing or f" {normalise(thing)} " in f" {normalise(other.said)} "


@dataclass(frozen=True, slots=True)
class Conflict:
    """`(Claim)-[:CONTRADICTS]->(Claim)`: the newer claim against the older one, once for each pair."""

    id: str
    """Follows from the pair: found again it is the same one."""
    scope: Scope
    """That of the narrower claim: whoever sees it sees the other one too."""
    claim_id: str
    """The newer one; of two that came together, the one with the greater id."""
    other_id: str
    slot: str
    """number, date, name or negation; "meaning" where only a model sees it."""
    ours: str
    """What the newer one says there."""
    theirs: str
    about: str
    """Of what, in words; empty for a difference in the same words."""
    our_quote: str
    """The newer claim's words."""
    their_quote: str
    detector: str
    found_at: datetime
    resolution: Resolution = Resolution.OPEN
    resolved_by: str = ""
    resolved_at: datetime | None = None
    reason: str = ""
    """Why it was resolved as it was."""
    decision: str = ""
    """The retraction by which a side was taken back on account of this, if any was."""


@dataclass(frozen=True, slots=True)
class Preference:
    """Which side has more for it, and why."""

    claim_id: str
    """Empty where the two are even."""
    reason: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """A contradiction as a person looks at it: with its claims as they are now."""

    conflict: Conflict
    claim: Claim
    """The newer one."""
    other: Claim
    preferred: Preference


@dataclass(frozen=True, slots=True)
class ConflictPage:
    """Some contradictions, the last found first, and how many there are in all."""

    conflicts: Sequence[Conflict]
    total: int


class Backing(NamedTuple):
    """A claim and a source that it rests on, however long the way."""

    claim_id: str
    source: Source


@dataclass(frozen=True, slots=True)
class SweepProgress:
    """How far a sweep has come. What it found stays found if it is stopped here."""

    claims: int = 0
    """Compared so far."""
    found: int = 0
    """Contradictions that were not known."""
    after: str = ""
    """Go on after this claim; empty when all were compared."""
