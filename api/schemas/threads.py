"""Threads and their states on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field
from typing_extensions import TypedDict

from stemma.api.schemas.paths import Paths
from stemma.api.schemas.runs import CheckpointRef, Command
from stemma.api.schemas.values import Body, CheckpointId, Limit, Mapped, Name, Offset
from stemma.graphs.runs.model import StateSnapshot, Thread, ThreadTtl

MOST_MINUTES = 100 * 366 * 24 * 60
"""A hundred years."""
ThreadStatus = Literal["idle", "busy", "interrupted", "error"]
ThreadField = Literal[
    "thread_id", "created_at", "updated_at", "metadata", "config", "context", "status", "values", "interrupts"
]
StateField = Literal[
    "values", "next", "checkpoint", "metadata", "created_at", "parent_checkpoint", "tasks", "interrupts"
]


class Ttl(Body):
    """How long a thread stays after its last change, and what happens then."""

    ttl: Annotated[float, Field(gt=0, le=MOST_MINUTES, description="Minutes")]
    strategy: Literal["delete", "keep_latest"] = "delete"


class StepUpdate(Body):
    """What one node wrote, or a command in its place."""

    values: Any = None
    command: Command | None = None
    as_node: Name


class Superstep(Body):
    """Updates that were applied together."""

    updates: Annotated[list[StepUpdate], Field(min_length=1, max_length=1000)]


def _as_ttl(value: object) -> object:
    return {"ttl": value} if isinstance(value, int | float) else value


Lasting = Annotated[Ttl, BeforeValidator(_as_ttl)]
"""A number of minutes, or a `Ttl`."""


class ThreadPatch(Body):
    """Metadata to merge into the thread's, and how long it stays from now on."""

    metadata: Mapped | None = None
    ttl: Lasting | None = None

    def time_to_live(self) -> ThreadTtl | None:
        """In graphs' words."""
        return ThreadTtl(self.ttl.ttl, self.ttl.strategy) if self.ttl else None


class ThreadCreate(ThreadPatch):
    """A new thread. Without `thread_id` the server mints one; `supersteps` are applied to the graph that
    `metadata.graph_id` names.
    """

    thread_id: UUID | None = None
    if_exists: Literal["raise", "do_nothing"] | None = None
    supersteps: Annotated[list[Superstep], Field(max_length=1_000)] | None = None

    def steps(self) -> list[list[dict[str, Any]]]:
        """In graphs' words."""
        return [[update.model_dump() for update in step.updates] for step in self.supersteps or ()]


class ThreadPrune(Body):
    """Which threads to delete, or to cut down to their latest state."""

    thread_ids: Annotated[list[UUID], Field(min_length=1, max_length=1000)]
    strategy: Literal["delete", "keep_latest"] = "delete"


class ThreadsPruned(TypedDict):
    """How many of them there were."""

    pruned_count: int


class ThreadCount(Body):
    """Which threads: those whose metadata and values contain what is given."""

    metadata: Mapped | None = None
    values: Mapped | None = None
    status: ThreadStatus | None = None


class ThreadSearch(ThreadCount):
    """Which threads, in which order, and how much of each."""

    ids: Annotated[list[UUID], Field(max_length=1000)] | None = None
    limit: Limit = 10
    offset: Offset = 0
    sort_by: Literal["thread_id", "status", "created_at", "updated_at", "state_updated_at"] | None = None
    sort_order: Literal["asc", "desc"] | None = None
    select: list[ThreadField] | None = None
    extract: Paths | None = None


class StateUpdate(Body):
    """Write to the state as if a node had returned `values`. On an older checkpoint this begins a new branch."""

    values: Mapped | list[Mapped] | None = None
    as_node: Name | None = None
    checkpoint: CheckpointRef | None = None
    checkpoint_id: CheckpointId | None = None


class StatePatch(Body):
    """Metadata to merge into the thread's."""

    metadata: Mapped


class StateAt(Body):
    """Which checkpoint's state."""

    checkpoint: CheckpointRef
    subgraphs: bool = False
    select: list[StateField] | None = None


class HistoryQuery(Body):
    """Which of a thread's checkpoints, newest first."""

    limit: Limit = 10
    before: CheckpointId | CheckpointRef | None = None
    metadata: Mapped | None = None
    checkpoint: CheckpointRef | None = None
    select: list[StateField] | None = None


class TtlBody(TypedDict):
    """When a thread's time is over."""

    strategy: Literal["delete", "keep_latest"]
    ttl_minutes: float
    expires_at: str


class ThreadBody(TypedDict, total=False):
    """A conversation: the owner of checkpoints and of one event log."""

    thread_id: str
    created_at: str
    updated_at: str
    metadata: dict[str, Any]
    status: ThreadStatus
    values: Any
    interrupts: dict[str, list[Any]]
    ttl: TtlBody | None
    extracted: dict[str, Any]


class CheckpointBody(TypedDict, total=False):
    """Where in a thread's history."""

    thread_id: str
    checkpoint_ns: str
    checkpoint_id: str | None
    checkpoint_map: dict[str, Any] | None


class StateBody(TypedDict, total=False):
    """The state at one checkpoint."""

    values: Any
    next: list[str]
    checkpoint: CheckpointBody
    metadata: dict[str, Any] | None
    created_at: str | None
    parent_checkpoint: CheckpointBody | None
    tasks: list[dict[str, Any]]
    interrupts: list[Any]


class StateUpdated(TypedDict):
    """The checkpoint that an update wrote."""

    checkpoint: CheckpointBody


def show_thread(thread: Thread) -> dict[str, Any]:
    """A thread as clients see it; the tenant stays here."""
    return {
        "thread_id": thread.thread_id,
        "created_at": thread.created_at.isoformat(),
        "updated_at": thread.updated_at.isoformat(),
        "metadata": thread.metadata,
        "status": thread.status.value,
        "values": thread.values,
        "interrupts": thread.interrupts,
    }


def show_ttl(thread: Thread) -> TtlBody | None:
    """Shown only when a client asks for it."""
    if thread.ttl is None or thread.expires_at is None:
        return None
    expires = thread.expires_at.isoformat()
    return {"strategy": thread.ttl.strategy, "ttl_minutes": thread.ttl.minutes, "expires_at": expires}


def show_state(state: StateSnapshot) -> dict[str, Any]:
    """A state as clients see it."""
    return {
        "values": state.values,
        "next": state.next,
        "checkpoint": state.checkpoint,
        "metadata": state.metadata,
        "created_at": state.created_at,
        "parent_checkpoint": state.parent_checkpoint,
        "tasks": state.tasks,
        "interrupts": state.interrupts,
    }


def selected(body: dict[str, Any], fields: list[Any] | None) -> dict[str, Any]:
    """Only the fields a client asked for; all of them when it asked for none."""
    return {key: body[key] for key in fields if key in body} if fields else body
