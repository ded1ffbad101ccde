"""The thread-centric protocol on the wire: commands, what each takes, and what a subscriber asks for.

Fields are those of langchain_protocol and of what the SDKs send; what this server cannot honour is refused by name.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator
from typing_extensions import TypedDict

from stemma.api.schemas.runs import RunConfig, Send, Unsupported
from stemma.api.schemas.values import Body, CheckpointId, Mapped, Name
from stemma.graphs.protocol.refusals import ErrorCode
from stemma.graphs.protocol.subscription import CHANNELS, WATCHED, Subscription, is_channel
from stemma.graphs.runs.model import RunRequest

MOST_SEQ = 2**53


def _channel(name: str) -> str:
    if not is_channel(name):
        raise ValueError(f"is none of {', '.join(CHANNELS)} or custom:<name>")
    return name


Channel = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_channel)]
Segment = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^|\x00-\x1f]+$")]
Namespace = Annotated[list[Segment], Field(max_length=32)]
SubscriptionId = Annotated[str, Field(max_length=100_000)]
Strategy = Literal["reject", "interrupt", "rollback", "enqueue"]


class EventStreamBody(Body):
    """Which events of a thread."""

    channels: Annotated[list[Channel], Field(min_length=1, max_length=64)]
    namespaces: Annotated[list[Namespace], Field(max_length=256)] | None = Field(
        default=None, description="Only these and what is below them; a segment without `:` is every run of that node"
    )
    depth: Annotated[int, Field(ge=0, le=64)] | None = Field(default=None, description="How far below them")
    since: Annotated[int, Field(ge=0, le=MOST_SEQ)] | None = Field(default=None, description="Events with a higher seq")

    def subscription(self) -> Subscription:
        watches = self.channels == WATCHED
        return Subscription(frozenset(self.channels), self.namespaces, self.depth, self.since or 0, watches)


class CommandBody(Body):
    """One command."""

    id: Annotated[int, Field(ge=0, le=MOST_SEQ)]
    method: Name
    params: Mapped | None = None


class StartParams(Body):
    """run.start"""

    assistant_id: Annotated[str, Field(min_length=1, max_length=256)]
    input: Any = None
    config: RunConfig | None = None
    context: Mapped | None = None
    metadata: Mapped | None = None
    interrupt_before: Literal["*"] | list[Name] | None = None
    interrupt_after: Literal["*"] | list[Name] | None = None
    durability: Literal["sync", "async", "exit"] | None = None
    multitask_strategy: Strategy | None = None
    multitaskStrategy: Strategy | None = Field(default=None, description="The JavaScript SDK sends it twice")
    langsmith_tracer: Unsupported = None

    def request(self) -> RunRequest:
        return RunRequest(
            self.assistant_id,
            input=self.input,
            config=_plain(self.config),
            context=self.context or {},
            metadata=self.metadata or {},
            interrupt_before=self.interrupt_before or (),
            interrupt_after=self.interrupt_after or (),
            durability=self.durability,
            multitask_strategy=self.multitask_strategy or self.multitaskStrategy or "enqueue",
        )


class Answer(Body):
    """What one interrupt is told."""

    namespace: Namespace = Field(default_factory=list)
    interrupt_id: Annotated[str, Field(min_length=1, max_length=256)]
    response: Any


class RespondParams(Body):
    """input.respond: one answer, or several together."""

    namespace: Namespace = Field(default_factory=list)
    interrupt_id: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    response: Any = None
    responses: Annotated[list[Answer], Field(min_length=1, max_length=256)] | None = None
    update: Mapped | None = None
    goto: Send | Name | list[Send | Name] | None = None
    config: RunConfig | None = None
    metadata: Mapped | None = None
    strict_resume: bool | None = Field(default=None, description="An answer is always taken strictly")

    @model_validator(mode="after")
    def _one_or_many(self) -> RespondParams:
        one = self.interrupt_id is not None and "response" in self.model_fields_set
        if one == (self.responses is not None):
            raise ValueError("interrupt_id with response, or responses")
        ids = [answer.interrupt_id for answer in self.responses or ()]
        if len(set(ids)) != len(ids):
            raise ValueError("responses answer an interrupt twice")
        return self

    def answers(self) -> dict[str, Any]:
        """Interrupt id -> what it is told."""
        if self.responses is not None:
            return {answer.interrupt_id: answer.response for answer in self.responses}
        return {str(self.interrupt_id): self.response}


class Message(Body):
    """What is put in."""

    role: Literal["user", "system"]
    content: Annotated[str, Field(max_length=1_000_000)]
    name: Name | None = None


class InjectParams(Body):
    """input.inject"""

    namespace: Namespace = Field(default_factory=list)
    message: Message


class TreeParams(Body):
    """agent.getTree"""

    run_id: UUID | None = None


class StateParams(Body):
    """state.get"""

    namespace: Namespace = Field(default_factory=list)
    keys: Annotated[list[Name], Field(max_length=256)] | None = None


class CheckpointsParams(Body):
    """state.listCheckpoints"""

    namespace: Namespace = Field(default_factory=list)
    limit: Annotated[int, Field(ge=1, le=1000)] = 10
    before: CheckpointId | None = None


class ForkParams(Body):
    """state.fork"""

    checkpoint_id: CheckpointId
    input: Any = None
    config: RunConfig | None = None


class UnsubscribeParams(Body):
    """subscription.unsubscribe"""

    subscription_id: SubscriptionId


class ReconnectParams(Body):
    """subscription.reconnect"""

    run_id: UUID
    last_event_id: Annotated[str, Field(max_length=256)] | None = None
    subscriptions: Annotated[list[SubscriptionId], Field(max_length=64)] | None = None


class ResponseMeta(TypedDict, total=False):
    """Where on the thread."""

    applied_through_seq: int


class CommandAnswer(BaseModel):
    """A command's result, or why there is none."""

    type: Literal["success", "error"]
    id: int | None
    result: Mapped | None = None
    error: ErrorCode | None = None
    message: str | None = None
    meta: ResponseMeta | None = None


def _plain(config: RunConfig | None) -> dict[str, Any]:
    return config.model_dump(exclude_none=True) if config else {}


def config_of(params: RespondParams | ForkParams) -> dict[str, Any]:
    """The config a command overrides."""
    return _plain(params.config)
