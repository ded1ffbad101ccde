"""The values durable runs are made of. Field names are those of the Agent Server protocol.

Decides what a thread, a run and a run's request are. It does not decide how they are stored or shown on the wire.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal


class RunStatus(StrEnum):
    """`pending` waits for its turn; `running` is leased; the other four are ends."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    ERROR = "error"
    INTERRUPTED = "interrupted"
    TIMEOUT = "timeout"

    @property
    def ended(self) -> bool:
        return self not in (RunStatus.PENDING, RunStatus.RUNNING)


class ThreadStatus(StrEnum):
    """Derived from the thread's last run and its interrupts."""

    IDLE = "idle"
    BUSY = "busy"
    INTERRUPTED = "interrupted"
    ERROR = "error"


MultitaskStrategy = Literal["reject", "interrupt", "rollback", "enqueue"]
CancelAction = Literal["interrupt", "rollback"]
Durability = Literal["sync", "async", "exit"]
TtlStrategy = Literal["delete", "keep_latest"]
"""What happens to a thread whose time is over: it goes, or only its latest state stays."""


@dataclass(frozen=True, slots=True)
class ThreadTtl:
    """How long a thread stays after its last change."""

    minutes: float
    strategy: TtlStrategy = "delete"


Superstep = Sequence[Mapping[str, Any]]
"""Updates that were applied together, each {"values" or "command", "as_node"}."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation: the owner of checkpoints and of one gap-free event log."""

    thread_id: str
    tenant: str
    created_at: datetime
    updated_at: datetime
    metadata: Mapping[str, Any]
    status: ThreadStatus
    values: Mapping[str, Any] | None = None
    """The state at the thread's head; None before the first checkpoint."""
    interrupts: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """Task id -> interrupts it raised and that wait for an answer."""
    ttl: ThreadTtl | None = None
    user: str = ""
    """Who made it: written down so that erasing a person finds it, and not read back."""

    @property
    def expires_at(self) -> datetime | None:
        """When its time is over, unless it changes before."""
        return self.updated_at + timedelta(minutes=self.ttl.minutes) if self.ttl else None


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a client asks of a run, as it is stored: enough to start it again in another process."""

    assistant_id: str
    input: Any = None
    command: Mapping[str, Any] | None = None
    """LangGraph command: {"resume": …}, {"update": …}, {"goto": …}."""
    config: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    checkpoint_id: str | None = None
    """Start from this checkpoint instead of the head: a re-run, on a new branch."""
    checkpoint_ns: str = ""
    interrupt_before: Sequence[str] | Literal["*"] = ()
    interrupt_after: Sequence[str] | Literal["*"] = ()
    durability: Durability | None = None
    multitask_strategy: MultitaskStrategy = "enqueue"
    stream_subgraphs: bool = False
    after_seconds: float | None = None
    """It begins so many seconds after it was accepted, and no run of its thread waits for it until then."""
    on_completion: Literal["delete", "keep"] | None = None
    """Of the thread of a stateless run: gone at once for who asks for it, listed like others, or swept later."""
    strict_resume: bool = False
    """An answer to an interrupt that does not wait fails the run, instead of being passed over."""
    feedback_keys: Sequence[str] = ()
    """What its reader wants to be able to say about it: each gets a link in the run's stream."""
    webhook: str | None = None
    """Where its end is told, as HTTP POST."""
    answers: Sequence[str] = ()
    """Interrupts that it answers: accepted only while all of them wait and no other run is active."""
    stream_mode: Sequence[str] = ("values",)
    """What a reader gets who joins without asking for modes; everything recordable is logged whatever it says."""
    auth_user: Mapping[str, Any] | None = None
    """Whom it acts for, told to its graph and to nobody else. It may hold secrets: never shown, never logged."""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a graph on a thread."""

    run_id: str
    thread_id: str
    tenant: str
    assistant_id: str
    graph_id: str
    created_at: datetime
    updated_at: datetime
    status: RunStatus
    metadata: Mapping[str, Any]
    request: RunRequest
    epoch: int = 0
    """Raised by every lease; a write with an older epoch is refused."""
    attempt: int = 0
    """How often a worker has started it."""
    first_seq: int = 0
    """The number of its first event on its thread; 0: not looked up."""
    new_thread: bool = False
    """It made its thread, so that there is no checkpoint before it. False also when that was not looked up."""
    error: str | None = None
    """`Class: message` of what ended it, when status is error."""
    user: str = ""
    """Who submitted it, within the tenant."""


@dataclass(frozen=True, slots=True)
class StateSnapshot:
    """The state at one checkpoint, in the shape of the protocol's ThreadState."""

    values: Any
    next: Sequence[str]
    checkpoint: Mapping[str, Any]
    """{"thread_id", "checkpoint_ns", "checkpoint_id", "checkpoint_map"}."""
    metadata: Mapping[str, Any]
    created_at: str | None
    parent_checkpoint: Mapping[str, Any] | None
    tasks: Sequence[Mapping[str, Any]]
    interrupts: Sequence[Mapping[str, Any]]
