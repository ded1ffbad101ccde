"""Deletes or shortens threads whose time is over, and forgets events that were kept long enough.

Decides how often to look; which ones, the store knows.

Any number of processes may sweep one store: what one has done, the other does not find any more.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from stemma.graphs.errors import GraphFailure, ThreadBusy, UnknownThread
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.saver import RunSaver
from stemma.graphs.runs.thread_ports import Expired
from stemma.graphs.settings import GraphSettings

log = logging.getLogger(__name__)
AT_A_TIME = 100
LOGS_AT_A_TIME = 1000
HOUR = timedelta(hours=1)


class Sweeper:
    """Started by `start`; sweeps at once, then every `sweep_minutes`."""

    def __init__(self, store: RunStore, saver: RunSaver, settings: GraphSettings) -> None:
        self._store, self._saver, self._settings = store, saver, settings
        self._trimmed: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._work())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def sweep(self, now: datetime) -> int:
        """Do what is due; how many threads and logs it was done to. Raises `StoreUnavailable` and its kinds."""
        done = await self._trim(now)
        ended_before = now - timedelta(minutes=self._settings.stateless_minutes)
        while found := await self._store.expired_threads(now, ended_before, AT_A_TIME):
            swept = sum([await self._end(thread, now) for thread in found])
            done += swept
            if swept < len(found):
                break  # somebody began to use one meanwhile; the next sweep looks again
        return done

    async def _trim(self, now: datetime) -> int:
        """Forget events that were kept long enough. Every run is looked at, so once an hour will do."""
        if self._trimmed is not None and now - self._trimmed < HOUR:
            return 0
        kept = timedelta(days=self._settings.retention_days)
        cut = await self._store.trim_events(now - kept, LOGS_AT_A_TIME)
        if cut < LOGS_AT_A_TIME:
            self._trimmed = now
        return cut

    async def _end(self, thread: Expired, now: datetime) -> bool:
        try:
            if thread.strategy == "delete":
                await self._store.delete_thread(thread.tenant, thread.thread_id)
            else:
                await self._saver.aprune([thread.thread_id], strategy="keep_latest")
                await self._store.note_swept(thread.thread_id, now)
        except (ThreadBusy, UnknownThread):
            return False
        return True

    async def _work(self) -> None:
        while True:
            try:
                done = await self.sweep(datetime.now(UTC))
                if done:
                    log.info("swept %d threads whose time was over", done)
            except GraphFailure as failure:
                log.warning("expired threads cannot be swept now: %s", failure)
            await asyncio.sleep(60 * self._settings.sweep_minutes)
