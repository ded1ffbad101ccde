"""Work that comes due: looked at, slept until more is due or somebody rings, and looked at again.

Decides how long one sleep may be, that a store which cannot be used is asked again soon, and that no fault ends the
rounds for good. It is stopped by a flag, not cancelled: what a look has begun to write reaches the disk.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from stemma.graphs.errors import StoreUnavailable

log = logging.getLogger(__name__)
LONGEST_SECONDS = 60.0
"""Of one sleep: the clock on the wall may be put forward meanwhile."""
RETRY_SECONDS = 1.0
"""While the store cannot be used, and after a fault."""


class Rounds:
    """Started by `start`."""

    def __init__(self, what: str, look: Callable[[], Awaitable[float]]) -> None:
        """`look` does what is due and says in how many seconds there may be more. `what` names it in the log."""
        self._what, self._look = what, look
        self._rung = asyncio.Event()
        self._stopped = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._go_round())
        self._task.add_done_callback(self._ended)

    def ring(self) -> None:
        """There may be more to do."""
        self._rung.set()

    async def stop(self) -> None:
        """A look under way is finished."""
        self._stopped = True
        self.ring()
        if self._task is not None:
            await asyncio.wait((self._task,))

    async def _go_round(self) -> None:
        while not self._stopped:
            self._rung.clear()
            try:
                pause = min(await self._look(), LONGEST_SECONDS)
            except StoreUnavailable as failure:
                log.warning("%s have to wait: %s", self._what, failure)
                pause = RETRY_SECONDS
            try:
                async with asyncio.timeout(pause):
                    await self._rung.wait()
            except TimeoutError:
                continue

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s were interrupted by a fault", self._what, exc_info=error)
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._resume)

    def _resume(self) -> None:
        if not self._stopped:
            self.start()
