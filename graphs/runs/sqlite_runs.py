"""What happens to runs inside a transaction of the run store: accepting, leasing, ending, cancelling, erasing.

Decides the order of runs within a thread and that status, last event and thread change together. Every function
raises before it writes, as `GroupCommit.call` demands.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from stemma.graphs.errors import IdempotencyConflict, ThreadBusy, UnknownRun
from stemma.graphs.runs import sqlite_threads
from stemma.graphs.runs.events import EventName
from stemma.graphs.runs.model import CancelAction, Run, RunStatus, Thread, ThreadStatus
from stemma.graphs.runs.ports import Ending, Unit
from stemma.graphs.runs.rows import to_json, to_run
from stemma.graphs.runs.sqlite_checkpoints import collect_blobs
from stemma.graphs.runs.sqlite_transaction import Transaction
from stemma.graphs.runs.submission import Accepted, Submission
from stemma.graphs.runs.thread_ports import Lifetime

INTERRUPTED = to_json({"status": RunStatus.INTERRUPTED.value})


def get(tx: Transaction, tenant: str, run_id: str) -> Run:
    return to_run(tx.all("run_get", (run_id, tenant, None))[0])


def submit(tx: Transaction, submission: Submission) -> Accepted:
    """See `RunStore.submit`."""
    run = submission.run
    if submission.idempotency_key is not None:
        known = tx.all("run_key", (run.tenant, submission.idempotency_key))
        if known:
            if known[0][1] != submission.fingerprint:
                raise IdempotencyConflict(hint="use a new key for a new request")
            return Accepted(get(tx, run.tenant, known[0][0]), leased=False)
    exists = tx.all("thread_tenant", (run.thread_id,)) if submission.lifetime is Lifetime.KEPT else []
    if exists or not submission.create_thread:
        sqlite_threads.owned(tx, run.tenant, run.thread_id)
    live = tx.all("run_live", (run.thread_id,)) if exists else []
    strategy = run.request.multitask_strategy
    submission.admit(sqlite_threads.interrupts(tx, run.thread_id) if run.request.answers else {}, bool(live))
    now = run.created_at.timestamp()
    if not exists:
        made, metadata = run.created_at, submission.thread_metadata
        idle, ttl = ThreadStatus.IDLE, submission.ttl
        thread = Thread(run.thread_id, run.tenant, made, made, metadata, idle, ttl=ttl, user=run.user)
        sqlite_threads.insert(tx, thread, submission.lifetime)
    else:
        tx.do("thread_touch", (now, run.thread_id, to_json(submission.thread_metadata).decode()))
    cancelled: Sequence[str] = ()
    if live and strategy in ("interrupt", "rollback"):
        cancelled, live = _make_way(tx, run, live, "rollback" if strategy == "rollback" else "interrupt")
    # A run that waits for its time holds nobody up.
    free = not any(due <= now for _, _, due in live)
    accepted = _insert(tx, submission, now, free=free, cancelled=cancelled)
    return accepted if exists else replace(accepted, run=replace(accepted.run, new_thread=True))


def _make_way(
    tx: Transaction, run: Run, live: list[tuple[Any, ...]], action: CancelAction
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Ask every live run of the thread to stop; returns those that run, and what is live still."""
    running = []
    for run_id, _, _ in live:
        if cancel(tx, run.tenant, run.thread_id, run_id, action) is RunStatus.RUNNING:
            running.append(run_id)
    return running, [entry for entry in live if entry[0] in running]


def _insert(tx: Transaction, submission: Submission, now: float, *, free: bool, cancelled: Sequence[str]) -> Accepted:
    run = submission.run
    due = submission.due
    leased = free and submission.owner is not None and due <= now
    status, epoch = (RunStatus.RUNNING, 1) if leased else (RunStatus.PENDING, 0)
    first = tx.event(run.thread_id, run.run_id, EventName.METADATA.value, "", now, submission.first_event)
    tx.do(
        "run_insert",
        (run.run_id, run.thread_id, run.tenant, run.assistant_id, run.graph_id, now, now, status.value,
         to_json(run.metadata).decode(), submission.request, epoch, epoch, submission.owner if leased else None,
         submission.lease_until if leased else None, first, run.user, due, run.request.webhook),
    )  # fmt: skip
    if submission.idempotency_key is not None:
        key = (run.tenant, submission.idempotency_key, run.run_id, submission.fingerprint, now)
        tx.do("run_key_insert", key)
    accepted = replace(run, status=status, epoch=epoch, attempt=epoch, first_seq=first)
    return Accepted(accepted, leased=leased, cancelled=cancelled)


