"""Fires crons when their time comes. Decides when to look and what a firing that cannot be a run costs.

It sleeps until the next cron is due and is woken by whoever writes one, here or in another process. Any number of
processes may watch the same crons: the transaction that moves a cron to its next time accepts the run, and only one of
them finds the cron as it was. A cron whose time passed while no process ran fires once, and then at its next time.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime

from stemma.graphs.crons.firing import Firings
from stemma.graphs.crons.model import Cron, OnRunCompleted
from stemma.graphs.crons.ports import CronStore
from stemma.graphs.errors import GraphFailure, StoreUnavailable
from stemma.graphs.policy import Actor

log = logging.getLogger(__name__)
AT_A_TIME = 100
LONGEST_SECONDS = 60.0
"""Of one sleep: the clock on the wall may be put forward meanwhile."""
RETRY_SECONDS = 1.0
"""While the store cannot be used."""


class Scheduler:
    """Started by `start`."""

    def __init__(self, crons: CronStore, firings: Firings) -> None:
        self._crons, self._firings = crons, firings
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._work())
        self._task.add_done_callback(self._again)

    def _again(self, task: asyncio.Task[None]) -> None:
        """Whatever a project's code raised while a run of it was made must not end all crons."""
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a cron could not be fired", exc_info=error)
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._resume)

    def _resume(self) -> None:
        if not self._stopped:
            self.start()

    async def stop(self) -> None:
        """A firing under way is finished: its run must find a worker."""
        self._stopped = True
        self.look()
        if self._task is not None:
            await asyncio.wait((self._task,))

    def look(self) -> None:
        """A cron may have been written."""
        self._wake.set()

    async def fire_due(self, now: datetime) -> int:
        """Fire what is due; how many crons that was. Raises `StoreUnavailable` and its kinds."""
        done = 0
        while due := await self._crons.due(now, AT_A_TIME):
            await asyncio.gather(*(self._fire(cron, now) for cron in due))
            done += len(due)
        return done

    async def _fire(self, cron: Cron, now: datetime) -> None:
        upcoming = cron.upcoming(now)
        if cron.end_time is not None and now > cron.end_time:
            await self._crons.fire(cron, upcoming, None)
            return
        due = cron.next_run_date or now
        metadata = {**cron.metadata, "cron_id": cron.cron_id, "cron_run_date": due.isoformat()}
        request = replace(cron.request, metadata=metadata, on_completion=_completion(cron))
        actor = Actor(tenant=cron.tenant, user=cron.user, profile=cron.request.auth_user)
        try:
            await self._firings.fire(
                actor, cron.thread_id, request, lambda submission: self._crons.fire(cron, upcoming, submission)
            )
        except StoreUnavailable:
            raise
        except GraphFailure as failure:
            # Its graph is no longer served, or its thread is busy: this firing is lost, the next may go well.
            log.warning("cron %s made no run: %s", cron.cron_id, failure)
            await self._crons.fire(cron, upcoming, None)

    async def _work(self) -> None:
        while not self._stopped:
            self._wake.clear()
            pause = LONGEST_SECONDS
            try:
                await self.fire_due(datetime.now(UTC))
                due = await self._crons.next_due()
                if due is not None:
                    pause = min(pause, max((due - datetime.now(UTC)).total_seconds(), 0.0))
            except StoreUnavailable as failure:
                log.warning("crons cannot be fired now: %s", failure)
                pause = RETRY_SECONDS
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                continue


def _completion(cron: Cron) -> OnRunCompleted | None:
    return None if cron.thread_id is not None else cron.on_run_completed or "delete"
