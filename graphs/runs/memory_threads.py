"""Threads of the in-memory store. Decides nothing that sqlite_threads.py does not decide as well."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from stemma.graphs.errors import ThreadExists, UnknownThread
from stemma.graphs.runs.memory_checkpoints import MemoryCheckpoints
from stemma.graphs.runs.memory_runs import MemoryRuns
from stemma.graphs.runs.model import Thread, ThreadStatus, ThreadTtl
from stemma.graphs.runs.rows import to_json, when
from stemma.graphs.runs.thread_ports import Expired, Lifetime, ThreadQuery

SORTS: dict[str, Callable[[Thread], Any]] = {
    "thread_id": lambda thread: thread.thread_id,
    "created_at": lambda thread: thread.created_at,
    "updated_at": lambda thread: thread.updated_at,
    "status": lambda thread: thread.status.value,
}


class MemoryThreads(MemoryCheckpoints):
    """See `ThreadStore`."""

    def __init__(self) -> None:
        super().__init__()
        self._runs = MemoryRuns(self)
        self._swept: dict[str, datetime] = {}

    async def create_thread(self, thread: Thread) -> None:
        if thread.thread_id in self._runs.threads:
            raise ThreadExists()
        self._runs.threads[thread.thread_id] = thread

    async def thread(self, tenant: str, thread_id: str) -> Thread:
        thread = self._runs.shown(self._runs.owned(tenant, thread_id))
        if self._lifetime(thread_id) is Lifetime.DISCARDED and thread.status is not ThreadStatus.BUSY:
            raise UnknownThread(f"there is no thread {thread_id}")
        return thread

    async def threads(self, query: ThreadQuery) -> list[Thread]:
        key = SORTS.get(query.sort_by, lambda thread: self._runs.state_updated.get(thread.thread_id, thread.created_at))
        found = sorted(self._found(query), key=key, reverse=query.descending)
        return found[query.offset : query.offset + query.limit]

    async def count_threads(self, query: ThreadQuery) -> int:
        return len(self._found(query))

    def _lifetime(self, thread_id: str) -> Lifetime:
        return self._runs.lifetimes.get(thread_id, Lifetime.KEPT)

    def _found(self, query: ThreadQuery) -> list[Thread]:
        mine = [self._runs.shown(t) for t in self._runs.threads.values() if t.tenant == query.tenant]
        return [
            thread
            for thread in mine
            if self._lifetime(thread.thread_id) is Lifetime.KEPT
            and (not query.ids or thread.thread_id in query.ids)
            and (query.status is None or thread.status is query.status)
            and all(to_json(thread.metadata.get(key)) == to_json(value) for key, value in query.metadata.items())
        ]

    async def patch_thread(
        self, tenant: str, thread_id: str, metadata: Mapping[str, Any], ttl: ThreadTtl | None = None
    ) -> None:
        thread = self._runs.owned(tenant, thread_id)
        merged, now = {**thread.metadata, **metadata}, when(time.time())
        self._runs.threads[thread_id] = replace(thread, metadata=merged, updated_at=now, ttl=ttl or thread.ttl)

    async def mark_thread(
        self, thread_id: str, status: ThreadStatus, interrupts: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> None:
        self._runs.mark_thread(thread_id, status, interrupts)

    async def delete_thread(self, tenant: str, thread_id: str) -> None:
        self._runs.delete_thread(tenant, thread_id)
        await self.delete_checkpoints(thread_id)

    async def copy_thread(self, tenant: str, thread_id: str, target: str, now: datetime) -> None:
        thread = self._runs.owned(tenant, thread_id)
        self._runs.threads[target] = replace(thread, thread_id=target, created_at=now, updated_at=now)
        await self.copy_checkpoints(thread_id, target)
        self._disown(target)

    async def expired_threads(self, now: datetime, ended_before: datetime, limit: int) -> list[Expired]:
        found = []
        for thread in self._runs.threads.values():
            thread_id, ttl = thread.thread_id, thread.ttl
            if self._runs.live(thread_id):
                continue
            if self._lifetime(thread_id) is not Lifetime.KEPT and thread.updated_at < ended_before:
                found.append(Expired(thread_id, thread.tenant, "delete"))
            elif ttl is not None and thread.expires_at is not None and thread.expires_at < now:
                swept = self._swept.get(thread_id)
                if ttl.strategy == "delete" or swept is None or swept < thread.updated_at:
                    found.append(Expired(thread_id, thread.tenant, ttl.strategy))
        return found[:limit]

    async def note_swept(self, thread_id: str, now: datetime) -> None:
        self._swept[thread_id] = now

    async def trim_events(self, ended_before: datetime, limit: int) -> int:
        cut = [self._runs.trim(thread_id, self._cut(thread_id, ended_before)) for thread_id in self._runs.threads]
        return sum(cut[:limit])

    def _cut(self, thread_id: str, ended_before: datetime) -> int:
        cut, kept = 0, sys.maxsize
        for run in self._runs.runs.values():
            if run.thread_id == thread_id:
                first, last = self._runs.spans[run.run_id]
                if last is not None and run.updated_at < ended_before:
                    cut = max(cut, last)
                else:
                    kept = min(kept, first - 1)
        return min(cut, kept)

    async def trimmed(self, thread_id: str) -> int:
        return self._runs.cut[thread_id]

    async def thread_graph(self, thread_id: str) -> str | None:
        runs = [run for run in self._runs.runs.values() if run.thread_id == thread_id]
        thread = self._runs.threads.get(thread_id)
        return runs[-1].graph_id if runs else thread.metadata.get("graph_id") if thread is not None else None
