"""Runs on the wire: what a client may ask of a run, and how one is shown.

Fields are those the official SDKs send. An option that this server cannot honour is refused by name: accepted and
ignored would be a lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator
from typing_extensions import TypedDict

from stemma.api.schemas.values import Body, CheckpointId, Mapped, Name, StreamModes
from stemma.graphs.errors import InvalidRequest
from stemma.graphs.runs.model import Run, RunRequest, RunStatus
from stemma.graphs.webhooks.model import Delivery


def _refuse(value: object) -> object:
    if value not in (None, [], {}):
        raise ValueError("is not supported by this server; leave it out")
    return value


Unsupported = Annotated[
    Any,
    AfterValidator(_refuse),
    WithJsonSchema({"type": "null", "description": "Not supported: anything but null is refused"}),
]


Webhook = Annotated[
    str, Field(min_length=1, max_length=65_536, description="Called with the run when it has ended; http or https")
]
FeedbackKeys = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=32)]
MOST_SECONDS = 366 * 24 * 3600
"""A year."""


class RunConfig(BaseModel):
    """LangGraph's config of a run."""

    model_config = ConfigDict(extra="allow")

    tags: list[str] | None = None
    recursion_limit: int | None = Field(default=None, ge=1, le=10_000)
    configurable: Mapped | None = None


class CheckpointRef(BaseModel):
    """Where in a thread's history."""

    model_config = ConfigDict(extra="ignore")

    thread_id: str | None = None
    checkpoint_ns: Name | None = None
    checkpoint_id: CheckpointId | None = None
    checkpoint_map: Mapped | None = None

    def of(self, thread_id: str) -> Self:
        """This place, which is on the thread asked about. Raises `InvalidRequest` when it names another one."""
        if self.thread_id and self.thread_id.lower() != thread_id:
            raise InvalidRequest("this checkpoint is of another thread", field="checkpoint.thread_id")
        return self


class Send(Body):
    """Run one node with an input of its own. LangGraph.js says `args` for it, and adds its name for the whole."""

    node: Name
    input: Annotated[Any, Field(validation_alias=AliasChoices("input", "args"))] = None
    lg_name: Annotated[Literal["Send"] | None, Field(exclude=True)] = None


class Command(Body):
    """Answer an interrupt, change the state, or go somewhere. A goto of `__end__` alone leaves what waits."""

    update: Mapped | list[tuple[str, Any]] | None = None
    resume: Any = None
    goto: Send | Name | list[Send | Name] | None = None
    graph: Unsupported = None
    lg_name: Annotated[Literal["Command"] | None, Field(exclude=True, description="LangGraph.js sends it")] = None


class RunCreate(Body):
    """What to run, on what, and how."""

    assistant_id: Annotated[str, Field(min_length=1, max_length=256)]
    input: Any = None
    command: Command | None = None
    config: RunConfig | None = None
    context: Mapped | None = None
    metadata: Mapped | None = None
    checkpoint: CheckpointRef | None = None
    checkpoint_id: CheckpointId | None = None
    interrupt_before: Literal["*"] | list[Name] | None = None
    interrupt_after: Literal["*"] | list[Name] | None = None
    stream_mode: StreamModes | None = None
    stream_subgraphs: bool = False
    stream_resumable: bool | None = Field(default=None, description="Every stream is resumable, whatever this says")
    on_disconnect: Literal["cancel", "continue"] | None = None
    multitask_strategy: Literal["reject", "interrupt", "rollback", "enqueue"] | None = None
    if_not_exists: Literal["create", "reject"] | None = None
    durability: Literal["sync", "async", "exit"] | None = None
    checkpoint_during: bool | None = Field(default=None, json_schema_extra={"deprecated": True})
    webhook: Webhook | None = None
    after_seconds: Annotated[float, Field(ge=0, le=MOST_SECONDS)] | None = Field(
        default=None, description="Begin so many seconds later; other runs of the thread do not wait for it until then"
    )
    feedback_keys: FeedbackKeys | None = Field(
        default=None, description="The stream gets an event `feedback`: for each key where to POST what a reader says"
    )
    langsmith_tracer: Unsupported = None
    strict_resume: bool | None = Field(
        default=None,
        description="An answer to an interrupt that does not wait fails the run; the thread stays as it is",
    )
    on_completion: Literal["delete", "keep"] | None = Field(
        default=None, description="Of the thread of a run without one; otherwise it is kept for an hour, unlisted"
    )

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> RunCreate:
        # Chat clients send an empty input beside a command; anything more would be dropped unseen.
        if self.command is not None and self.input not in (None, {}, []):
            raise ValueError("input and command exclude each other")
        if self.durability is not None and self.checkpoint_during is not None:
            raise ValueError("checkpoint_during is the old name of durability; send one of them")
        named = self.checkpoint.checkpoint_id if self.checkpoint else None
        if self.checkpoint_id and named and self.checkpoint_id != named:
            raise ValueError("checkpoint and checkpoint_id name different checkpoints")
        return self

    def modes(self) -> Sequence[str]:
        """The stream modes asked for."""
        return self.stream_mode or ("values",)

    def request(self) -> RunRequest:
        """The run to submit."""
        command = self.command.model_dump(exclude_unset=True) if self.command else None
        return RunRequest(
            assistant_id=self.assistant_id,
            input=None if command is not None else self.input,
            command=None if command is None else {key: value for key, value in command.items() if value is not None},
            config=self.config.model_dump(exclude_none=True) if self.config else {},
            context=self.context or {},
            metadata=self.metadata or {},
            checkpoint_id=self.checkpoint_id or (self.checkpoint.checkpoint_id if self.checkpoint else None),
            checkpoint_ns=(self.checkpoint.checkpoint_ns if self.checkpoint else None) or "",
            interrupt_before=self.interrupt_before or (),
            interrupt_after=self.interrupt_after or (),
            webhook=self.webhook,
            after_seconds=self.after_seconds,
            on_completion=self.on_completion,
            durability=self.durability or _DURABILITY[self.checkpoint_during],
            multitask_strategy=self.multitask_strategy or "enqueue",
            stream_subgraphs=self.stream_subgraphs,
            stream_mode=tuple(self.modes()),
            strict_resume=bool(self.strict_resume),
            feedback_keys=tuple(self.feedback_keys or ()),
        )


