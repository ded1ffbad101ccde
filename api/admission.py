"""How much a process takes in at once: a text is parsed, cut, embedded and read for claims, all of it on processors.

Decides who is told to come back. It queues nothing: a client that waits in line holds its body in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stemma.memory.errors import MemoryBusy


class TooManyUploads(MemoryBusy):
    """So many texts are being taken in already."""


@dataclass(slots=True)
class Admission:
    """One kind of work that a process does so many times at once and no more. Of one event loop."""

    kind: str
    """In the plural, for the refusal."""
    running: int = 0

    @contextmanager
    def one(self, most: int) -> Iterator[None]:
        """Raises `TooManyUploads` where `most` are running."""
        if self.running >= most:
            raise TooManyUploads(f"{most} {self.kind} are being read already", hint="send it again a little later")
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1
