"""The part of the SQLite run store that concerns threads, and how all of it reads.

Decides nothing about the rows: what a transaction does to a thread is in sqlite_threads.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import apsw

from stemma.graphs.errors import UnknownThread
from stemma.graphs.runs import sqlite_threads
from stemma.graphs.runs.model import Thread, ThreadStatus, ThreadTtl
from stemma.graphs.runs.ports import Unit
from stemma.graphs.runs.rows import to_thread
from stemma.graphs.runs.sqlite_connection import explained
from stemma.graphs.runs.sqlite_group import GroupCommit
from stemma.graphs.runs.sqlite_queries import QUERIES
from stemma.graphs.runs.thread_ports import Expired, ThreadQuery


class SqliteThreadStore:
    """See `ThreadStore`."""

    def __init__(self, path: str, reader: apsw.Connection, group: GroupCommit) -> None:
        self.path = path
        self._reader, self._group = reader, group

    async def settled(self, thread_id: str) -> None:
        while self._group.dirty(thread_id):
            await asyncio.wait([self._group.committed(None)])

    async def create_thread(self, thread: Thread) -> None:
        await self._group.call(Unit(thread.thread_id), partial(sqlite_threads.create, thread=thread))

    async def thread(self, tenant: str, thread_id: str) -> Thread:
        found = self._read("thread_get", (thread_id, tenant))
        if not found:
            raise UnknownThread(f"there is no thread {thread_id}")
        return to_thread(found[0])

    async def threads(self, query: ThreadQuery) -> list[Thread]:
        order = f" ORDER BY {sqlite_threads.SORTS[query.sort_by]} {'DESC' if query.descending else 'ASC'}, thread_id"
        sql = QUERIES["thread_search"] + order + " LIMIT ?5 OFFSET ?6"
        values = (*sqlite_threads.search_values(query), query.limit, query.offset)
        return [to_thread(row) for row in self._query(sql, values)]

    async def count_threads(self, query: ThreadQuery) -> int:
        sql = f"SELECT count(*) FROM ({QUERIES['thread_search']})"
        return int(self._query(sql, sqlite_threads.search_values(query))[0][0])

    async def patch_thread(
        self, tenant: str, thread_id: str, metadata: Mapping[str, Any], ttl: ThreadTtl | None = None
    ) -> None:
        call = partial(sqlite_threads.patch, tenant=tenant, thread_id=thread_id, metadata=metadata, ttl=ttl)
        await self._group.call(Unit(thread_id), call)

    async def mark_thread(
        self, thread_id: str, status: ThreadStatus, interrupts: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> None:
        call = partial(sqlite_threads.mark, thread_id=thread_id, status=status, interrupts=interrupts)
        await self._group.call(Unit(thread_id), call)

    async def delete_thread(self, tenant: str, thread_id: str) -> None:
        await self._group.call(Unit(thread_id), partial(sqlite_threads.delete, tenant=tenant, thread_id=thread_id))

    async def copy_thread(self, tenant: str, thread_id: str, target: str, now: datetime) -> None:
        await self.settled(thread_id)
        call = partial(sqlite_threads.copy, tenant=tenant, thread_id=thread_id, target=target, now=now.timestamp())
        await self._group.call(Unit(target), call)

    async def expired_threads(self, now: datetime, ended_before: datetime, limit: int) -> list[Expired]:
        values = (now.timestamp(), ended_before.timestamp(), limit)
        return [Expired(*row) for row in self._read("thread_expired", values)]

    async def note_swept(self, thread_id: str, now: datetime) -> None:
        await self._group.call(Unit(thread_id), lambda tx: tx.do("thread_swept", (thread_id, now.timestamp())))

    async def trim_events(self, ended_before: datetime, limit: int) -> int:
        found = self._read("event_trimmable", (ended_before.timestamp(), limit))
        cuts = [
            await self._group.call(
                Unit(thread_id), partial(sqlite_threads.trim, thread_id=thread_id, before=ended_before)
            )
            for (thread_id,) in found
        ]
        return sum(cuts)

    async def trimmed(self, thread_id: str) -> int:
        found = self._read("event_trimmed", (thread_id,))
        return int(found[0][0]) if found else 0

    async def thread_graph(self, thread_id: str) -> str | None:
        found = self._read("thread_graph", (thread_id,))
        return found[0][0] if found else None

    def _read(self, name: str, values: Sequence[Any]) -> list[Any]:
        return self._query(QUERIES[name], values)

    def _query(self, sql: str, values: Sequence[Any]) -> list[Any]:
        with explained(self.path):
            return self._reader.execute(sql, values).fetchall()
