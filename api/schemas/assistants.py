"""Assistants on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from stemma.api.schemas.runs import RunConfig
from stemma.api.schemas.values import Body, Limit, Mapped, Name, Offset
from stemma.graphs.assistants.model import Assistant, AssistantChange, SortBy

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
Description = Annotated[str, Field(max_length=10_000)]


class AssistantPatch(Body):
    """What the next version has different. Metadata is merged; what is not named stays."""

    graph_id: Name | None = None
    config: RunConfig | None = None
    context: Mapped | None = None
    metadata: Mapped | None = None
    name: Name | None = None
    description: Description | None = None

    def change(self) -> AssistantChange:
        """In graphs' words."""
        return AssistantChange(
            graph_id=self.graph_id,
            name=self.name,
            description=self.description,
            config=None if self.config is None else self.config.model_dump(exclude_none=True),
            context=self.context,
            metadata=self.metadata,
        )


class AssistantCreate(AssistantPatch):
    """A graph with a name and a configuration. Without `assistant_id` the server mints one."""

    graph_id: Name
    assistant_id: UUID | None = None
    if_exists: Literal["raise", "do_nothing"] | None = None


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


class VersionsQuery(Body):
    """Which versions, newest first."""

    metadata: Mapped | None = None
    limit: Limit = 10
    offset: Offset = 0


class VersionChoice(Body):
    """The version to use from now on."""

    version: Annotated[int, Field(ge=1, le=2**53)]


class AssistantBody(TypedDict, total=False):
    """A graph with its configuration, as it can be run."""

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


def show_assistant(assistant: Assistant) -> dict[str, Any]:
    """An assistant as clients see it; the tenant stays here."""
    return {
        "assistant_id": assistant.assistant_id,
        "graph_id": assistant.graph_id,
        "config": assistant.config,
        "context": assistant.context,
        "created_at": assistant.created_at.isoformat(),
        "updated_at": assistant.updated_at.isoformat(),
        "metadata": assistant.metadata,
        "version": assistant.version,
        "name": assistant.name,
        "description": assistant.description,
    }
