"""Notices that another process wrote to the store. Decides how often to ask; what to do about it, others decide."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from stemma.graphs.errors import StoreUnavailable
from stemma.graphs.runs.ports import RunStore

FOLLOWED_SECONDS = 0.02
QUIET_SECONDS = 0.1


class Watch:
    """Calls `changed` on the event loop after anybody wrote; asks more often while somebody reads."""

    def __init__(self, store: RunStore, changed: Callable[[], None], followed: Callable[[], bool]) -> None:
        self._store, self._changed, self._followed = store, changed, followed
        self._task = asyncio.ensure_future(self._watch())

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait((self._task,))

    async def _watch(self) -> None:
        last = self._store.version()
        while True:
            await asyncio.sleep(FOLLOWED_SECONDS if self._followed() else QUIET_SECONDS)
            with contextlib.suppress(StoreUnavailable):
                version = self._store.version()
                if version != last:
                    last = version
                    self._changed()
