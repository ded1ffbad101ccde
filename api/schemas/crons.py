"""Crons on the wire: when, and which run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import TypedDict

from stemma.api.schemas.runs import RunConfig, Webhook
from stemma.api.schemas.values import Body, Limit, Mapped, Name, Offset, StreamModes
from stemma.graphs.crons.model import UNCHANGED, Cron, CronChange, OnRunCompleted, SortBy
from stemma.graphs.runs.model import RunRequest

CronField = Literal[
    "cron_id",
    "assistant_id",
    "thread_id",
    "end_time",
    "schedule",
    "timezone",
    "created_at",
    "updated_at",
    "user_id",
    "payload",
    "next_run_date",
    "metadata",
    "now",
    "on_run_completed",
    "enabled",
]
_YEARS = range(1970, 9000)


def _in_utc(at: datetime) -> datetime:
    if at.year not in _YEARS:
        raise ValueError(f"the year is between {_YEARS[0]} and {_YEARS[-1]}")
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)


EndTime = Annotated[datetime, AfterValidator(_in_utc)]
Schedule = Annotated[
    str,
    Field(
        max_length=256,
        description="Minute, hour, day, month, weekday; six fields begin with the second; or a name like @daily",
    ),
]
Timezone = Annotated[str, Field(max_length=64, description="IANA name; UTC when there is none")]


class CronPatch(Body):
    """What is to be different. Metadata is merged; what is not named stays; null resets an option of the run."""

    schedule: Schedule | None = None
    timezone: Timezone | None = None
    end_time: EndTime | None = Field(default=None, description="It does not fire after this; null: without an end")
    enabled: bool | None = None
    on_run_completed: OnRunCompleted | None = Field(default=None, description="Of a thread that a run made")
    metadata: Mapped | None = Field(
        default=None, description="Of the cron and its runs, which also get `cron_id` and `cron_run_date`"
    )
    input: Any = None
    config: RunConfig | None = None
    context: Mapped | None = None
    webhook: Webhook | None = None
    interrupt_before: Literal["*"] | list[Name] | None = None
    interrupt_after: Literal["*"] | list[Name] | None = None
    stream_mode: StreamModes | None = None
    stream_subgraphs: bool | None = None
    stream_resumable: bool | None = Field(default=None, description="Every stream is resumable, whatever this says")
    durability: Literal["sync", "async", "exit"] | None = None

    def change(self) -> CronChange:
        """In graphs' words."""
        said = self.model_fields_set
        return CronChange(
            schedule=self.schedule,
            timezone=self.timezone if "timezone" in said else UNCHANGED,
            end_time=self.end_time if "end_time" in said else UNCHANGED,
            enabled=self.enabled,
            on_run_completed=self.on_run_completed,
            metadata=self.metadata,
            request=self.run_fields(),
        )

    def run_fields(self) -> dict[str, Any]:
        """The options of the run that were named, as `RunRequest` has them."""
        options: dict[str, Any] = {
            "input": self.input,
            "config": self.config.model_dump(exclude_none=True) if self.config else {},
            "context": self.context or {},
            "webhook": self.webhook,
            "interrupt_before": self.interrupt_before or (),
            "interrupt_after": self.interrupt_after or (),
            "stream_mode": tuple(self.stream_mode or ("values",)),
            "stream_subgraphs": bool(self.stream_subgraphs),
            "durability": self.durability,
        }
        return {name: value for name, value in options.items() if name in self.model_fields_set}


class CronCreate(CronPatch):
    """A schedule and the run it makes."""

    schedule: Schedule
    assistant_id: Name
    multitask_strategy: Literal["reject", "interrupt", "rollback", "enqueue"] | None = None
    checkpoint_during: bool | None = Field(default=None, json_schema_extra={"deprecated": True})

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> CronCreate:
        if self.durability is not None and self.checkpoint_during is not None:
            raise ValueError("checkpoint_during is the old name of durability; send one of them")
        return self

    def request(self) -> RunRequest:
        """The run to make each time."""
        fields = self.run_fields()
        if self.checkpoint_during is not None:
            fields["durability"] = "async" if self.checkpoint_during else "exit"
        strategy = self.multitask_strategy or "enqueue"
        return RunRequest(self.assistant_id, multitask_strategy=strategy, **fields)


class CronCount(Body):
    """Which crons."""

    assistant_id: Name | None = None
    thread_id: UUID | None = None
    metadata: Mapped | None = None


class CronSearch(CronCount):
    """Which crons, in which order, and how much of each."""

    enabled: bool | None = None
    limit: Limit = 10
    offset: Offset = 0
    sort_by: SortBy | None = None
    sort_order: Literal["asc", "desc"] | None = None
    select: list[CronField] | None = None


class CronBody(TypedDict, total=False):
    """A cron as clients see it."""

    cron_id: str
    assistant_id: str
    thread_id: str | None
    on_run_completed: Literal["delete", "keep"] | None
    end_time: str | None
    schedule: str
    timezone: str | None
    created_at: str
    updated_at: str
    payload: dict[str, Any]
    user_id: str | None
    next_run_date: str | None
    metadata: dict[str, Any]
    enabled: bool
    now: str


_SHOWN = (
    "input",
    "config",
    "context",
    "webhook",
    "interrupt_before",
    "interrupt_after",
    "stream_mode",
    "stream_subgraphs",
    "durability",
    "multitask_strategy",
)


def show_cron(cron: Cron) -> dict[str, Any]:
    """A cron as clients see it; the tenant stays here."""
    return {
        "cron_id": cron.cron_id,
        "assistant_id": cron.assistant_id,
        "thread_id": cron.thread_id,
        "on_run_completed": None if cron.thread_id else cron.on_run_completed or "delete",
        "end_time": _iso(cron.end_time),
        "schedule": cron.schedule,
        "timezone": cron.timezone,
        "created_at": cron.created_at.isoformat(),
        "updated_at": cron.updated_at.isoformat(),
        "payload": _payload(cron),
        "user_id": cron.user or None,
        "next_run_date": _iso(cron.next_run_date),
        "metadata": cron.metadata,
        "enabled": cron.enabled,
    }


def _payload(cron: Cron) -> Mapping[str, Any]:
    options = {name: getattr(cron.request, name) for name in _SHOWN}
    said = {name: value for name, value in options.items() if value not in (None, {}, [], ()) or name == "input"}
    return {"assistant_id": cron.assistant_id, "schedule": cron.schedule, "metadata": cron.metadata, **said}


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
