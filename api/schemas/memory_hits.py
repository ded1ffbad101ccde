"""What a recall found, on the wire: hits, why they are there, and where they came from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from typing_extensions import TypedDict

from stemma.api.schemas.memory_items import PositionBody
from stemma.memory.model import Hit


class PathStepBody(TypedDict):
    """One step of the walk over mentions that led to a hit."""

    item_id: str
    title: str
    entity: str


class HitBody(TypedDict):
    """A passage or a claim, why it is there (`parts`, `path`), and where it came from."""

    id: str
    label: Literal["Passage", "Claim"]
    rank: int
    text: str
    title: str
    score: float
    parts: dict[str, float]
    path: list[PathStepBody]
    source_id: str
    uri: str
    document_id: str
    position: PositionBody | None
    also: int
    """How many other sources, or claims, say the same and are not shown beside it."""
    contradicted_by: list[str]
    """Current claims that contradict it, or what a passage states (`GET /memory/contradictions`)."""


class RecallBody(TypedDict):
    """The hits of one recall, best first."""

    query: str
    recipe: str
    hits: list[HitBody]


def show_hit(hit: Hit) -> dict[str, Any]:
    """One hit as clients see it."""
    return {
        "id": hit.id,
        "label": hit.kind.value,
        "rank": hit.rank,
        "text": hit.text,
        "title": hit.title,
        "score": float(hit.score),
        "parts": {name: float(value) for name, value in hit.parts.items()},
        "path": [step._asdict() for step in hit.path],
        "source_id": hit.source_id,
        "uri": hit.uri,
        "document_id": hit.document_id,
        "position": asdict(hit.position) if hit.position else None,
        "also": hit.also,
        "contradicted_by": list(hit.contradicted_by),
    }
