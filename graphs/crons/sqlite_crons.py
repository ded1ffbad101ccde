"""`CronStore` in the run store's SQLite file, through its group commit.

Decides that a firing and its run are one transaction: a process that dies before the commit has fired nothing, and
whoever comes second finds the cron changed. Every function raises before it writes, as `GroupCommit.call` demands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import orjson

from stemma.graphs.crons.model import Cron, CronChange, CronQuery
from stemma.graphs.errors import UnknownCron
from stemma.graphs.runs import sqlite_runs, sqlite_threads
from stemma.graphs.runs.ports import Unit
from stemma.graphs.runs.rows import request_json, to_json, to_request, when
from stemma.graphs.runs.sqlite_group import GroupCommit
from stemma.graphs.runs.sqlite_queries import QUERIES
from stemma.graphs.runs.sqlite_transaction import Transaction
from stemma.graphs.runs.submission import Accepted, Submission

SORTS = {
    "cron_id": "cron_id",
    "assistant_id": "assistant_id",
    "thread_id": "thread_id",
    "created_at": "created",
    "updated_at": "updated",
    "next_run_date": "next_run",
    "end_time": "end_time",
}
"""The columns a search may be sorted by."""
Read = Callable[[str, Sequence[Any]], list[Any]]
"""Runs SQL on the reading connection."""


class SqliteCrons:
    """See `CronStore`."""

    def __init__(self, group: GroupCommit, read: Read) -> None:
        self._group, self._read = group, read

    async def create(self, cron: Cron) -> None:
        await self._group.call(Unit(cron.thread_id or ""), partial(_create, cron=cron))

    async def get(self, tenant: str, cron_id: str) -> Cron:
        found = self._read(QUERIES["cron_get"], (tenant, cron_id))
        if not found:
            raise UnknownCron(f"there is no cron {cron_id}")
        return _cron(found[0])

    async def change(self, tenant: str, cron_id: str, change: CronChange, now: datetime) -> Cron:
        call = partial(_change, tenant=tenant, cron_id=cron_id, change=change, now=now)
        return await self._group.call(Unit(""), call)

    async def delete(self, tenant: str, cron_id: str) -> None:
        await self._group.call(Unit(""), partial(_delete, tenant=tenant, cron_id=cron_id))

    async def search(self, query: CronQuery) -> list[Cron]:
        order = f" ORDER BY {SORTS[query.sort_by]} {'DESC' if query.descending else 'ASC'}, cron_id"
        sql = QUERIES["cron_search"] + order + " LIMIT ?6 OFFSET ?7"
        return [_cron(row) for row in self._read(sql, (*_search_values(query), query.limit, query.offset))]

    async def count(self, query: CronQuery) -> int:
        found = self._read(f"SELECT count(*) FROM ({QUERIES['cron_search']})", _search_values(query))
        return int(found[0][0])

    async def next_due(self) -> datetime | None:
        due = self._read(QUERIES["cron_next_due"], ())[0][0]
        return None if due is None else when(due)

    async def due(self, now: datetime, limit: int) -> list[Cron]:
        return [_cron(row) for row in self._read(QUERIES["cron_due"], (now.timestamp(), limit))]

    async def fire(self, cron: Cron, upcoming: datetime | None, submission: Submission | None) -> Accepted | None:
        call = partial(_fire, cron=cron, upcoming=upcoming, submission=submission)
        return await self._group.call(Unit(submission.run.thread_id if submission else ""), call)


def _create(tx: Transaction, cron: Cron) -> None:
    if cron.thread_id is not None:
        sqlite_threads.owned(tx, cron.tenant, cron.thread_id)
    tx.do("cron_insert", _row(cron))


def _change(tx: Transaction, tenant: str, cron_id: str, change: CronChange, now: datetime) -> Cron:
    found = tx.all("cron_get", (tenant, cron_id))
    if not found:
        raise UnknownCron(f"there is no cron {cron_id}")
    after = change.of(_cron(found[0]), now)
    row = _row(after)
    tx.do("cron_change", (tenant, cron_id, *row[5:12], row[13], row[14]))
    return after


def _delete(tx: Transaction, tenant: str, cron_id: str) -> None:
    if not tx.do("cron_delete", (tenant, cron_id)):
        raise UnknownCron(f"there is no cron {cron_id}")


def _fire(tx: Transaction, cron: Cron, upcoming: datetime | None, submission: Submission | None) -> Accepted | None:
    found = tx.all("cron_get", (cron.tenant, cron.cron_id))
    row = _row(cron)
    if not found or (found[0][14], found[0][13]) != (row[14], row[13]):
        return None
    accepted = sqlite_runs.submit(tx, submission) if submission is not None else None
    tx.do("cron_fire", (cron.tenant, cron.cron_id, row[14], row[13], _seconds(upcoming)))
    return accepted


def _search_values(query: CronQuery) -> Sequence[Any]:
    """The parameters of `cron_search`."""
    enabled = None if query.enabled is None else int(query.enabled)
    metadata = to_json(query.metadata).decode()
    return (query.tenant, query.assistant_id, query.thread_id, enabled, metadata)


def _row(cron: Cron) -> Sequence[Any]:
    """The columns of `cron_get`."""
    return (
        cron.tenant,
        cron.cron_id,
        cron.user,
        cron.assistant_id,
        cron.thread_id,
        cron.schedule,
        cron.timezone,
        _seconds(cron.end_time),
        int(cron.enabled),
        cron.on_run_completed,
        to_json(cron.metadata).decode(),
        request_json(cron.request),
        cron.created_at.timestamp(),
        cron.updated_at.timestamp(),
        _seconds(cron.next_run_date),
    )


def _cron(row: Sequence[Any]) -> Cron:
    return Cron(
        tenant=row[0],
        cron_id=row[1],
        user=row[2],
        assistant_id=row[3],
        thread_id=row[4],
        schedule=row[5],
        timezone=row[6],
        end_time=None if row[7] is None else when(row[7]),
        enabled=bool(row[8]),
        on_run_completed=row[9],
        metadata=orjson.loads(row[10]),
        request=to_request(row[11]),
        created_at=when(row[12]),
        updated_at=when(row[13]),
        next_run_date=None if row[14] is None else when(row[14]),
    )


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
