"""Waiting for what the run store commits, without asking it again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from stemma.graphs.runs.events import RunEvent
from stemma.graphs.runs.runtime import Runtime

T = TypeVar("T")


class Commits:
    """Looks again after each commit that wrote events."""

    def __init__(self, runtime: Runtime) -> None:
        store = runtime._store
        publish = store.on_commit
        self._seen = asyncio.Event()

        def both(events: Sequence[RunEvent]) -> None:
            if publish is not None:
                publish(events)
            self._seen.set()

        store.on_commit = both

    async def until(self, look: Callable[[], Awaitable[T]], seconds: float = 20.0) -> T:
        """What `look` finds, once that is something. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds):
            while not (found := await look()):
                await self._seen.wait()
                self._seen.clear()
            return found
