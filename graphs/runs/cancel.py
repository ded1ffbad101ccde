"""Cancelling and deleting runs. Decides what waits for what; a cancelled run's end is written by whoever runs it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from stemma.graphs.errors import UnknownRun
from stemma.graphs.policy import Actor, Permission
from stemma.graphs.runs.follow import Follower
from stemma.graphs.runs.guard import Guard
from stemma.graphs.runs.model import CancelAction, RunStatus
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.worker import Worker

EVERY = 1_000_000


class Cancellations:
    """Stops runs, here or in another process."""

    def __init__(self, store: RunStore, guard: Guard, follower: Follower, worker: Worker | None) -> None:
        self._store, self._guard, self._follower, self._worker = store, guard, follower, worker

    async def cancel(self, actor: Actor, thread_id: str | None, run_id: str, action: CancelAction, wait: bool) -> None:
        """See `Runtime.cancel`. A run that has ended stays as it ended, unless it is to be rolled back."""
        run = await self._store.run(actor.tenant, thread_id, run_id)
        status = await self._store.cancel(actor.tenant, run.thread_id, run_id, action)
        if self._worker is not None:
            self._worker.cancel(run_id, action)
            self._worker.look()
        if wait and status is RunStatus.RUNNING:
            await self._follower.ended(run)

    async def cancel_all(
        self,
        actor: Actor,
        thread_id: str | None,
        run_ids: Sequence[str],
        statuses: Sequence[RunStatus],
        action: CancelAction,
    ) -> None:
        """See `Runtime.cancel_all`. Waiting runs are stopped first, newest first, so that none begins."""
        found = []
        for run_id in run_ids:
            await self._guard.thread(actor, Permission.RUNS_WRITE, "update", thread_id, run_id, action=action)
            found.append(await self._store.run(actor.tenant, thread_id, run_id))
        for status in (RunStatus.PENDING, RunStatus.RUNNING):
            if status in statuses:
                live = await self._store.runs(actor.tenant, thread_id, status=status, limit=EVERY, offset=0)
                found += await self._guard.seen(actor, "update", live, action=action)
        for run in found:
            with contextlib.suppress(UnknownRun):  # somebody else deleted it meanwhile
                await self.cancel(actor, run.thread_id, run.run_id, action, wait=False)

    async def cancel_thread(self, actor: Actor, thread_id: str) -> None:
        """Stop every live run of a thread, newest first so that none begins, and wait for their ends."""
        for status in (RunStatus.PENDING, RunStatus.RUNNING):
            for run in await self._store.runs(actor.tenant, thread_id, status=status, limit=EVERY, offset=0):
                try:
                    await self.cancel(actor, thread_id, run.run_id, "interrupt", wait=True)
                except UnknownRun:
                    continue  # somebody else deleted it meanwhile
