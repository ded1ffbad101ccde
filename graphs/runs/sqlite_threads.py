"""What happens to threads inside a transaction of the run store. Decides which rows belong to a thread.

Every function raises before it writes, as `GroupCommit.call` demands.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from stemma.graphs.errors import ThreadBusy, ThreadExists, UnknownThread
from stemma.graphs.runs import sqlite_checkpoints
from stemma.graphs.runs.model import Thread, ThreadStatus, ThreadTtl
from stemma.graphs.runs.rows import to_json
from stemma.graphs.runs.sqlite_transaction import Transaction
from stemma.graphs.runs.thread_ports import Lifetime, ThreadQuery

SORTS = {
    "thread_id": "thread_id",
    "created_at": "created",
    "updated_at": "updated",
    "state_updated_at": "state_updated",
    "status": "state",
}
"""The columns a search may be sorted by."""


def create(tx: Transaction, thread: Thread) -> None:
    """Raises `ThreadExists`."""
    if tx.all("thread_tenant", (thread.thread_id,)):
        raise ThreadExists(f"a thread with the id {thread.thread_id} exists", hint="use if_exists=do_nothing")
    insert(tx, thread)


def insert(tx: Transaction, thread: Thread, lifetime: Lifetime = Lifetime.KEPT) -> None:
    thread_id, now, metadata = thread.thread_id, thread.created_at.timestamp(), to_json(thread.metadata).decode()
    ttl = (thread.ttl.minutes, thread.ttl.strategy) if thread.ttl else (None, "delete")
    values = (thread_id, thread.tenant, now, metadata, ThreadStatus.IDLE.value, lifetime.value, *ttl, thread.user)
    if tx.do("thread_insert", values):
        tx.begin_log(thread_id)


def owned(tx: Transaction, tenant: str, thread_id: str) -> None:
    """Raises `UnknownThread` unless the tenant has this thread."""
    if tx.all("thread_tenant", (thread_id,)) != [(tenant,)]:
        raise UnknownThread(f"there is no thread {thread_id}")


def interrupts(tx: Transaction, thread_id: str) -> dict[str, Any]:
    """What the thread waits for, by task."""
    found = tx.all("thread_interrupts", (thread_id,))
    return dict(orjson.loads(found[0][0])) if found else {}


def patch(tx: Transaction, tenant: str, thread_id: str, metadata: Mapping[str, Any], ttl: ThreadTtl | None) -> None:
    found = tx.all("thread_get", (thread_id, tenant))
    if not found:
        raise UnknownThread(f"there is no thread {thread_id}")
    merged = {**orjson.loads(found[0][4]), **metadata}
    limit = (ttl.minutes, ttl.strategy) if ttl else (None, None)
    tx.do("thread_patch", (to_json(merged).decode(), time.time(), thread_id, *limit))


def mark(tx: Transaction, thread_id: str, status: ThreadStatus, interrupts: Mapping[str, Any]) -> None:
    tx.do("thread_mark", (status.value, to_json(interrupts).decode(), time.time(), thread_id))


def trim(tx: Transaction, thread_id: str, before: datetime) -> bool:
    """See `ThreadStore.trim_events`. Whether there was anything to forget."""
    ((cut,),) = tx.all("event_cut", (thread_id, before.timestamp()))
    if cut is None or not tx.do("event_trim", (thread_id, cut)):
        return False
    tx.do("event_note_trim", (thread_id, cut))
    return True


def delete(tx: Transaction, tenant: str, thread_id: str) -> None:
    """Raises `UnknownThread`, and `ThreadBusy` while a run of it is running."""
    owned(tx, tenant, thread_id)
    if any(status == "running" for _, status, _ in tx.all("run_live", (thread_id,))):
        raise ThreadBusy(f"a run of thread {thread_id} is still running")
    for name in (
        "thread_delete_keys",
        "cron_delete_thread",
        "webhook_delete_thread",
        "thread_delete_runs",
        "thread_delete_events",
        "checkpoint_delete_thread",
        "blob_delete_thread",
        "write_delete_thread",
        "thread_delete",
    ):
        tx.do(name, (thread_id,))
    tx.forget_thread(thread_id)


def copy(tx: Transaction, tenant: str, thread_id: str, target: str, now: float) -> None:
    """See `ThreadStore.copy_thread`."""
    owned(tx, tenant, thread_id)
    tx.do("thread_copy", (thread_id, target, now))
    sqlite_checkpoints.copy(tx, thread_id, target)
    tx.do("thread_copy_disown_checkpoints", (target,))
    tx.do("thread_copy_disown_writes", (target,))
    tx.begin_log(target)


def search_values(query: ThreadQuery) -> Sequence[Any]:
    """The parameters of `thread_search`."""
    ids = to_json(list(query.ids)).decode() if query.ids else None
    status = query.status.value if query.status else None
    return (query.tenant, ids, status, to_json(query.metadata).decode())
