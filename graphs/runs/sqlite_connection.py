"""Opens the run store's SQLite file: pragmas, schema version, migrations, and what its errors mean to a person.

It decides nothing about the rows. A file from a newer Stemma is refused untouched.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import apsw

from stemma.graphs.errors import StoreBusy, StoreCorrupt, StoreFull, StoreTooNew, StoreUnavailable
from stemma.graphs.runs.sqlite_queries import SCHEMA

VERSION = len(SCHEMA)
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=OFF",
    "wal_autocheckpoint=4000",
    "cache_size=-8000",
    "temp_store=MEMORY",
)
"""Of every connection. FULL: a commit is on the disk when it returns."""
BUSY_MILLISECONDS = 5_000
"""How long a thread of ours (never the event loop) waits for another process's lock."""


def explain(error: Exception, path: str) -> StoreUnavailable:
    """The failure a person can act on, for an error of the driver."""
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return StoreBusy(f"another process holds the lock of {path}", hint="close it, or try again in a moment")
    if isinstance(error, apsw.FullError):
        return StoreFull(f"there is no room left to write {path}", hint="free disk space; nothing written is lost")
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        return StoreCorrupt(
            f"{path} is not a run store that can be read", hint="restore a backup, or name another file"
        )
    return StoreUnavailable(f"{path} cannot be used: {error}", hint="check the path and its permissions")


@contextlib.contextmanager
def explained(path: str) -> Iterator[None]:
    """Turn the driver's errors into ours."""
    try:
        yield
    except apsw.Error as error:
        raise explain(error, path) from error


def connect(path: str) -> apsw.Connection:
    """A connection as every part of the store uses it. Raises `StoreUnavailable` and its kinds."""
    with explained(path):
        connection = apsw.Connection(path, statementcachesize=400)
        connection.set_busy_timeout(BUSY_MILLISECONDS)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        return connection


def open_file(path: str) -> apsw.Connection:
    """The writing connection, with the schema brought up to date. Raises `StoreTooNew` and `StoreUnavailable`."""
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"{path} cannot be created: {error.strerror}", hint="name another place") from error
    connection = connect(path)
    try:
        with explained(path):
            _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def copy_file(path: str, target: str) -> None:
    """A consistent copy in a new file; those who write meanwhile are not held up. Raises `StoreUnavailable`."""
    if Path(target).exists():
        raise StoreUnavailable(f"{target} exists", hint="name a file that does not exist yet")
    connection = connect(path)
    try:
        with explained(target):
            connection.execute("VACUUM INTO ?", (target,))
    finally:
        connection.close()


def _migrate(connection: apsw.Connection, path: str) -> None:
    if _version(connection, path) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in range(_version(connection, path) + 1, VERSION + 1):
            connection.execute(SCHEMA[f"v{step}"]).fetchall()
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: apsw.Connection, path: str) -> int:
    version = int(connection.pragma("user_version"))
    if version > VERSION:
        raise StoreTooNew(
            f"{path} was written by a newer Stemma (schema {version}, this one knows {VERSION})",
            hint="upgrade stemma-agents, or name another file in GRAPHS_DATABASE_URL",
        )
    return version
