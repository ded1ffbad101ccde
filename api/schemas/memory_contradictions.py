"""Contradictions on the wire: both sides with their words, which has more for it, and what was decided."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from stemma.api.schemas.memory_items import FlagName, ScopeBody
from stemma.api.schemas.values import Body
from stemma.memory.contradictions.model import SweepProgress, Weighed
from stemma.memory.contradictions.record import contradiction_record

MOST_SWEPT = 5_000
"""Claims that one request compares at most: the rest is another request's."""


class ContradictionResolve(Body):
    """Which claim is kept, or that both hold."""

    resolution: Literal["keep-older", "keep-newer", "both-hold"]
    reason: Annotated[str, Field(max_length=2_000, description="Kept with the contradiction")] = ""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"resolution": "keep-older", "reason": "The newcomer was a rumour"}]},
    )


class ContradictionSweep(Body):
    """Compare claims of the asker that are there already."""

    after: Annotated[str, Field(max_length=256, description="Go on after this claim: `next` of the answer before")] = ""
    limit: Annotated[int, Field(ge=1, le=MOST_SWEPT, description="How many claims to compare")] = 1_000


class SideBody(TypedDict):
    """One of two claims that exclude each other. `says` is its value where they part."""

    claim_id: str
    says: str
    quote: str
    recorded_at: str
    flags: list[FlagName]


class ContradictionBody(TypedDict):
    """Two claims that exclude each other. `resolution` is empty while nobody has decided; `better_supported` is the
    claim with more for it, empty where they are even; `decision` names the retraction by which a side was taken back.
    """

    id: str
    scope: ScopeBody
    slot: str
    about: str
    newer: SideBody
    older: SideBody
    better_supported: str
    because: str
    detector: str
    found_at: str
    resolution: Literal["", "keep-older", "keep-newer", "both-hold"]
    resolved_by: str
    resolved_at: str | None
    reason: str
    decision: str


class ContradictionPageBody(TypedDict):
    """A page of contradictions, the last found first, and how many there are in all."""

    items: list[ContradictionBody]
    total: int


class SweepBody(TypedDict):
    """How many claims were compared, and how many contradictions are new. `next` is null when all were compared."""

    claims: int
    found: int
    next: str | None


def show_contradiction(weighed: Weighed) -> dict[str, Any]:
    """One contradiction as clients see it."""
    return contradiction_record(weighed)


def show_sweep(progress: SweepProgress) -> dict[str, Any]:
    """What a sweep came to."""
    return {"claims": progress.claims, "found": progress.found, "next": progress.after or None}
