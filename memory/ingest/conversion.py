"""Files that need a library to be read: each is read by a child process that may fail without harm.

Decides when a child is started, given up and killed, and turns every end of it into a reason. It parses nothing itself:
`readers/` does, in the child, which gets the file's bytes and never its path.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from threading import Lock, Timer
from types import TracebackType
from typing import BinaryIO, cast

import orjson

from stemma.memory.errors import UnreadableDocument
from stemma.memory.ingest.readers.limits import Limits
from stemma.memory.ingest.readers.parts import Attachment, Details, Part, from_line

CONVERTED = (".pdf", ".docx", ".pptx", ".xlsx", ".eml", ".msg")
"""The suffixes of the files that are read so."""
_FILES_EACH = 200
"""Files that one child reads: what a library keeps of them must not grow for ever."""
_SINGLE_THREADED = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
"""Every thread reserves address space, which is bounded."""


@dataclass(slots=True)
class Converted:
    """What a file held."""

    details: Details = field(default_factory=Details)
    parts: list[Part] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)


class Converter:
    """Reads files one after another. A child serves for many of them, but a bad file is the last one of its child."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._child: _Child | None = None
        self._served = 0

    def convert(self, suffix: str, stream: BinaryIO) -> Converted:
        """Read a file whose suffix is in `CONVERTED`. Raises `UnreadableDocument`, whatever it does to its reader."""
        data = stream.read(self._limits.size + 1)
        if len(data) > self._limits.size:
            raise UnreadableDocument(f"it is larger than {self._limits.size} bytes")
        child = self._ready()
        timer = Timer(self._limits.seconds, child.expire)
        timer.start()
        is_read = False
        try:
            child.send(suffix, data)
            converted = child.receive()
            is_read = True
        finally:
            timer.cancel()
            self._served += 1
            if not is_read or self._served == _FILES_EACH:
                self.close()
        return converted

    def close(self) -> None:
        """End the child. The next file gets a new one."""
        child, self._child, self._served = self._child, None, 0
        if child is not None:
            child.end()

    def __enter__(self) -> Converter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ready(self) -> _Child:
        if self._child is None:
            self._child = _Child(self._limits)
            if (children := _CHILDREN.get()) is not None:
                children.add(self._child)
        return self._child


class _Child(subprocess.Popen[bytes]):
    """The process that reads files for one converter."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._expired = False
        paths = os.pathsep.join(path for path in sys.path if path)
        super().__init__(
            [sys.executable, "-P", "-m", "stemma.memory.ingest.readers", orjson.dumps(asdict(limits))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": paths, **_SINGLE_THREADED},
        )
        self._requests = cast(BinaryIO, self.stdin)
        self._answers = cast(BinaryIO, self.stdout)

    def send(self, suffix: str, data: bytes) -> None:
        with suppress(BrokenPipeError):  # it ended before it had the file: what it wrote says why
            self._requests.write(orjson.dumps({"suffix": suffix, "size": len(data)}) + b"\n")
            self._requests.write(data)
            self._requests.flush()

    def receive(self) -> Converted:
        """Raises `UnreadableDocument`: the child's reason, or that of its end."""
        converted = Converted()
        room = 4 * self._limits.characters + 2 * self._limits.size
        try:
            while True:
                line = self._answers.readline(room)
                room -= len(line)
                if room <= 0:
                    raise UnreadableDocument("its reader answers without end")
                match from_line(line):
                    case None:
                        return converted
                    case str() as reason:
                        raise UnreadableDocument(reason)
                    case Details() as details:
                        converted.details = details
                    case Part() as part:
                        converted.parts.append(part)
                    case Attachment() as attachment:
                        converted.attachments.append(attachment)
        except EOFError as error:
            raise UnreadableDocument(self._reason()) from error

    def expire(self) -> None:
        """It had all the time there is."""
        self._expired = True
        self.kill()

    def end(self) -> None:
        """Whatever it does."""
        self.kill()
        self.wait()
        for pipe in (self._requests, self._answers):
            with suppress(BrokenPipeError):  # what is left to be flushed goes nowhere
                pipe.close()

    def _reason(self) -> str:
        """Why it ended without a word."""
        if self._expired:
            return f"it takes longer than {self._limits.seconds:g} seconds to be read"
        code = -self.wait()
        if code == signal.SIGXCPU:
            return f"a page or sheet of it takes longer than {self._limits.part_seconds} seconds to be read"
        if code == signal.SIGKILL:
            return "reading it was stopped"
        name = signal.Signals(code).name if code in set(signal.Signals) else f"exit code {-code}"
        return f"it is damaged, or needs more than {self._limits.memory >> 20} MB to be read ({name})"


class _Children:
    """The children that were started for one task."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: set[_Child] = set()
        self._over = False

    def add(self, child: _Child) -> None:
        with self._lock:
            self._running = {known for known in self._running if known.returncode is None} | {child}
            if self._over:
                child.kill()

    def end(self) -> None:
        with self._lock:
            self._over = True
            for child in self._running:
                child.kill()


_CHILDREN: ContextVar[_Children | None] = ContextVar("children", default=None)


@contextmanager
def children_end_here() -> Iterator[None]:
    """Children that are started inside, in this task or in threads it waits for, are killed at the end at the latest.

    A task that is cancelled leaves a thread behind that reads a file: without its child, that thread is done. Within
    another one nothing happens at the inner end: what serves several ingestions outlives the first.
    """
    if _CHILDREN.get() is not None:
        yield
        return
    children = _Children()
    before = _CHILDREN.set(children)
    try:
        yield
    finally:
        _CHILDREN.reset(before)
        children.end()
