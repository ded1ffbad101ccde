"""Assistants on the wire. An assistant here is a graph of the catalog: version 1, no configuration of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from typing_extensions import TypedDict

from stemma.api.schemas.values import Body, Limit, Mapped, Name, Offset
from stemma.graphs.catalog import CatalogEntry

SortBy = Literal["assistant_id", "graph_id", "name", "created_at", "updated_at"]
AssistantField = Literal[
    "assistant_id",
    "graph_id",
    "name",
    "description",
    "config",
    "context",
    "created_at",
    "updated_at",
    "metadata",
    "version",
]


class AssistantCount(Body):
    """Which assistants."""

    metadata: Mapped | None = None
    graph_id: Name | None = None
    name: Name | None = None


class AssistantSearch(AssistantCount):
    """Which assistants, in which order, and how much of each."""

    limit: Limit = 10
    offset: Offset = 0
    sort_by: SortBy | None = None
    sort_order: Literal["asc", "desc"] | None = None
    select: list[AssistantField] | None = None


class AssistantBody(TypedDict, total=False):
    """A graph that can be run."""

    assistant_id: str
    graph_id: str
    config: dict[str, Any]
    context: dict[str, Any]
    created_at: str
    updated_at: str
    metadata: dict[str, Any]
    version: int
    name: str
    description: str | None


class DrawingBody(TypedDict):
    """A graph's nodes and edges."""

    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]


class SchemasBody(TypedDict):
    """JSON schemas of what a graph takes, keeps and gives."""

    graph_id: str
    input_schema: dict[str, Any] | None
    output_schema: dict[str, Any] | None
    state_schema: dict[str, Any] | None
    config_schema: dict[str, Any] | None
    context_schema: dict[str, Any] | None


SYSTEM_METADATA: Mapping[str, Any] = {"created_by": "system"}


def show_assistant(entry: CatalogEntry) -> dict[str, Any]:
    """A catalog entry as clients see it."""
    created = entry.created_at.isoformat()
    return {
        "assistant_id": entry.assistant_id,
        "graph_id": entry.graph_id,
        "config": {},
        "context": {},
        "created_at": created,
        "updated_at": created,
        "metadata": dict(SYSTEM_METADATA),
        "version": 1,
        "name": entry.graph_id,
        "description": entry.description or None,
    }
