"""One SQLite file: its connections, threads, transactions, and what its errors mean.

Decides that one thread writes and a few read, each with a connection of its own, so that the event loop never waits for
a disk or for another process's lock; that the log is put into the file by another thread while the writer goes on; and
which failure of SQLite is which failure of memory. It knows no table.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import apsw

from stemma.memory.errors import MemoryBusy, MemoryCorrupt, MemoryFull, MemoryUnavailable

T = TypeVar("T")
Row = tuple[Any, ...]

_READERS = 2
_BUSY_MILLISECONDS = 5_000
_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA cache_size = -16000",
    "PRAGMA mmap_size = 268435456",
    "PRAGMA trusted_schema = OFF",
)


_LARGE_WRITES = "PRAGMA cache_size = -128000"
"""Kilobytes at most: a withdrawal with 100,000 descendants that does not fit is written twice, and read back."""
_LOG, _LONG_LOG = 1_000, 16_000
"""Pages of 4 KB from which the log is put into the file, and from which a writer waits for it: it begins anew only when
all of it is there, which a writer that does not pause never lets be."""


class SqliteDatabase:
    """Runs work on an SQLite file in threads. Every method raises what `translated` makes of SQLite's errors."""

    def __init__(
        self, path: Path, *, busy_milliseconds: int = _BUSY_MILLISECONDS, max_pages: int | None = None
    ) -> None:
        """`max_pages` bounds the file's size: a write beyond it raises `MemoryFull`."""
        self.path = path
        self._busy_milliseconds = busy_milliseconds
        self._max_pages = max_pages
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="memory-write", initializer=self._begin_to_write)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="memory-read")
        self._checkpointer = ThreadPoolExecutor(1, thread_name_prefix="memory-checkpoint")
        self._checkpointing: Future[None] | None = None
        self._local = threading.local()
        self._connections: list[apsw.Connection] = []
        self._closed = False

    async def read(self, work: Callable[[apsw.Connection], T]) -> T:
        """Run `work` on one consistent view of the file."""
        return await self._run(self._readers, work, "BEGIN")

    async def write(self, work: Callable[[apsw.Connection], T]) -> T:
        """Run `work` in one transaction: all of it is on the disk when this returns, or nothing is."""
        return await self._run(self._writer, work, "BEGIN IMMEDIATE")

    async def close(self) -> None:
        """Let work that has begun end, then close every connection. Calling it twice is harmless."""
        self._closed = True
        for executor in (self._writer, self._readers, self._checkpointer):
            await asyncio.to_thread(executor.shutdown)
        while self._connections:
            self._connections.pop().close()

    async def _run(self, executor: ThreadPoolExecutor, work: Callable[[apsw.Connection], T], begin: str) -> T:
        def job() -> T:
            with translated(self.path):
                connection = self._connection()
                with _transaction(connection, begin):
                    return work(connection)

        if self._closed:
            raise MemoryUnavailable(f"the memory {self.path} is closed")
        return await asyncio.get_running_loop().run_in_executor(executor, job)

    def _connection(self) -> apsw.Connection:
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            self._local.connection = connection
            self._connections.append(connection)
        return connection

    def _begin_to_write(self) -> None:
        self._local.writes = True

    def _written(self, _connection: apsw.Connection, _database: str, pages: int) -> int:
        """Called by SQLite in the writer's thread after each commit, with the length of the log."""
        if pages >= _LONG_LOG:
            self._checkpointer.submit(self._checkpoint).result()
        elif pages >= _LOG and (self._checkpointing is None or self._checkpointing.done()):
            self._checkpointing = self._checkpointer.submit(self._checkpoint)
        return apsw.SQLITE_OK

    def _checkpoint(self) -> None:
        """As SQLite itself does after a commit: what cannot be done now, because somebody reads or the disk is full, is
        left to the next one. Nothing is lost, as the log has it."""
        with suppress(apsw.Error):
            self._connection().wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def _connect(self) -> apsw.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = apsw.Connection(os.fspath(self.path))
        try:
            connection.set_busy_timeout(self._busy_milliseconds)
            if connection.pragma("journal_mode") != "wal":
                connection.pragma("journal_mode", "wal")
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            if getattr(self._local, "writes", False):
                connection.execute(_LARGE_WRITES)
                connection.set_wal_hook(self._written)
            if self._max_pages is not None:
                connection.pragma("max_page_count", self._max_pages)
        except BaseException:
            connection.close()
            raise
        return connection


def rows(connection: apsw.Connection, query: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
    """All rows of a query."""
    return list(connection.execute(query, parameters or {}))


def copy_database(connection: apsw.Connection, target: Path) -> None:
    """Write a consistent copy beside the target, then put it in the target's place. Others go on meanwhile."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        copy = apsw.Connection(os.fspath(unfinished))
        try:
            with copy.backup("main", connection, "main") as backup:
                backup.step()
        finally:
            copy.close()
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise SQLite's failures as memory's. A query that is wrong in itself is a bug and passes through."""
    try:
        yield
    except (apsw.BusyError, apsw.LockedError, apsw.ProtocolError) as failure:
        hint = "wait for the other command to end, then type it again"
        raise MemoryBusy(f"another process has been writing to {path} for too long", hint=hint) from failure
    except apsw.FullError as failure:
        raise MemoryFull(f"there is no room left for {path}", hint="free some disk space") from failure
    except (apsw.NotADBError, apsw.CorruptError) as failure:
        hint = "restore a backup, or point MEMORY_URL at another file"
        raise MemoryCorrupt(f"{path} cannot be read as a memory", hint=hint) from failure
    except apsw.ReadOnlyError as failure:
        hint = "check the permissions of the file and its folder"
        raise MemoryUnavailable(f"{path} cannot be written to", hint=hint) from failure
    except (apsw.CantOpenError, apsw.IOError, apsw.PermissionsError, apsw.AuthError, OSError) as failure:
        hint = "check MEMORY_URL and the folder's permissions"
        raise MemoryUnavailable(f"the memory {path} cannot be opened", hint=hint) from failure


@contextmanager
def _transaction(connection: apsw.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
