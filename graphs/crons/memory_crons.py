"""`CronStore` in a dictionary: the fake beside sqlite_crons.py, held by the same contract suite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from stemma.graphs.crons.model import Cron, CronChange, CronQuery
from stemma.graphs.errors import UnknownCron
from stemma.graphs.runs.rows import to_json, to_request
from stemma.graphs.runs.submission import Accepted, Submission


class Threads(Protocol):
    """What crons need of the rest of the store."""

    def owned(self, tenant: str, thread_id: str) -> object: ...

    def submit(self, submission: Submission) -> Accepted: ...


class MemoryCrons:
    """See `CronStore`."""

    def __init__(self, runs: Threads, publish: Callable[[], None]) -> None:
        self._runs, self._publish = runs, publish
        self._crons: dict[tuple[str, str], Cron] = {}

    async def create(self, cron: Cron) -> None:
        if cron.thread_id is not None:
            self._runs.owned(cron.tenant, cron.thread_id)
        self._crons[cron.tenant, cron.cron_id] = _stored(cron)

    async def get(self, tenant: str, cron_id: str) -> Cron:
        if (tenant, cron_id) not in self._crons:
            raise UnknownCron(f"there is no cron {cron_id}")
        return self._crons[tenant, cron_id]

    async def change(self, tenant: str, cron_id: str, change: CronChange, now: datetime) -> Cron:
        after = _stored(change.of(await self.get(tenant, cron_id), now))
        self._crons[tenant, cron_id] = after
        return after

    async def delete(self, tenant: str, cron_id: str) -> None:
        await self.get(tenant, cron_id)
        del self._crons[tenant, cron_id]

    def delete_thread(self, thread_id: str) -> None:
        """The thread is gone, and the crons on it go too."""
        self._crons = {key: cron for key, cron in self._crons.items() if cron.thread_id != thread_id}

    async def search(self, query: CronQuery) -> list[Cron]:
        found = sorted(self._matching(query), key=lambda cron: cron.cron_id)
        missing = [cron for cron in found if getattr(cron, query.sort_by) is None]
        there = [cron for cron in found if getattr(cron, query.sort_by) is not None]
        there.sort(key=lambda cron: getattr(cron, query.sort_by), reverse=query.descending)
        ordered = [*there, *missing] if query.descending else [*missing, *there]
        return ordered[query.offset : query.offset + query.limit]

    async def count(self, query: CronQuery) -> int:
        return len(self._matching(query))

    def _matching(self, query: CronQuery) -> list[Cron]:
        return [
            cron
            for cron in self._crons.values()
            if cron.tenant == query.tenant
            and query.assistant_id in (None, cron.assistant_id)
            and query.thread_id in (None, cron.thread_id)
            and query.enabled in (None, cron.enabled)
            and _contains(cron.metadata, query.metadata)
        ]

    async def next_due(self) -> datetime | None:
        return min((cron.next_run_date for cron in self._crons.values() if cron.next_run_date), default=None)

    async def due(self, now: datetime, limit: int) -> list[Cron]:
        waiting = [(cron.next_run_date, cron) for cron in self._crons.values() if cron.next_run_date is not None]
        waiting.sort(key=lambda pair: (pair[0], pair[1].cron_id))
        return [cron for at, cron in waiting if at <= now][:limit]

    async def fire(self, cron: Cron, upcoming: datetime | None, submission: Submission | None) -> Accepted | None:
        key = (cron.tenant, cron.cron_id)
        kept = self._crons.get(key)
        if kept is None or (kept.next_run_date, kept.updated_at) != (cron.next_run_date, cron.updated_at):
            return None
        accepted = self._runs.submit(submission) if submission is not None else None
        self._crons[key] = replace(kept, next_run_date=upcoming)
        self._publish()
        return accepted


def _stored(cron: Cron) -> Cron:
    """As it would come back from a file: tuples are lists."""
    return replace(cron, request=to_request(to_json(cron.request)))


def _contains(metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    # As JSON, where true is not 1.
    return all(key in metadata and to_json(metadata[key]) == to_json(value) for key, value in wanted.items())
