"""One nightly at a time in one results folder.

Decides by a lock that the operating system keeps (flock) and lets go of when the process ends, however it ends: a dead
holder never stands in the way, and no process number is ever trusted. What the file says (who runs, where, since when)
is only for the message. Where there are no such locks (Windows), nothing is held: do not start two there.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from stemma.evals.errors import InvalidResults, NightRunning

try:
    import fcntl

    HAS_LOCKS = True
except ImportError:  # Windows
    HAS_LOCKS = False

LOCK = ".nightly.lock"


@contextmanager
def night_lock(folder: Path, night: str) -> Iterator[None]:
    """Hold the folder's lock, for the night of that date. It never waits.

    Raises `NightRunning`, which says who holds it, and `InvalidResults` where the folder cannot be written.
    """
    file = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as problem:
        message = f"{folder} cannot be written: {problem.strerror or problem}"
        raise InvalidResults(message, hint="say where with --out DIR") from problem
    try:
        _take(descriptor, file)
        _write(descriptor, {"host": socket.gethostname(), "pid": os.getpid(), "night": night, "since": _now()})
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _take(descriptor: int, file: Path) -> None:
    if not HAS_LOCKS:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as held:
        raise NightRunning(f"{_holder(file)} in {file.parent}") from held
    except OSError as problem:
        message = f"{file} cannot be locked: {problem.strerror or problem}"
        raise InvalidResults(message, hint="keep the results on a file system with locks: --out DIR") from problem


def _holder(file: Path) -> str:
    """Who holds the lock, as far as the file tells: its holder may be just about to write it."""
    try:
        holder = json.loads(file.read_text("utf-8"))
        who = f"process {holder['pid']} on {holder['host']}"
        return f"{who} has been running the night of {holder['night']} since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process is running a night"


def _write(descriptor: int, holder: dict[str, object]) -> None:
    os.ftruncate(descriptor, 0)
    os.write(descriptor, json.dumps(holder).encode())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
