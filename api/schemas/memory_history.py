"""Moments to look back at, and what changed between two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime
from typing_extensions import TypedDict

from stemma.api.schemas.memory_decisions import StatusBody
from stemma.memory.history.difference import Changed, Difference
from stemma.memory.history.record import difference_record

_YEARS = range(2, 9999)
"""Beyond, some zone's time has no name in UTC."""


def _in_range(at: datetime) -> datetime:
    if at.year not in _YEARS:
        raise ValueError(f"the year is between {_YEARS[0]} and {_YEARS[-1]}")
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_in_range)]
"""A time with its zone."""

ChangeName = Literal["added", "withdrawn", "lost", "superseded", "replaced", "expired", "back", "stale", "fresh"]
BelievedLabel = Literal["Source", "Passage", "Claim", "Answer"]


class ChangedBody(TypedDict):
    """One item, what became of it, and its flags at both moments; `before` is null where it was not known."""

    id: str
    label: BelievedLabel
    change: ChangeName
    before: StatusBody | None
    after: StatusBody
    text: str


class DecisionBody(TypedDict):
    """A decision that was made or lifted in between, as it stood at the later moment."""

    id: str
    item_id: str
    kind: Literal["withdrawal", "quarantine"]
    reason: str
    actor: str
    at: str
    lifted_at: str | None
    lifted_by: str


class DifferenceBody(TypedDict):
    """What changed after `earlier`, up to and including `later`; `counts` is by change and label, of all of it."""

    earlier: str
    later: str
    total: int
    counts: dict[ChangeName, dict[BelievedLabel, int]]
    changed: list[ChangedBody]
    decisions: list[DecisionBody]


def show_difference(found: Difference, shown: Sequence[Changed], texts: Mapping[str, str]) -> dict[str, Any]:
    """A page of a difference."""
    return difference_record(found, shown, texts)
