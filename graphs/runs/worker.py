"""Takes runs whose turn it is and has them executed, at most so many at once.

Decides when to look for work: at a submission or an end in this process, at once; when another process wrote to the
store, within `POLL_SECONDS`; for leases that ran out, three times a lease. This is one of the two places that catch
everything: a worker that died silently would leave accepted runs waiting for ever.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import socket
import time
from uuid import uuid4

from stemma.graphs.errors import GraphFailure
from stemma.graphs.runs.execute import Executor, Orders
from stemma.graphs.runs.model import CancelAction, Run
from stemma.graphs.runs.tail import Tails

log = logging.getLogger(__name__)
POLL_SECONDS = 0.1
"""How often the store is asked whether another process wrote to it."""


class Worker:
    """Started by `start`; `stop` puts what runs back to pending."""

    def __init__(self, executor: Executor, tails: Tails) -> None:
        self._executor = executor
        self._store = executor.store
        self._settings = executor.settings
        self._tails = tails
        self.owner = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:12]}"
        self._running: dict[str, tuple[asyncio.Task[None], Orders, Run]] = {}
        self._waiting = 0
        """Those of them that only wait for others."""
        self._wake = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._draining = False
        self._until_due = math.inf
        """Seconds until a run that waits for its time may begin, when that was last asked."""

    # --- what submit and cancel ask ---------------------------------------------------------------------------------
    @property
    def has_room(self) -> bool:
        return not self._draining and self._room() > 0

    def _room(self) -> int:
        """Runs of Stemma's own graphs wait for other runs: counted too, they could take the room those need."""
        return self._settings.concurrency - len(self._running) + self._waiting

    def lease_until(self) -> float:
        """When a lease taken now runs out."""
        return time.time() + self._settings.lease_seconds

    def run(self, run: Run) -> None:
        """Execute a run that this worker has the lease of."""
        orders = Orders()
        self._tails.acquire(run.thread_id)
        task = asyncio.ensure_future(self._one(run, orders))
        task.add_done_callback(_report)
        task.add_done_callback(lambda _: self._tails.release(run.thread_id))
        self._running[run.run_id] = (task, orders, run)
        self._waiting += self._executor.graphs.catalog.internal(run.graph_id)
        if self._draining:
            orders.requeue()

    def running(self, run_id: str) -> Run | None:
        """A run that is executed here, as it was when it was leased."""
        found = self._running.get(run_id)
        return found[2] if found else None

    def look(self) -> None:
        """There may be work."""
        self._wake.set()

    def cancel(self, run_id: str, action: CancelAction) -> None:
        """Stop the run if it runs here."""
        if run_id in self._running:
            self._running[run_id][1].cancel(action)

    # --- life -------------------------------------------------------------------------------------------------------
    def start(self) -> None:
        self._store.start_heartbeat(self.owner, self._settings.lease_seconds)
        self._loop = asyncio.ensure_future(self._work())
        self.look()

    async def stop(self) -> None:
        """Requeue what runs and return when that is written."""
        self._draining = True
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.wait((self._loop,))
        for _, orders, _ in list(self._running.values()):
            orders.requeue()
        while self._running:
            await asyncio.wait([task for task, _, _ in self._running.values()])

    async def _one(self, run: Run, orders: Orders) -> None:
        waiting = True
        try:
            waiting = await self._executor.execute(run, orders)
        finally:
            self._running.pop(run.run_id, None)
            self._waiting -= self._executor.graphs.catalog.internal(run.graph_id)
            if waiting or self._room() == 1:
                self.look()

    async def _work(self) -> None:
        pause = self._settings.lease_seconds / 3
        while not self._draining:  # Python 3.11's wait_for may swallow the cancellation of `stop`
            try:
                await self._take()
            except GraphFailure as failure:
                log.warning("no work can be taken: %s", failure)
            except Exception:  # a border: whatever went wrong, the next look may go well
                log.exception("no work can be taken")
            try:
                await asyncio.wait_for(self._wake.wait(), min(pause, self._until_due))
            except TimeoutError:
                continue
            self._wake.clear()

    async def _take(self) -> None:
        await self._obey()
        self._until_due = math.inf
        due = await self._store.next_due()
        self._until_due = math.inf if due is None else max(due - time.time(), 0.0)
        room = self._room()
        if room > 0:
            for run in await self._store.lease(self.owner, self.lease_until(), room):
                self.run(run)

    async def _obey(self) -> None:
        """Stop the runs that somebody, perhaps in another process, asked to stop."""
        if self._running:
            for run_id, action in (await self._store.cancellations(self.owner)).items():
                self.cancel(run_id, action)


def _report(task: asyncio.Task[None]) -> None:
    """Say what went wrong in a run's own task; its lease runs out, and the run is tried again."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a run could not be ended", exc_info=error)
