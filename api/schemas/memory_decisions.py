"""Taking back, giving back, and the paths between statements, on the wire."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from stemma.api.schemas.memory_items import AnyItem, Label, RetractionItem, show_item, show_retraction
from stemma.api.schemas.values import Body
from stemma.memory.lineage.model import Effect, Lineage
from stemma.memory.lineage.record import effect_record, lineage_record

AFFECTED_SHOWN = 1_000
"""Of what a decision changes; `counts` tells of all."""

ItemId = Annotated[str, Field(min_length=1, max_length=256)]


class RetractionCreate(Body):
    """Take a source or a claim back, with everything that rests on it alone."""

    item_id: ItemId
    reason: Annotated[str, Field(min_length=1, max_length=2_000, description="Kept with the decision")]
    kind: Literal["withdrawal", "quarantine"] = "withdrawal"
    dry_run: Annotated[bool, Field(description="Only say what it would take")] = False

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"item_id": "9f2c6d0e", "reason": "The memo was a forgery", "dry_run": True}]},
    )


class RetractionLift(Body):
    """Give back exactly what a decision took."""

    dry_run: Annotated[bool, Field(description="Only say what would come back")] = False


class SupersessionCreate(Body):
    """Let a newer claim stand in an older one's place."""

    newer: ItemId
    older: ItemId
    dry_run: Annotated[bool, Field(description="Only say what would change")] = False


class RetractionPageBody(TypedDict):
    """A page of decisions, newest first, and how many there are in all."""

    items: list[RetractionItem]
    total: int


class StatusBody(TypedDict):
    """The derived flags of an item."""

    supported: bool
    current: bool
    stale: bool


class AffectedBody(TypedDict):
    """An item whose flags change."""

    id: str
    label: Label
    before: StatusBody
    after: StatusBody


class EffectBody(TypedDict):
    """What a decision changes, or would: `counts` by label of what the asker may see, the first of them in `affected`,
    and in `hidden` how many more change in narrower scopes. `retraction` is null for a supersession; a dry run keeps
    nothing under its id."""

    dry_run: bool
    retraction: RetractionItem | None
    counts: dict[str, int]
    affected: list[AffectedBody]
    truncated: bool
    hidden: int


class EdgeBody(TypedDict):
    """`dependent` rests on `antecedent`; of SUPERSEDES and REPLACES the dependent is the newer one."""

    dependent: str
    antecedent: str
    relation: str
    justification: str
    quote: str
    start: int
    end: int
    extractor: str
    run_id: str
    step: str
    rank: int
    score: float


class LineageBody(TypedDict):
    """Everything reachable from `root` in one direction, nearest first; `truncated` when there is more."""

    root: str
    direction: Literal["upstream", "downstream"]
    items: list[AnyItem]
    edges: list[EdgeBody]
    retractions: list[RetractionItem]
    truncated: bool


def show_effect(effect: Effect, *, dry_run: bool) -> dict[str, Any]:
    """An effect as clients see it, bounded: it may change a hundred thousand items."""
    first = replace(effect, affected=effect.affected[:AFFECTED_SHOWN])
    return {
        **effect_record(first, dry_run=dry_run),
        "retraction": show_retraction(effect.retraction) if effect.retraction else None,
        "counts": dict(Counter(row.node.value for row in effect.affected)),
        "truncated": len(effect.affected) > AFFECTED_SHOWN,
    }


def show_lineage(lineage: Lineage) -> dict[str, Any]:
    """A lineage as clients see it."""
    return {
        **lineage_record(lineage),
        "items": [show_item(item) for item in lineage.items.values()],
        "retractions": [show_retraction(row) for row in lineage.retractions],
    }
