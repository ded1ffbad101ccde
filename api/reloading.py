"""`stemma dev` over a project: a child process serves, this one watches the files and changes children.

Decides when the next child takes over: when it has imported the whole project. Until then, and for as long as the code
on disk cannot be imported, the last child that could goes on serving. Both serve one listening socket, which stays open
all the time; the old child requeues its runs as it stops, and the new one carries on with them.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

POLL_SECONDS = 0.4
"""How often the files are looked at. Their times and sizes are compared, nothing is read."""
STOP_SECONDS = 20.0
"""How long a child may take to stop before it is killed."""
SUFFIXES = frozenset({".py", ".toml", ".env"})
NAMES = frozenset({".env", "langgraph.json"})
"""Other files than these are data: a graph that writes some must not restart the server."""
SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "build", "dist"})
Snapshot = Mapping[str, tuple[int, int]]


def snapshot(folders: Sequence[Path]) -> Snapshot:
    """File -> (time of change, size) of what a project's code is made of, hidden folders left out."""
    return {file: (stat.st_mtime_ns, stat.st_size) for folder in folders for file, stat in _files(folder)}


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIPPED and not entry.name.startswith("."):
                    yield from _files(Path(entry.path))
            elif os.path.splitext(entry.name)[1] in SUFFIXES or entry.name in NAMES:
                yield entry.path, entry.stat()
        except OSError:  # gone between listing and looking
            continue


def changes(before: Snapshot, after: Snapshot) -> list[str]:
    """The files that are new, gone or different."""
    return sorted(file for file in before.keys() | after.keys() if before.get(file) != after.get(file))


class Child(subprocess.Popen[bytes]):
    """A process of `dev_child`. `imported` tells whether it could import the project; `go` lets it serve."""

    def __init__(self, listener: socket.socket, arguments: Mapping[str, Any]) -> None:
        self._ready, writing = os.pipe()
        told = json.dumps({**arguments, "listener": listener.fileno(), "ready": writing})
        # -P: the folder that the command is typed in must not come before the installed packages.
        super().__init__(
            [sys.executable, "-P", "-m", "stemma.api.dev_child", told],
            stdin=subprocess.PIPE,
            pass_fds=(listener.fileno(), writing),
        )
        os.close(writing)

    def imported(self) -> bool:
        """Wait until it has imported the project, or has said what is wrong and ended."""
        said = os.read(self._ready, 1)
        os.close(self._ready)
        if not said:
            self.wait()
        return bool(said)

    def go(self) -> None:
        """Let it open the stores and serve."""
        if self.stdin is not None:
            self.stdin.write(b"go\n")
            self.stdin.flush()

    def stop(self) -> None:
        """Let it requeue what runs and end."""
        if self.poll() is None:
            self.send_signal(signal.SIGTERM)
        try:
            self.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            self.wait()
        if self.stdin is not None:
            self.stdin.close()


class Reloader:
    """Serves until Ctrl-C or SIGTERM."""

    def __init__(
        self,
        listener: socket.socket,
        arguments: Mapping[str, Any],
        folders: Sequence[Path],
        say: Callable[[str], None],
    ) -> None:
        self.listener, self.arguments, self.folders, self.say = listener, arguments, folders, say
        self.child: Child | None = None

    def run(self) -> None:
        """Raises: KeyboardInterrupt after Ctrl-C; SystemExit after SIGTERM."""
        signal.signal(signal.SIGTERM, _leave)
        seen = snapshot(self.folders)
        try:
            self._take_over("waiting for a change that can be imported")
            while True:
                changed = self._next_change(seen)
                seen = snapshot(self.folders)
                self.say(f"changed: {', '.join(Path(file).name for file in changed[:3])}; reloading")
                self._take_over("the last version that could be imported goes on" if self.child else "waiting")
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if self.child is not None:
                self.child.stop()

    def _take_over(self, otherwise: str) -> None:
        fresh = Child(self.listener, self.arguments)
        if not fresh.imported():
            fresh.stop()
            self.say(otherwise)
            return
        if self.child is not None:
            self.child.stop()
        self.child = fresh
        fresh.go()

    def _next_change(self, seen: Snapshot) -> list[str]:
        while True:
            select.select([], [], [], POLL_SECONDS)
            if changed := changes(seen, snapshot(self.folders)):
                return changed
            if self.child is not None and self.child.poll() is not None:
                self.say("the server has ended; waiting for a change")
                self.child.stop()
                self.child = None


def _leave(number: int, _frame: object) -> None:
    sys.exit(128 + number)
