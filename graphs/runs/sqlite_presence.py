"""Who is alive, and a heartbeat that nothing blocks. Decides when a worker's leases may be taken early.

A worker holds a lock on a file of its own beside the database; the operating system lets go of it when the process
dies, however it dies. So a restart after kill -9 takes its runs over at once instead of waiting for the lease to run
out. Where there are no such locks (Windows), only the lease's time counts. Leases are renewed by a thread with a
connection of its own: a step that blocks the event loop keeps its run.
"""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from typing import IO

import apsw

from stemma.graphs.runs.sqlite_connection import connect
from stemma.graphs.runs.sqlite_queries import QUERIES

try:
    import fcntl

    HAS_LOCKS = True
except ImportError:  # Windows
    HAS_LOCKS = False


class Presence:
    """The lock files of one database's workers."""

    def __init__(self, database: str) -> None:
        self._folder = Path(f"{database}.workers")
        self._held: dict[str, IO[str]] = {}

    def announce(self, owner: str) -> None:
        """Hold this worker's lock until `leave`, or until the process ends."""
        if not HAS_LOCKS or owner in self._held:
            return
        self._folder.mkdir(exist_ok=True)
        file = (self._folder / owner).open("w", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # the same worker through another store: it is announced already
            file.close()
        else:
            self._held[owner] = file

    def alive(self, owner: str) -> bool:
        """False only when it is certain that the worker's process is gone."""
        if not HAS_LOCKS or owner in self._held:
            return True
        path = self._folder / owner
        try:
            with path.open("r+", encoding="ascii") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        with contextlib.suppress(OSError):
            path.unlink()
        return False

    def leave(self) -> None:
        for owner, file in self._held.items():
            with contextlib.suppress(OSError):
                (self._folder / owner).unlink()
            file.close()
        self._held.clear()


class Heartbeat:
    """Renews one worker's leases, three times a lease, from its own thread and connection."""

    def __init__(self, path: str, owner: str, lease_seconds: float) -> None:
        self._path, self._owner, self._lease = path, owner, lease_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="stemma-heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        connection = connect(self._path)
        while not self._stop.wait(self._lease / 3):
            # A lock held by another process costs one beat of three, not the lease.
            with contextlib.suppress(apsw.Error):
                connection.execute(QUERIES["run_renew"], (time.time() + self._lease, self._owner))
        connection.close()