class RunsCancel(Body):
    """Which runs to stop: those with these ids, or all that have this status."""

    thread_id: UUID | None = None
    run_ids: Annotated[list[UUID], Field(min_length=1, max_length=1000)] | None = None
    status: Literal["pending", "running", "all"] | None = None

    @model_validator(mode="after")
    def _one_way_to_name_them(self) -> RunsCancel:
        if (self.run_ids is None) == (self.status is None):
            raise ValueError("name run_ids or a status, one of them")
        return self

    def statuses(self) -> Sequence[RunStatus]:
        """In graphs' words."""
        if self.status is None:
            return ()
        return (RunStatus.PENDING, RunStatus.RUNNING) if self.status == "all" else (RunStatus(self.status),)


_DURABILITY: dict[bool | None, Literal["async", "exit"] | None] = {None: None, True: "async", False: "exit"}


class DeliveryBody(TypedDict):
    """How far telling a run's end has come: pending, delivered or failed, and what came of the last attempt."""

    state: str
    attempts: int
    outcome: str
    next_attempt: str | None


class RunBody(TypedDict, total=False):
    """One execution of a graph on a thread."""

    run_id: str
    thread_id: str
    assistant_id: str
    created_at: str
    updated_at: str
    status: Literal["pending", "running", "error", "success", "timeout", "interrupted"]
    metadata: dict[str, Any]
    multitask_strategy: Literal["reject", "interrupt", "rollback", "enqueue"]
    kwargs: dict[str, Any]
    error: str | None
    webhook: DeliveryBody


def show_delivery(delivery: Delivery) -> DeliveryBody:
    """A webhook's delivery as clients see it."""
    due = delivery.next_attempt
    return {
        "state": delivery.state,
        "attempts": delivery.attempts,
        "outcome": delivery.outcome,
        "next_attempt": None if due is None else datetime.fromtimestamp(due, UTC).isoformat(),
    }


RunField = Literal[
    "run_id",
    "thread_id",
    "assistant_id",
    "created_at",
    "updated_at",
    "status",
    "metadata",
    "kwargs",
    "multitask_strategy",
]


def show_run(run: Run) -> RunBody:
    """A run as clients see it."""
    request = run.request
    return {
        "run_id": run.run_id,
        "thread_id": run.thread_id,
        "assistant_id": run.assistant_id,
        "created_at": run.created_at.isoformat(),
        "updated_at": run.updated_at.isoformat(),
        "status": run.status.value,
        "metadata": dict(run.metadata),
        "multitask_strategy": request.multitask_strategy,
        "kwargs": {
            "input": request.input,
            "command": request.command,
            "config": request.config,
            "webhook": request.webhook,
        },
        "error": run.error,
    }
