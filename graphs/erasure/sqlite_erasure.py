"""`ErasureStore` in the run store's SQLite file, through its group commit."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any

import orjson

from stemma.graphs.erasure.ports import Holdings
from stemma.graphs.errors import UnknownThread
from stemma.graphs.runs import sqlite_threads
from stemma.graphs.runs.ports import Unit
from stemma.graphs.runs.rows import to_json
from stemma.graphs.runs.sqlite_connection import connect
from stemma.graphs.runs.sqlite_group import GroupCommit
from stemma.graphs.runs.sqlite_queries import QUERIES
from stemma.graphs.runs.sqlite_transaction import Transaction
from stemma.memory.erasure.remains import pattern_of

Read = Callable[[str, Sequence[Any]], list[Any]]
_SAMPLED = 50
"""Runs whose texts are sampled."""
_TEXTS = 200
_REST = ("erasure_crons", "erasure_keys", "erasure_assistants")


class SqliteErasure:
    """See `ErasureStore`."""

    def __init__(self, group: GroupCommit, read: Read, path: str) -> None:
        self._group, self._read, self._path = group, read, path

    async def holdings(self, tenant: str, user: str) -> Holdings:
        whose = (tenant, user)
        threads = self._read("erasure_threads", whose)
        runs = self._read("erasure_runs", whose)
        listed = to_json([thread_id for thread_id, _ in threads]).decode()
        counted = [*self._read("erasure_of_threads", (listed,)), *self._read("erasure_of_person", whose)]
        said = [text for row in runs[:_SAMPLED] for text in (*texts_in(row[3]), *texts_in(row[4]), row[5] or "")]
        told = [text for (data,) in self._read("erasure_samples", (listed,)) for text in texts_in(data)]
        return Holdings(
            threads=[thread_id for thread_id, _ in threads],
            shared=[thread_id for thread_id, others in threads if others],
            active=[run_id for run_id, _, active, *_ in runs if active],
            counts={name: count for name, count in counted if count},
            ids=sorted({*(thread_id for thread_id, _ in threads), *(run_id for run_id, *_ in runs)}),
            texts=list(dict.fromkeys([*said, *told]))[:_TEXTS],
        )

    async def others(self, tenant: str, user: str, needles: Sequence[bytes]) -> frozenset[bytes]:
        listed = to_json([thread_id for thread_id, _ in self._read("erasure_threads", (tenant, user))]).decode()
        return await asyncio.to_thread(self._matched, (listed, tenant, user), pattern_of(needles))

    def _matched(self, values: Sequence[str], pattern: re.Pattern[bytes]) -> frozenset[bytes]:
        connection, found = connect(self._path), set[bytes]()
        try:
            for (said,) in connection.execute(QUERIES["erasure_others"], values):
                found.update(pattern.findall(said if isinstance(said, bytes) else (said or "").encode()))
        finally:
            connection.close()
        return frozenset(found)

    async def erase_thread(self, tenant: str, thread_id: str) -> None:
        with suppress(UnknownThread):
            await self._group.call(Unit(thread_id), partial(_erase_thread, tenant=tenant, thread_id=thread_id))

    async def erase_person(self, tenant: str, user: str) -> None:
        await self._group.call(Unit(""), partial(_erase_person, tenant=tenant, user=user))


def _erase_thread(tx: Transaction, tenant: str, thread_id: str) -> None:
    sqlite_threads.delete(tx, tenant, thread_id)
    tx.do("erasure_webhooks", (thread_id,))


def _erase_person(tx: Transaction, tenant: str, user: str) -> None:
    for name in _REST:
        tx.do(name, (tenant, user))
    for name in ("erasure_versions", "erasure_stray_keys"):
        tx.do(name, (tenant,))


def texts_in(data: str | bytes | None) -> list[str]:
    """The texts of a JSON value, the first few; none where it is no JSON."""
    try:
        return list(islice(_leaves(orjson.loads(data or b"null")), 40))
    except orjson.JSONDecodeError:
        return []


def _leaves(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
