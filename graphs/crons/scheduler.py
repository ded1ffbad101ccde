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
from stemma.graphs.runs.rounds import LONGEST_SECONDS, Rounds

log = logging.getLogger(__name__)
AT_A_TIME = 100


class Scheduler:
    """Started by `start`. `look` wakes it: a cron may have been written. `stop` finishes a firing under way."""

    def __init__(self, crons: CronStore, firings: Firings) -> None:
        self._crons, self._firings = crons, firings
        self._rounds = Rounds("crons", self._round)
        self.start, self.stop, self.look = self._rounds.start, self._rounds.stop, self._rounds.ring

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

    async def _round(self) -> float:
        await self.fire_due(datetime.now(UTC))
        due = await self._crons.next_due()
        return LONGEST_SECONDS if due is None else max((due - datetime.now(UTC)).total_seconds(), 0.0)


def _completion(cron: Cron) -> OnRunCompleted | None:
    return None if cron.thread_id is not None else cron.on_run_completed or "delete"
