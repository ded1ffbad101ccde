"""The newest committed events of threads that are active here, and the wake-up of those who read them.

Decides how much is remembered (a reader that falls behind reads from the store) and that a reader is a cursor:
nothing is queued for it. It decides nothing about what a reader is shown.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from stemma.graphs.runs.events import RunEvent

ROWS = 512
BYTES = 1_000_000


class _Tail:
    __slots__ = ("bytes", "foreign", "holders", "own", "rows", "waiters")

    def __init__(self) -> None:
        self.rows: deque[RunEvent] = deque()
        self.bytes = 0
        self.holders = 0
        self.own = 0
        self.foreign = 0
        self.waiters: list[asyncio.Future[None]] = []

    def append(self, event: RunEvent) -> None:
        if self.rows and event.seq != self.rows[-1].seq + 1:
            self.rows.clear()  # another process wrote in between
            self.bytes = 0
        self.rows.append(event)
        self.bytes += len(event.data)
        while len(self.rows) > ROWS or (self.bytes > BYTES and len(self.rows) > 1):
            self.bytes -= len(self.rows.popleft().data)

    def wake(self) -> None:
        waiters, self.waiters = self.waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)


class Tails:
    """One tail a thread, kept while somebody holds it."""

    def __init__(self) -> None:
        self._tails: dict[str, _Tail] = {}

    @property
    def followed(self) -> bool:
        """Whether anybody reads anything."""
        return bool(self._tails)

    def acquire(self, thread_id: str) -> None:
        """Remember this thread's events from now on, until as many calls of `release`."""
        self._tails.setdefault(thread_id, _Tail()).holders += 1

    def release(self, thread_id: str) -> None:
        tail = self._tails[thread_id]
        tail.holders -= 1
        if not tail.holders:
            del self._tails[thread_id]

    @contextmanager
    def hold(self, thread_id: str) -> Iterator[None]:
        """Remember this thread's events for as long as the block lasts."""
        self.acquire(thread_id)
        try:
            yield
        finally:
            self.release(thread_id)

    def publish(self, events: Sequence[RunEvent]) -> None:
        """The store's `on_commit`."""
        woken = set()
        for event in events:
            tail = self._tails.get(event.thread_id)
            if tail is not None:
                tail.append(event)
                woken.add(event.thread_id)
        for thread_id in woken:
            self._tails[thread_id].own += 1
            self._tails[thread_id].wake()

    def wake_all(self) -> None:
        """Somebody else wrote to the store: every reader looks for itself."""
        for tail in list(self._tails.values()):
            tail.foreign += 1
            tail.wake()

    def since(self, thread_id: str, after: int) -> list[RunEvent] | None:
        """The events after this number, or None when the tail does not reach back that far."""
        rows = self._tails[thread_id].rows
        if not rows or rows[0].seq > after + 1:
            return None
        return list(islice(rows, after + 1 - rows[0].seq, None))

    def seen(self, thread_id: str) -> tuple[int, int]:
        """Goes up with every wake-up; ask before reading and give it to `changed`, so that none is missed."""
        tail = self._tails[thread_id]
        return tail.own, tail.foreign

    async def changed(self, thread_id: str, seen: tuple[int, int]) -> bool:
        """Returns when the thread had a wake-up after `seen`. True: somebody else may have written to the store."""
        tail = self._tails[thread_id]
        if (tail.own, tail.foreign) == seen:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            tail.waiters.append(waiter)
            await waiter
        return tail.foreign != seen[1]
