"""A cron: a run to be made again and again on a schedule. Field names are the protocol's.

Decides what a cron is, how a change makes the next form of it, and when it fires next. It stores nothing and runs
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any, Literal

from stemma.graphs.crons.schedule import following
from stemma.graphs.runs.model import RunRequest


class Unchanged(Enum):
    """Where None says something: to leave a field as it is."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED
OnRunCompleted = Literal["delete", "keep"]


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule and the run it makes."""

    cron_id: str
    tenant: str
    user: str
    """Who made it; its runs are this user's."""
    assistant_id: str
    thread_id: str | None
    """None: every run makes a thread of its own."""
    schedule: str
    request: RunRequest
    """Of its runs; their metadata is the cron's, with its id and the time each was due."""
    created_at: datetime
    updated_at: datetime
    timezone: str | None = None
    """IANA name; None is UTC."""
    end_time: datetime | None = None
    """It does not fire after this."""
    enabled: bool = True
    on_run_completed: OnRunCompleted | None = None
    """Of the thread a run made: gone at the run's end (None too), or kept. None for a cron on a thread."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    next_run_date: datetime | None = None
    """None: it is disabled, or its time is over."""

    def upcoming(self, after: datetime) -> datetime | None:
        """When it fires next after this moment. Raises `InvalidRequest` for a schedule or time zone that is none."""
        at = following(self.schedule, self.timezone, after)
        over = at is None or (self.end_time is not None and at > self.end_time)
        return None if over or not self.enabled else at


@dataclass(frozen=True, slots=True)
class CronChange:
    """What is to be different; None leaves a field as it is. Metadata is merged, the rest replaced."""

    schedule: str | None = None
    timezone: str | Unchanged | None = UNCHANGED
    end_time: datetime | Unchanged | None = UNCHANGED
    enabled: bool | None = None
    on_run_completed: OnRunCompleted | None = None
    metadata: Mapping[str, Any] | None = None
    request: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `RunRequest`, by name."""

    def of(self, before: Cron, now: datetime) -> Cron:
        """The cron from now on. What it missed while it was disabled, it does not make up for.

        Raises `InvalidRequest` as `Cron.upcoming` does.
        """
        after = replace(
            before,
            schedule=before.schedule if self.schedule is None else self.schedule,
            timezone=before.timezone if isinstance(self.timezone, Unchanged) else self.timezone,
            end_time=before.end_time if isinstance(self.end_time, Unchanged) else self.end_time,
            enabled=before.enabled if self.enabled is None else self.enabled,
            on_run_completed=before.on_run_completed if self.on_run_completed is None else self.on_run_completed,
            metadata={**before.metadata, **(self.metadata or {})},
            request=replace(before.request, **self.request),
            updated_at=now,
        )
        timing = (after.schedule, after.timezone, after.end_time, after.enabled)
        if timing == (before.schedule, before.timezone, before.end_time, before.enabled):
            return after
        return replace(after, next_run_date=after.upcoming(now))


SortBy = Literal["cron_id", "assistant_id", "thread_id", "created_at", "updated_at", "next_run_date", "end_time"]


@dataclass(frozen=True, slots=True)
class CronQuery:
    """Filters of a search; None and empty mean no filter."""

    tenant: str
    assistant_id: str | None = None
    thread_id: str | None = None
    enabled: bool | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    limit: int = 10
    offset: int = 0
    sort_by: SortBy = "created_at"
    descending: bool = True
