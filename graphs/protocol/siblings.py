"""The streams of one thread that are open in this process.

Decides that a watcher tells a question only after the thread's other streams have told what comes before it. The SDKs
watch every thread on a stream of its own, and the Python one ends all its iterators as soon as that stream brings a
question: it must not overtake the values, the messages and the question itself on the streams those iterators read.
Nothing but a question waits, on nothing but a watcher, and not for long: a stream that falls behind is not waited for.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SETTLING_SECONDS = 0.05
"""Clients open several streams in a row: a watcher tells no question before it is so old."""
PATIENCE_SECONDS = 0.2
"""How long it then waits for the others."""
MARGIN_SECONDS = 0.01
"""For what the others have told to arrive first: it goes another way."""


class OpenStream:
    """One of them."""

    __slots__ = ("_beside", "_born", "_moved", "row")

    def __init__(self, beside: list[OpenStream], row: int) -> None:
        self.row = row
        """Everything up to this row of the log has been told."""
        self._beside = beside
        self._born = asyncio.get_running_loop().time()
        self._moved: asyncio.Future[None] | None = None

    def passed(self, row: int) -> None:
        """The row has been told."""
        self.row = row
        self.wake()

    def wake(self) -> None:
        if self._moved is not None and not self._moved.done():
            self._moved.set_result(None)

    async def give_way(self, row: int) -> None:
        """Return when a watcher may tell this row's question."""
        age = asyncio.get_running_loop().time() - self._born
        if age < SETTLING_SECONDS:
            await asyncio.sleep(SETTLING_SECONDS - age)
        if not self._beside:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while behind := [stream for stream in self._beside if stream.row < row]:
                    await behind[0].moves()
        await asyncio.sleep(MARGIN_SECONDS)

    async def moves(self) -> None:
        """Return when this stream has told another row, or is no more."""
        if self._moved is None or self._moved.done():
            self._moved = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._moved)


class Siblings:
    """All open streams, by thread. Watchers are not waited for."""

    def __init__(self) -> None:
        self._open: defaultdict[str, list[OpenStream]] = defaultdict(list)
        self._watchers: dict[str, int] = defaultdict(int)

    @contextmanager
    def open(self, thread_id: str, after: int, *, watches: bool) -> Iterator[OpenStream]:
        """A stream that begins after this row, for as long as the block lasts."""
        beside = self._open[thread_id]
        stream = OpenStream(beside, after)
        if watches:
            self._watchers[thread_id] += 1
        else:
            beside.append(stream)
        try:
            yield stream
        finally:
            self._close(thread_id, stream, watches)

    def _close(self, thread_id: str, stream: OpenStream, watches: bool) -> None:
        beside = self._open[thread_id]
        if watches:
            self._watchers[thread_id] -= 1
        else:
            beside.remove(stream)
            stream.wake()
        if not beside and not self._watchers[thread_id]:
            del self._open[thread_id], self._watchers[thread_id]
