"""Leaving nothing of deleted rows in an SQLite file.

Decides the steps: the full-text index is merged into one segment where there is one, the file is written anew (VACUUM),
and the log is emptied into it. Others may have the file open, but not be in the middle of reading or writing.
"""

from __future__ import annotations

from pathlib import Path

import apsw

from stemma.memory.erasure.model import Compaction

BUSY_MILLISECONDS = 10_000


def compact_file(path: Path) -> Compaction:
    """Blocks: call it in a thread. Not done, with the reason, where another process keeps the file busy."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(BUSY_MILLISECONDS)
        connection.execute("PRAGMA temp_store = MEMORY")
        if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'words'").get:
            connection.execute("INSERT INTO words (words) VALUES ('optimize')")
        connection.execute("VACUUM")
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0]
    except apsw.BusyError:
        busy = 1
    finally:
        connection.close()
    if busy:
        return Compaction(False, f"{path} is in use: stop what uses it, then type the same command again")
    return Compaction(True)


def files_of(path: Path) -> list[Path]:
    """The file and what SQLite keeps beside it."""
    return [path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "-journal"))]
