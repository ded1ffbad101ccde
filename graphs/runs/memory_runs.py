"""Threads, runs and the log of the in-memory store. Decides nothing that sqlite_runs.py does not decide as well."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from stemma.graphs.errors import IdempotencyConflict, LostLease, ThreadBusy, UnknownRun, UnknownThread
from stemma.graphs.runs.events import EventName
from stemma.graphs.runs.memory_log import MemoryLog
from stemma.graphs.runs.model import CancelAction, Run, RunStatus, Thread, ThreadStatus
from stemma.graphs.runs.ports import Ending, Unit
from stemma.graphs.runs.rows import to_json, to_request, when
from stemma.graphs.runs.submission import Accepted, Submission
from stemma.graphs.runs.thread_ports import Lifetime
from stemma.graphs.webhooks.memory_webhooks import MemoryWebhooks

INTERRUPTED = to_json({"status": RunStatus.INTERRUPTED.value})


class Checkpoints(Protocol):
    """What erasing a run needs of the rest of the store."""

    def _delete_for_runs(self, run_ids: Sequence[str]) -> None: ...


class MemoryRuns(MemoryLog):
    """See `RunStore`."""

    def __init__(self, checkpoints: Checkpoints) -> None:
        super().__init__()
        self._checkpoints = checkpoints
        self.threads: dict[str, Thread] = {}
        self.lifetimes: dict[str, Lifetime] = {}
        self.state_updated: dict[str, datetime] = {}
        self.runs: dict[str, Run] = {}
        self.spans: dict[str, tuple[int, int | None]] = {}
        self._keys: dict[tuple[str, str], tuple[str, str]] = {}
        self.due: dict[str, float] = {}
        self._leases: dict[str, tuple[str, float]] = {}
        self._cancels: dict[str, CancelAction] = {}
        self.webhooks = MemoryWebhooks(lambda run_id: run_id in self.runs)

    # --- threads ----------------------------------------------------------------------------------------------------
    def owned(self, tenant: str, thread_id: str) -> Thread:
        thread = self.threads.get(thread_id)
        if thread is None or thread.tenant != tenant:
            raise UnknownThread(f"there is no thread {thread_id}")
        return thread

    def shown(self, thread: Thread) -> Thread:
        return replace(thread, status=ThreadStatus.BUSY) if self.live(thread.thread_id) else thread

    def live(self, thread_id: str) -> list[Run]:
        return [run for run in self.runs.values() if run.thread_id == thread_id and not run.status.ended]

    def waits(self, run_id: str) -> bool:
        return run_id in self.runs and self.runs[run_id].status is RunStatus.PENDING

    def _turns(self, thread_id: str, now: float) -> list[Run]:
        """Live runs that are due, in order."""
        return [run for run in self.live(thread_id) if self.due.get(run.run_id, 0.0) <= now]

    def mark_thread(self, thread_id: str, status: ThreadStatus, interrupts: Mapping[str, Any]) -> None:
        thread = self.threads[thread_id]
        now = self.state_updated[thread_id] = when(time.time())
        self.threads[thread_id] = replace(thread, status=status, interrupts=interrupts, updated_at=now)

    def delete_thread(self, tenant: str, thread_id: str) -> None:
        self.owned(tenant, thread_id)
        if any(run.status is RunStatus.RUNNING for run in self.live(thread_id)):
            raise ThreadBusy()
        for run in [run for run in self.runs.values() if run.thread_id == thread_id]:
            self._drop(run.run_id)
        self.log.pop(thread_id, None)
        self.cut.pop(thread_id, None)
        del self.threads[thread_id]

    # --- runs -------------------------------------------------------------------------------------------------------
    def fence(self, unit: Unit) -> None:
        if unit.run_id is None:
            return
        run = self.runs.get(unit.run_id)
        if run is None or run.epoch != unit.epoch or run.status is not RunStatus.RUNNING:
            raise LostLease()

    def submit(self, submission: Submission) -> Accepted:
        run = submission.run
        key = (run.tenant, submission.idempotency_key or "")
        if submission.idempotency_key is not None and key in self._keys:
            known, fingerprint = self._keys[key]
            if fingerprint != submission.fingerprint:
                raise IdempotencyConflict()
            return Accepted(self.runs[known], leased=False)
        if run.thread_id in self.threads or not submission.create_thread:
            self.owned(run.tenant, run.thread_id)
        there = self.threads.get(run.thread_id)
        submission.admit(there.interrupts if there is not None else {}, bool(self.live(run.thread_id)))
        if run.thread_id not in self.threads:
            now, metadata, ttl = run.created_at, submission.thread_metadata, submission.ttl
            made = Thread(run.thread_id, run.tenant, now, now, metadata, ThreadStatus.IDLE, ttl=ttl, user=run.user)
            self.threads[run.thread_id] = made
            self.lifetimes[run.thread_id] = submission.lifetime
        thread = self.threads[run.thread_id]
        merged = {**thread.metadata, **submission.thread_metadata}
        self.threads[run.thread_id] = replace(thread, metadata=merged, updated_at=run.created_at)
        self.state_updated[run.thread_id] = run.created_at
        cancelled = self._make_way(run)
        at = time.time()
        leased = submission.owner is not None and submission.due <= at and not self._turns(run.thread_id, at)
        self.due[run.run_id] = submission.due
        stored = replace(run, request=to_request(submission.request))
        first = self.event(run.thread_id, run.run_id, EventName.METADATA.value, "", submission.first_event, time.time())
        self.spans[run.run_id] = (first, None)
        if submission.idempotency_key is not None:
            self._keys[key] = (run.run_id, submission.fingerprint)
        if leased:
            stored = replace(stored, status=RunStatus.RUNNING, epoch=1, attempt=1)
            self._leases[run.run_id] = (submission.owner or "", submission.lease_until)
        self.runs[run.run_id] = stored
        return Accepted(stored, leased, cancelled)

    def _make_way(self, run: Run) -> list[str]:
        strategy = run.request.multitask_strategy
        if strategy not in ("interrupt", "rollback"):
            return []
        action: CancelAction = "rollback" if strategy == "rollback" else "interrupt"
        live = [other.run_id for other in self.live(run.thread_id)]
        return [r for r in live if self.cancel(run.tenant, run.thread_id, r, action) is RunStatus.RUNNING]

    def lease(self, owner: str, until: float, limit: int) -> list[Run]:
        now = time.time()
        taken: list[Run] = []
        for thread_id in {run.thread_id: None for run in self.runs.values() if not run.status.ended}:
            turns = self._turns(thread_id, now)
            if not turns or any(run.status is RunStatus.RUNNING for run in turns[1:]):
                continue
            run = turns[0]
            late = run.status is RunStatus.RUNNING and self._leases[run.run_id][1] < now
            if len(taken) == limit or not (run.status is RunStatus.PENDING or late):
                continue
            run = replace(run, status=RunStatus.RUNNING, epoch=run.epoch + 1, attempt=run.attempt + 1)
            self.runs[run.run_id] = run
            self._leases[run.run_id] = (owner, until)
            if run.attempt > 1:
                data = to_json({"run_id": run.run_id, "attempt": run.attempt})
                self.event(thread_id, run.run_id, EventName.METADATA.value, "", data, now)
            taken.append(run)
        return taken

    def finish(self, unit: Unit, ending: Ending) -> bool:
        self._end(unit.run_id or "", ending.status, ending.error, ending.event)
        self.mark_thread(unit.thread_id, ending.thread_status, ending.interrupts)
        return bool(self.live(unit.thread_id))

    def release(self, unit: Unit) -> None:
        run = self.runs[unit.run_id or ""]
        self.runs[run.run_id] = replace(run, status=RunStatus.PENDING)

    def cancel(self, tenant: str, thread_id: str, run_id: str, action: CancelAction) -> RunStatus:
        run = self.runs.get(run_id)
        if run is None or (run.thread_id, run.tenant) != (thread_id, tenant):
            raise UnknownRun()
        if run.status is RunStatus.RUNNING:
            if self._cancels.get(run_id) != "rollback":
                self._cancels[run_id] = action
        elif action == "rollback":
            self._erase(run)
        elif run.status is RunStatus.PENDING:
            self._end(run_id, RunStatus.INTERRUPTED, None, INTERRUPTED)
            return RunStatus.INTERRUPTED
        return run.status

    def cancellations(self, owner: str) -> Mapping[str, CancelAction]:
        return {k: v for k, v in self._cancels.items() if self._leases.get(k, ("", 0.0))[0] == owner}

    def erase_run(self, holds_lease: bool, thread_id: str, run_id: str) -> bool:
        run = self.runs.get(run_id)
        if run is None or run.thread_id != thread_id:
            raise UnknownRun()
        if run.status is RunStatus.RUNNING and not holds_lease:
            raise ThreadBusy()
        self._erase(run)
        if not self.live(thread_id):
            self.mark_thread(thread_id, ThreadStatus.IDLE, {})
        return bool(self.live(thread_id))

    def _erase(self, run: Run) -> None:
        if not run.status.ended:
            self._end(run.run_id, RunStatus.INTERRUPTED, None, INTERRUPTED)
        rows = self.log[run.thread_id]
        for position, row in enumerate(rows):
            if row.run_id == run.run_id:
                ends = row.event == EventName.END
                event = row.event if ends else EventName.TOMBSTONE.value
                rows[position] = row._replace(event=event, namespace="", data=row.data if ends else b"")
        self._checkpoints._delete_for_runs([run.run_id])
        self._drop(run.run_id)

    def _end(self, run_id: str, status: RunStatus, error: str | None, data: bytes) -> None:
        run = self.runs[run_id]
        last = self.event(run.thread_id, run_id, EventName.END.value, "", data, time.time())
        self.runs[run_id] = replace(run, status=status, error=error, updated_at=when(time.time()))
        self.webhooks.add(run)
        self.spans[run_id] = (self.spans[run_id][0], last)
        self._cancels.pop(run_id, None)
        self._leases.pop(run_id, None)

    def _drop(self, run_id: str) -> None:
        del self.runs[run_id]
        self.webhooks.drop(run_id)
        self.spans.pop(run_id, None)
        self._keys = {key: value for key, value in self._keys.items() if value[0] != run_id}
