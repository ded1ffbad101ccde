"""What threads need from the place where runs are kept: the part of `RunStore` that concerns them. See ports.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, Protocol

from stemma.graphs.runs.model import Thread, ThreadStatus, ThreadTtl, TtlStrategy


class Lifetime(IntEnum):
    """How long a thread that a run made is there."""

    KEPT = 0
    """Until it is deleted, or its time to live is over."""
    SWEPT = 1
    """A stateless run's: not listed, and deleted some time after the run's end."""
    DISCARDED = 2
    """The same, and unknown to whoever asks for the thread as soon as the run has ended; the run can still be read."""


@dataclass(frozen=True, slots=True)
class ThreadQuery:
    """Filters of a thread search; empty means no filter."""

    tenant: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    ids: Sequence[str] = ()
    status: ThreadStatus | None = None
    limit: int = 10
    offset: int = 0
    sort_by: str = "updated_at"
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Expired:
    """A thread whose time is over, and what is to be done about it."""

    thread_id: str
    tenant: str
    strategy: TtlStrategy


class ThreadStore(Protocol):
    """Threads of every tenant. Raises what `RunStore` says, and what is named below."""

    async def create_thread(self, thread: Thread) -> None:
        """Raises `ThreadExists`."""
        ...

    async def thread(self, tenant: str, thread_id: str) -> Thread:
        """Without `values`. Raises `UnknownThread`."""
        ...

    async def threads(self, query: ThreadQuery) -> list[Thread]:
        """Those that are `Lifetime.KEPT`."""
        ...

    async def count_threads(self, query: ThreadQuery) -> int: ...

    async def patch_thread(
        self, tenant: str, thread_id: str, metadata: Mapping[str, Any], ttl: ThreadTtl | None = None
    ) -> None:
        """Merge metadata; set the time to live if one is given. Raises `UnknownThread`."""
        ...

    async def mark_thread(
        self, thread_id: str, status: ThreadStatus, interrupts: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> None:
        """After an edit of the state: what the thread waits for now."""
        ...

    async def delete_thread(self, tenant: str, thread_id: str) -> None:
        """With its runs, events and checkpoints. Raises `UnknownThread`, `ThreadBusy`."""
        ...

    async def copy_thread(self, tenant: str, thread_id: str, target: str, now: datetime) -> None:
        """A new thread with the metadata, status and checkpoints of this one; its runs and events stay behind.

        The copy belongs to itself: deleting a run of the original takes nothing from it. Raises `UnknownThread`.
        """
        ...

    async def expired_threads(self, now: datetime, ended_before: datetime, limit: int) -> list[Expired]:
        """Threads without a live run whose time to live is over, counted from their last change, and threads of
        stateless runs that ended before the time given."""
        ...

    async def note_swept(self, thread_id: str, now: datetime) -> None:
        """What was to be done about an expired thread that stays is done, until it changes again."""
        ...

    async def trim_events(self, ended_before: datetime, limit: int) -> int:
        """Forget the events of runs that ended before, of so many threads at most, and remember up to which number. A
        log is cut at its beginning only, and before the first event of any other run. How many logs were cut."""
        ...

    async def trimmed(self, thread_id: str) -> int:
        """The number of the last event that was forgotten; 0 when none was."""
        ...

    async def thread_graph(self, thread_id: str) -> str | None:
        """The graph of the thread's latest run, or None when there was none."""
        ...
