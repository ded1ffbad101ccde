"""The small types that requests are made of: what counts as an id, a page, a mode, a metadata map."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from stemma.graphs.runs.render import StreamMode

ThreadId = Annotated[UUID, Path(description="A UUID, minted by the server or by the client")]
RunId = Annotated[UUID, Path(description="A UUID, minted by the server")]
AssistantId = Annotated[str, Path(max_length=256, description="An assistant's id, or the name of its graph")]
CheckpointId = Annotated[str, Field(min_length=1, max_length=256)]
Name = Annotated[str, Field(max_length=256)]

Limit = Annotated[int, Field(ge=1, le=1000)]
Offset = Annotated[int, Field(ge=0, le=1_000_000_000)]
QueryLimit = Annotated[int, Query(ge=1, le=1000)]
QueryOffset = Annotated[int, Query(ge=0, le=1_000_000_000)]

Mapped = dict[str, Any]
"""A JSON object that this server stores and gives back as it is."""


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _not_empty(value: object) -> object:
    return value or ["values"]


def _said(value: object) -> object:
    """Clients send an empty mode for none."""
    return [mode for mode in value if mode] or None if isinstance(value, list) else value or None


JoinedModes = Annotated[
    list[StreamMode] | None,
    BeforeValidator(_said),
    Query(description="Without it, the modes the run was started with"),
]
Namespaces = Annotated[
    list[Annotated[str, Field(max_length=256)]] | None,
    Query(
        alias="namespace", max_length=16, description="Only what these subgraphs say themselves; empty: the root graph"
    ),
]
FromCheckpoint = Annotated[
    str, Query(max_length=255, description="Without Last-Event-ID: only what came after this checkpoint of the run")
]
StreamModes = Annotated[list[StreamMode], Field(max_length=32), BeforeValidator(_not_empty), BeforeValidator(_as_list)]
"""One mode or several; none means `values`."""

IdempotencyKey = Annotated[
    str | None,
    Header(min_length=1, max_length=255, description="A repeated request with this key gets the run of the first"),
]
LastEventId = Annotated[
    str | None,
    Header(pattern=r"^(-1|[0-9]{1,18})?$", description="Carry on after this event; -1 and 0 mean from the start"),
]


def cursor(last_event_id: str | None) -> int:
    """The sequence number after which a reader wants to carry on; 0 is the start."""
    return max(int(last_event_id), 0) if last_event_id else 0


class Body(BaseModel):
    """A request's body. A field that this server does not know is an error, not a surprise later."""

    model_config = ConfigDict(extra="forbid")