def lease(tx: Transaction, owner: str, until: float, limit: int, dead: Sequence[str]) -> list[Run]:
    """See `RunStore.lease`. `dead`: workers whose process is certainly gone."""
    now = time.time()
    runs = []
    for run_id, _ in tx.all("run_candidates", (now, to_json(dead).decode(), limit)):
        tx.do("run_lease", (run_id, owner, until, now))
        tx.forget(run_id)
        tenant = tx.all("run_state", (run_id,))[0][3]
        run = get(tx, tenant, run_id)
        if run.attempt > 1:
            data = to_json({"run_id": run_id, "attempt": run.attempt})
            tx.event(run.thread_id, run_id, EventName.METADATA.value, "", now, data)
        runs.append(run)
    return runs


def finish(tx: Transaction, unit: Unit, ending: Ending) -> bool:
    """End the run, its log and its thread's wait together. The unit's epoch was checked by the group."""
    run_id = unit.run_id or ""
    now = time.time()
    last = tx.event(unit.thread_id, run_id, EventName.END.value, "", now, ending.event)
    tx.do("run_end", (run_id, ending.status.value, ending.error, now, last))
    tx.do("webhook_add", (run_id, now))
    sqlite_threads.mark(tx, unit.thread_id, ending.thread_status, ending.interrupts)
    tx.forget(run_id)
    return bool(tx.all("run_live", (unit.thread_id,)))


def release(tx: Transaction, unit: Unit) -> None:
    run_id = unit.run_id or ""
    tx.do("run_release", (run_id, time.time()))
    tx.forget(run_id)


def cancel(tx: Transaction, tenant: str, thread_id: str, run_id: str, action: CancelAction) -> RunStatus:
    """See `RunStore.cancel`."""
    found = tx.all("run_state", (run_id,))
    if not found or found[0][2:4] != (thread_id, tenant):
        raise UnknownRun(f"there is no run {run_id} on thread {thread_id}")
    status = RunStatus(found[0][0])
    if status is RunStatus.RUNNING:
        tx.do("run_cancel", (run_id, action, time.time()))
    elif action == "rollback":
        erase(tx, thread_id, run_id)
    elif status is RunStatus.PENDING:
        _end_interrupted(tx, thread_id, run_id)
        return RunStatus.INTERRUPTED
    return status


def _end_interrupted(tx: Transaction, thread_id: str, run_id: str) -> int:
    now = time.time()
    last = tx.event(thread_id, run_id, EventName.END.value, "", now, INTERRUPTED)
    tx.do("run_end", (run_id, RunStatus.INTERRUPTED.value, None, now, last))
    tx.do("webhook_add", (run_id, now))
    tx.forget(run_id)
    return last


def erase_run(tx: Transaction, unit: Unit | None, thread_id: str, run_id: str) -> bool:
    """See `RunStore.erase_run`."""
    found = tx.all("run_state", (run_id,))
    if not found or found[0][2] != thread_id:
        raise UnknownRun(f"there is no run {run_id} on thread {thread_id}")
    if unit is None and found[0][0] == RunStatus.RUNNING.value:
        raise ThreadBusy(f"run {run_id} is running", hint="cancel it first")
    erase(tx, thread_id, run_id)
    live = tx.all("run_live", (thread_id,))
    if not live:
        sqlite_threads.mark(tx, thread_id, ThreadStatus.IDLE, {})
    return bool(live)


def erase(tx: Transaction, thread_id: str, run_id: str) -> None:
    """Numbers stay, content goes; a run that had not ended gets its end, so that its readers stop."""
    if not RunStatus(tx.all("run_state", (run_id,))[0][0]).ended:
        _end_interrupted(tx, thread_id, run_id)
    tx.flush()
    tx.do("event_tombstones", (thread_id, run_id))
    tx.do("write_delete_run", (thread_id, run_id))
    tx.do("checkpoint_delete_runs", (orjson.dumps([run_id]).decode(),))
    collect_blobs(tx, thread_id)
    tx.do("run_delete_key", (run_id,))
    tx.do("webhook_delete_run", (run_id,))
    tx.do("run_delete", (run_id,))
    tx.forget(run_id)
