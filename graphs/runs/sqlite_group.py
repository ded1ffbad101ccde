"""Group commit: whatever waits becomes one transaction with one fsync, for all runs of the process together.

Decides when a transaction starts and what a failure costs. Rows are inserted on the event loop and COMMIT, with its
fsync, runs in a thread of ours; rows that nobody waits for linger 2 ms and ride with the next checkpoint. Three
oddities are meant:

1. On the loop the busy timeout is 0. When another process holds the lock, the thread takes the whole batch and
   waits.
2. A batch that fails for one row is done again unit by unit with savepoints, so that one bad row costs one unit.
3. A unit that failed is never written again, because rows in the middle of its log would be missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import apsw

from stemma.graphs.errors import GraphFailure, StoreUnavailable
from stemma.graphs.runs.events import RunEvent
from stemma.graphs.runs.ports import Unit
from stemma.graphs.runs.sqlite_batch import Batch, apply
from stemma.graphs.runs.sqlite_connection import BUSY_MILLISECONDS, explain
from stemma.graphs.runs.sqlite_transaction import Transaction

T = TypeVar("T")
LINGER_SECONDS = 0.002


class GroupCommit:
    """Owns the writing connection. Used on one event loop; `close` writes what waits."""

    def __init__(self, connection: apsw.Connection, path: str) -> None:
        self._connection = connection
        self._path = path
        self._transaction = Transaction(connection)
        self._loop = asyncio.get_running_loop()
        self._waiting = Batch()
        self._committing: Batch | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._scheduled = False
        self._hurry = False
        self._closed = False
        self._version: object = None
        self._work: queue.SimpleQueue[tuple[Batch, bool] | None] = queue.SimpleQueue()
        self.on_commit: Callable[[Sequence[RunEvent]], None] | None = None
        connection.set_busy_timeout(0)
        self._thread = threading.Thread(target=self._serve, name="stemma-commit", daemon=True)
        self._thread.start()

    # --- what the event loop asks -----------------------------------------------------------------------------------
    def add(self, unit: Unit, kind: int, row: tuple[Any, ...]) -> None:
        """Buffer a row. EVENT rows are (event, ns, at, data); the transaction numbers them."""
        if unit.failed is not None:
            return
        batch = self._waiting
        rows = batch.rows.get(unit)
        if rows is None:
            batch.rows[unit] = [(kind, row)]
            batch.threads.add(unit.thread_id)
            if not self._scheduled and self._committing is None and self._timer is None:
                self._timer = self._loop.call_later(LINGER_SECONDS, self._flush)
        else:
            rows.append((kind, row))

    def committed(self, unit: Unit | None) -> asyncio.Future[None]:
        """Resolves when all that was added so far is durable; raises why the unit's rows were not written."""
        future: asyncio.Future[None] = self._loop.create_future()
        if unit is not None and unit.failed is not None:
            future.set_exception(unit.failed)
        elif self._waiting.empty and self._committing is None:
            future.set_result(None)
        elif self._waiting.empty and self._committing is not None:
            self._committing.waiters.append((unit, future))
        else:
            self._waiting.waiters.append((unit, future))
            self._soon()
        return future

    async def call(self, unit: Unit, function: Callable[[Transaction], T]) -> T:
        """Run a function inside the next transaction and return its result once that is durable.

        The function raises a `GraphFailure` only before it has written anything.
        """
        if self._closed:
            raise StoreUnavailable(f"{self._path} is closed")
        if unit.failed is not None:
            raise unit.failed
        future: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.calls.append((unit, function, future))
        self._waiting.threads.add(unit.thread_id)
        self._soon()
        result: T = await future
        return result

    def dirty(self, thread_id: str) -> bool:
        """Whether rows of this thread wait for their commit."""
        return thread_id in self._waiting.threads or (
            self._committing is not None and thread_id in self._committing.threads
        )

    def version(self) -> object:
        """Changes when another connection wrote; what this one writes does not count."""
        if self._committing is None:
            with contextlib.suppress(apsw.BusyError):
                self._version = self._connection.execute("PRAGMA data_version").fetchall()[0][0]
        return self._version

    async def close(self) -> None:
        """Write what waits, then end the thread and close the connection."""
        self._closed = True
        while self._committing is not None or not self._waiting.empty:
            await asyncio.wait([self.committed(None)])
        self._work.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    # --- when -------------------------------------------------------------------------------------------------------
    def _soon(self) -> None:
        self._hurry = True
        if self._scheduled or self._committing is not None:
            return
        self._scheduled = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        # Two ticks: the tasks created in this one (LangGraph saves in tasks) get their rows in.
        self._loop.call_soon(self._loop.call_soon, self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._committing is not None:
            return
        self._hurry = False
        batch, self._waiting = self._waiting, Batch()
        if batch.empty:
            self._resolve(batch)
            return
        self._committing = batch
        try:
            apply(self._transaction, batch)
        except apsw.BusyError:
            self._work.put((batch, True))
        except apsw.Error as error:
            batch.fail(explain(error, self._path))
            self._done(batch)
        else:
            self._work.put((batch, False))

    def _done(self, batch: Batch) -> None:
        self._committing = None
        self._resolve(batch)
        if not self._waiting.empty or self._waiting.waiters:
            if self._hurry:
                self._soon()
            elif self._timer is None and not self._scheduled:
                self._timer = self._loop.call_later(LINGER_SECONDS, self._flush)

    def _resolve(self, batch: Batch) -> None:
        for unit, failure in batch.failures.items():
            unit.failed = unit.failed or failure
            if unit.on_failure is not None:
                unit.on_failure()
        if batch.events and self.on_commit is not None:
            self.on_commit(batch.events)
        for result, value in batch.results:
            _settle(result, value)
        for waiting, future in batch.waiters:
            _settle(future, waiting.failed if waiting is not None else batch.refused)

    # --- the thread -------------------------------------------------------------------------------------------------
    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            batch, whole = work
            try:
                if whole:
                    self._connection.set_busy_timeout(BUSY_MILLISECONDS)
                    apply(self._transaction, batch)
                self._transaction.commit()
            except apsw.Error as error:
                self._transaction.rollback()
                batch.fail(explain(error, self._path))
            if whole:
                self._connection.set_busy_timeout(0)
            self._loop.call_soon_threadsafe(self._done, batch)


def _settle(future: asyncio.Future[Any], value: Any) -> None:
    if future.done():
        return
    if isinstance(value, GraphFailure):
        future.set_exception(value)
    else:
        future.set_result(value)
