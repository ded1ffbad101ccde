"""`RunStore` in dictionaries: the fake beside sqlite_store.py, held by the same contract suite.

Decides nothing that the port does not. What is added is applied at the next turn of the event loop, so that a test that
forgets to wait for a commit fails here too. It lives and dies with its process and keeps nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from stemma.graphs.assistants.memory_assistants import MemoryAssistants
from stemma.graphs.crons.memory_crons import MemoryCrons
from stemma.graphs.erasure.memory_erasure import MemoryErasure
from stemma.graphs.errors import GraphFailure, InvalidRequest, LostLease, UnknownRun
from stemma.graphs.keys.memory_keys import MemoryKeys
from stemma.graphs.runs.events import RunEvent
from stemma.graphs.runs.memory_threads import MemoryThreads
from stemma.graphs.runs.model import CancelAction, Run, RunStatus
from stemma.graphs.runs.ports import CheckpointRow, Ending, Unit, WriteRow
from stemma.graphs.runs.submission import Accepted, Submission

T = TypeVar("T")


class MemoryStore(MemoryThreads):
    """See `RunStore`."""

    def __init__(self) -> None:
        super().__init__()
        self.on_commit: Callable[[Sequence[RunEvent]], None] | None = None
        self.assistants = MemoryAssistants()
        self.keys = MemoryKeys()
        self.crons = MemoryCrons(self._runs, self._publish)
        self.webhooks = self._runs.webhooks
        self.erasure = MemoryErasure(self._runs, self.assistants, self.keys, self.crons, self.delete_thread)
        self._waiting: dict[Unit, list[Callable[[], object]]] = defaultdict(list)
        self._futures: list[tuple[Unit, asyncio.Future[None]]] = []

    # --- rows of a run ----------------------------------------------------------------------------------------------
    def log(self, unit: Unit, event: str, namespace: str, data: bytes) -> None:
        at = time.time()
        self._add(unit, lambda: self._runs.event(unit.thread_id, unit.run_id or "", event, namespace, data, at))

    def put_checkpoint(self, unit: Unit, row: CheckpointRow) -> None:
        self._add(unit, lambda: self._put_checkpoint(row))

    def put_blob(self, unit: Unit, ns: str, channel: str, version: int, kind: str, value: bytes) -> None:
        self._add(unit, lambda: self._put_blob(unit.thread_id, ns, channel, version, kind, value))

    def put_write(
        self, unit: Unit, ns: str, checkpoint_id: str, index: int, path: str, write: WriteRow, *, replace: bool
    ) -> None:
        key = (unit.thread_id, ns, checkpoint_id)
        self._add(unit, lambda: self._put_write(key, index, path, write, unit.run_id, replace))

    def _add(self, unit: Unit, apply: Callable[[], object]) -> None:
        if unit.failed is None:
            if not self._waiting and not self._futures:
                asyncio.get_running_loop().call_soon(self._commit)
            self._waiting[unit].append(apply)

    def committed(self, unit: Unit) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not self._waiting and not self._futures:
            asyncio.get_running_loop().call_soon(self._commit)
        self._futures.append((unit, future))
        return future

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, defaultdict(list)
        futures, self._futures = self._futures, []
        for unit, rows in waiting.items():
            failure = self._apply(unit, rows)
            if failure is not None:
                unit.failed = failure
                if unit.on_failure is not None:
                    unit.on_failure()
        self._publish()
        for unit, future in futures:
            if future.done():
                continue
            future.set_exception(unit.failed) if unit.failed is not None else future.set_result(None)

    def _apply(self, unit: Unit, rows: list[Callable[[], object]]) -> GraphFailure | None:
        mark = self._runs.mark(unit.thread_id)
        try:
            self._runs.fence(unit)
            for apply in rows:
                apply()
        except LostLease as failure:
            return failure
        except UnicodeEncodeError as error:
            self._runs.undo(unit.thread_id, mark)
            return InvalidRequest(f"a row cannot be stored: {error}", field="data")
        return None

    def _publish(self) -> None:
        if (events := self._runs.take_new()) and self.on_commit is not None:
            self.on_commit(events)

    async def settled(self, thread_id: str) -> None:
        if any(unit.thread_id == thread_id for unit in self._waiting):
            await self.committed(Unit(thread_id))

    async def delete_thread(self, tenant: str, thread_id: str) -> None:
        await super().delete_thread(tenant, thread_id)
        self.crons.delete_thread(thread_id)

    # --- runs -------------------------------------------------------------------------------------------------------
    async def submit(self, submission: Submission) -> Accepted:
        accepted = self._runs.submit(submission)
        self._publish()
        return accepted

    async def run(self, tenant: str, thread_id: str | None, run_id: str) -> Run:
        run = self._runs.runs.get(run_id)
        if run is None or run.tenant != tenant or thread_id not in (None, run.thread_id):
            raise UnknownRun(f"there is no run {run_id}")
        return run

    async def runs(
        self, tenant: str, thread_id: str | None, *, status: RunStatus | None, limit: int, offset: int
    ) -> list[Run]:
        found = [
            run
            for run in reversed(self._runs.runs.values())
            if run.tenant == tenant and thread_id in (None, run.thread_id) and status in (None, run.status)
        ]
        return found[offset : offset + limit]

    async def lease(self, owner: str, until: float, limit: int) -> list[Run]:
        leased = self._runs.lease(owner, until, limit)
        self._publish()
        return leased

    async def next_due(self) -> float | None:
        now = time.time()
        return min(
            (due for run_id, due in self._runs.due.items() if due > now and self._runs.waits(run_id)), default=None
        )

    async def finish(self, unit: Unit, ending: Ending) -> bool:
        return await self._call(unit, lambda: self._runs.finish(unit, ending))

    async def release(self, unit: Unit) -> None:
        await self._call(unit, lambda: self._runs.release(unit))

    async def cancel(self, tenant: str, thread_id: str, run_id: str, action: CancelAction) -> RunStatus:
        return await self._call(Unit(thread_id), lambda: self._runs.cancel(tenant, thread_id, run_id, action))

    async def cancellations(self, owner: str) -> Mapping[str, CancelAction]:
        return self._runs.cancellations(owner)

    async def erase_run(self, unit: Unit | None, thread_id: str, run_id: str) -> bool:
        return await self._call(
            unit or Unit(thread_id), lambda: self._runs.erase_run(unit is not None, thread_id, run_id)
        )

    async def _call(self, unit: Unit, function: Callable[[], T]) -> T:
        """After what the unit added, and only while its lease holds."""
        await self.committed(unit)
        self._runs.fence(unit)
        try:
            return function()
        finally:
            self._publish()

    def start_heartbeat(self, owner: str, lease_seconds: float) -> None:
        """Nobody else could take a lease over."""

    # --- events -----------------------------------------------------------------------------------------------------
    async def events(self, thread_id: str, after: int, limit: int) -> list[RunEvent]:
        return self._runs.rows(thread_id, after, limit)

    async def run_span(self, run_id: str) -> tuple[int, int | None]:
        if run_id not in self._runs.spans:
            raise UnknownRun(f"there is no run {run_id}")
        return self._runs.spans[run_id]

    def version(self) -> object:
        return 0

    async def delete_for_runs(self, run_ids: Sequence[str]) -> None:
        self._delete_for_runs(run_ids)

    async def check(self) -> None:
        """It can always be written."""

    async def close(self) -> None:
        if self._waiting:
            await self.committed(Unit(""))
