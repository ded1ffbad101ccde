"""An assistant: a graph with a name and a configuration of its own, in versions. Field names are the protocol's.

Decides what an assistant is and how a change makes the next version. It stores nothing and runs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Assistant:
    """One version of an assistant."""

    assistant_id: str
    graph_id: str
    name: str
    created_at: datetime
    """Of the assistant; in a list of versions, of this one."""
    updated_at: datetime
    description: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1
    """Counted from 1."""


@dataclass(frozen=True, slots=True)
class AssistantChange:
    """What the next version has different; None leaves a field as it is. Metadata is merged, the rest replaced."""

    graph_id: str | None = None
    name: str | None = None
    description: str | None = None
    config: Mapping[str, Any] | None = None
    context: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] | None = None

    def of(self, before: Assistant, version: int, now: datetime) -> Assistant:
        """The version that follows."""
        return replace(
            before,
            graph_id=before.graph_id if self.graph_id is None else self.graph_id,
            name=before.name if self.name is None else self.name,
            description=before.description if self.description is None else self.description,
            config=before.config if self.config is None else self.config,
            context=before.context if self.context is None else self.context,
            metadata={**before.metadata, **(self.metadata or {})},
            version=version,
            updated_at=now,
        )


SortBy = Literal["assistant_id", "graph_id", "name", "created_at", "updated_at"]


@dataclass(frozen=True, slots=True)
class AssistantQuery:
    """Filters of a search; empty means no filter."""

    tenant: str
    defaults: Sequence[Assistant] = ()
    """Those that every tenant has; one that the tenant changed stands in the store instead."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    graph_id: str | None = None
    name: str | None = None
    """A part of the name, in any case."""
    limit: int = 10
    offset: int = 0
    sort_by: SortBy = "created_at"
    descending: bool = True
