"""The front of durable runs: what the API, the evals and the command line call.

Decides who may do what (through policy.py) and which part does it. It holds no logic of its own.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from stemma.graphs.assistants.assistants import Assistants
from stemma.graphs.catalog import Catalog
from stemma.graphs.crons.crons import Crons
from stemma.graphs.crons.firing import Firings
from stemma.graphs.crons.scheduler import Scheduler
from stemma.graphs.keys.keys import Keys
from stemma.graphs.policy import Actor, Permission, require
from stemma.graphs.protocol.reading import ThreadEvents
from stemma.graphs.runs.cancel import Cancellations
from stemma.graphs.runs.events import Frame
from stemma.graphs.runs.follow import Follower
from stemma.graphs.runs.grafts import Grafts
from stemma.graphs.runs.graphs import BoundGraphs
from stemma.graphs.runs.guard import Guard
from stemma.graphs.runs.join import Joins
from stemma.graphs.runs.model import CancelAction, Run, RunRequest, RunStatus, ThreadTtl
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.rerun import Reruns
from stemma.graphs.runs.state import States
from stemma.graphs.runs.sweep import Sweeper
from stemma.graphs.runs.tail import Tails
from stemma.graphs.runs.thread_facade import ThreadFacade
from stemma.graphs.runs.threads import Threads
from stemma.graphs.runs.watch import Watch
from stemma.graphs.runs.worker import Worker
from stemma.graphs.store.stores import Stores
from stemma.graphs.webhooks.deliver import Deliverer
from stemma.graphs.webhooks.settings import WebhookSettings


class Runtime(ThreadFacade):
    """Durable runs over one run store. Usable without a worker (read, submit, cancel) or with one.

    Every operation raises `Forbidden` when the actor may not do it, `UnknownThread` and `UnknownRun` for what is not
    the actor's tenant's, and `StoreUnavailable` and its kinds when the store cannot be used.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: RunStore,
        tails: Tails,
        graphs: BoundGraphs,
        worker: Worker | None,
        sweeper: Sweeper | None = None,
        stores: Stores | None = None,
        *,
        webhooks: WebhookSettings,
        webhook_secret: Path,
        thread_ttl: ThreadTtl | None = None,
    ) -> None:
        self.catalog, self.stores = catalog, stores
        self.assistants = Assistants(store.assistants, catalog)
        self.keys = Keys(store.keys, store.version)
        self._store, self._worker = store, worker
        self.sweeper = sweeper
        self._guard = Guard(store)
        self._states = States(store, graphs)
        self._threads = Threads(store, self._states, thread_ttl)
        self._follower = Follower(store, graphs, tails)
        self._joins = Joins(store, graphs, self._follower)
        self.thread_events = ThreadEvents(store, graphs, self._follower)
        self.deliverer = Deliverer(store, self._joins.values, webhooks, webhook_secret)
        self._submissions = Firings(store, graphs, self.assistants, self._states, tails, worker, webhooks, thread_ttl)
        self.scheduler = Scheduler(store.crons, self._submissions)
        self.crons = Crons(store.crons, self._submissions, self.assistants, self.scheduler.look)
        self.grafts = Grafts(store, graphs, self._states, self._submissions)
        self._reruns = Reruns(store, self._states, self._submissions)
        self._cancellations = Cancellations(store, self._guard, self._follower, worker)
        self._watch = Watch(store, self._foreign_change, lambda: tails.followed)
        self._tails = tails

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Put what runs here back to pending, at once, and let go of the store. Nothing is lost."""
        await self._watch.stop()
        if self.sweeper is not None:
            await self.sweeper.stop()
        await self.scheduler.stop()
        await self.deliverer.stop()
        if self.stores is not None:
            await self.stores.stop()
        if self._worker is not None:
            await self._worker.stop()
        await self._store.close()

    async def healthy(self) -> None:
        """Raises `StoreUnavailable`."""
        await self._store.check()

    async def backup(self, target: str) -> None:
        """Copy the store to a new file while it is in use. Raises `StoreUnavailable`."""
        await self._store.backup(target)

    # --- runs -------------------------------------------------------------------------------------------------------
    async def submit(
        self,
        actor: Actor,
        thread_id: str | None,
        request: RunRequest,
        *,
        idempotency_key: str | None = None,
        if_not_exists: Literal["create", "reject"] = "reject",
    ) -> Run:
        """Accept a run; it is on disk when this returns. No thread: one is made, kept for as long as other threads.

        Raises `UnknownAssistant`, `UnknownThread`, `UnknownCheckpoint`, `InvalidRequest`, `ThreadBusy`,
        `IdempotencyConflict`.
        """
        require(actor, Permission.RUNS_WRITE)
        return await self._submissions.submit(actor, thread_id, request, idempotency_key, if_not_exists)

    async def submit_all(self, actor: Actor, requests: Sequence[RunRequest]) -> list[Run]:
        """Accept runs without threads: all of them, or none when one is not valid. Raises as `submit`."""
        require(actor, Permission.RUNS_WRITE)
        return await self._submissions.submit_all(actor, requests)

    async def get_run(self, actor: Actor, thread_id: str | None, run_id: str) -> Run:
        """No thread: found by its id alone."""
        await self._guard.thread(actor, Permission.RUNS_READ, "read", thread_id, run_id)
        return await self._store.run(actor.tenant, thread_id, run_id)

    async def list_runs(
        self,
        actor: Actor,
        thread_id: str | None = None,
        *,
        limit: int = 10,
        offset: int = 0,
        status: RunStatus | None = None,
    ) -> list[Run]:
        """Newest first; no thread: all of the tenant."""
        await self._guard.thread(actor, Permission.RUNS_READ, "search", thread_id, limit=limit, offset=offset)
        if thread_id is not None:
            await self._store.thread(actor.tenant, thread_id)
        found = await self._store.runs(actor.tenant, thread_id, status=status, limit=limit, offset=offset)
        return found if thread_id is not None else await self._guard.seen(actor, "read", found)

    async def cancel(
        self,
        actor: Actor,
        thread_id: str | None,
        run_id: str,
        *,
        action: CancelAction = "interrupt",
        wait: bool = False,
    ) -> None:
        """Stop a run, wherever it runs; rollback also deletes what it did to the thread."""
        await self._guard.thread(actor, Permission.RUNS_WRITE, "update", thread_id, run_id, action=action)
        await self._cancellations.cancel(actor, thread_id, run_id, action, wait)

    async def cancel_all(
        self,
        actor: Actor,
        *,
        thread_id: str | None = None,
        run_ids: Sequence[str] = (),
        statuses: Sequence[RunStatus] = (),
        action: CancelAction = "interrupt",
    ) -> None:
        """Stop the runs named, or all of these statuses. Raises `UnknownRun` before any of those named is stopped."""
        require(actor, Permission.RUNS_WRITE)
        await self._cancellations.cancel_all(actor, thread_id, run_ids, statuses, action)

    async def delete_run(self, actor: Actor, thread_id: str, run_id: str) -> None:
        """Delete an ended or waiting run and its checkpoints. Raises `ThreadBusy` while it runs."""
        await self._guard.thread(actor, Permission.RUNS_WRITE, "delete", thread_id, run_id)
        await self._store.run(actor.tenant, thread_id, run_id)
        await self._store.erase_run(None, thread_id, run_id)

    async def join(self, actor: Actor, thread_id: str | None, run_id: str) -> Any:
        """Wait for the run's end and return its last values. Raises `RunFailed`."""
        await self._guard.thread(actor, Permission.RUNS_READ, "read", thread_id, run_id)
        return await self._joins.join(await self._store.run(actor.tenant, thread_id, run_id))

    async def replay(
        self, actor: Actor, thread_id: str, checkpoint_id: str, *, idempotency_key: str | None = None
    ) -> Run:
        """Run again from a checkpoint, on a new branch."""
        await self._guard.thread(actor, Permission.RUNS_WRITE, "read", thread_id)
        return await self._reruns.replay(actor, thread_id, checkpoint_id, idempotency_key)

    async def fork(
        self, actor: Actor, thread_id: str, checkpoint_id: str, values: Mapping[str, Any], *, as_node: str | None = None
    ) -> Run:
        """Edit the state at a checkpoint and run on from there, on a new branch."""
        await self._guard.thread(actor, Permission.RUNS_WRITE, "update", thread_id)
        return await self._reruns.fork(actor, thread_id, checkpoint_id, values, as_node)

    # --- streams ----------------------------------------------------------------------------------------------------
    async def stream(
        self,
        actor: Actor,
        thread_id: str | None,
        run_id: str,
        *,
        modes: Sequence[str] = ("values",),
        after: int = 0,
        subgraphs: bool = False,
        namespaces: Collection[str] | None = None,
        checkpoint_id: str = "",
    ) -> AsyncGenerator[Frame, None]:
        """The run's frames after a cursor, then live; ends with the run. Without a cursor, those after a checkpoint,
        if it is the run's. `namespaces`: only what these say themselves; "" is the root graph.

        Raises `InvalidRequest`, `UnknownRun`.
        """
        await self._guard.thread(actor, Permission.RUNS_READ, "read", thread_id, run_id)
        run = self._worker.running(run_id) if self._worker is not None else None
        if run is None or run.tenant != actor.tenant or thread_id not in (None, run.thread_id):
            run = await self._store.run(actor.tenant, thread_id, run_id)
        if checkpoint_id and not after:
            after = await self._follower.place_of(run, checkpoint_id)
        async with aclosing(self._follower.run(run, modes, after, subgraphs, namespaces)) as frames:
            async for frame in frames:
                yield frame

    def _foreign_change(self) -> None:
        self._tails.wake_all()
        self.scheduler.look()
        self.deliverer.look()
        if self._worker is not None:
            self._worker.look()
