"""`RunStore` on one SQLite file: WAL, synchronous=FULL, safe for several processes at once.

Decides how reads and writes share the file: one connection writes by group commit, another reads on the event loop
(a read never waits for a lock in WAL mode). What a transaction does is in sqlite_threads, sqlite_runs,
sqlite_checkpoints.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from stemma.graphs.assistants.sqlite_assistants import SqliteAssistants
from stemma.graphs.crons.sqlite_crons import SqliteCrons
from stemma.graphs.erasure.sqlite_erasure import SqliteErasure
from stemma.graphs.errors import UnknownRun
from stemma.graphs.keys.sqlite_keys import SqliteKeys
from stemma.graphs.runs import sqlite_checkpoints, sqlite_runs
from stemma.graphs.runs.events import RunEvent
from stemma.graphs.runs.model import CancelAction, Run, RunStatus
from stemma.graphs.runs.ports import CheckpointRow, Ending, Unit, WriteRow
from stemma.graphs.runs.rows import to_json, to_run
from stemma.graphs.runs.sqlite_connection import connect, copy_file, open_file
from stemma.graphs.runs.sqlite_group import GroupCommit
from stemma.graphs.runs.sqlite_presence import Heartbeat, Presence
from stemma.graphs.runs.sqlite_thread_store import SqliteThreadStore
from stemma.graphs.runs.sqlite_transaction import BLOB, CHECKPOINT, EVENT, WRITE, WRITE_REPLACE
from stemma.graphs.runs.submission import Accepted, Submission
from stemma.graphs.webhooks.sqlite_webhooks import SqliteWebhooks

_NOWHERE = ""
"""The thread of a unit that belongs to none."""


class SqliteStore(SqliteThreadStore):
    """See `RunStore`. Made on the event loop that uses it, after `open_file` in a thread."""

    def __init__(self, path: str) -> None:
        """Raises `StoreTooNew`, `StoreBusy`, `StoreCorrupt`, `StoreUnavailable`."""
        writer = open_file(path)
        super().__init__(path, connect(path), GroupCommit(writer, path))
        self.assistants = SqliteAssistants(self._group, self._query)
        self.keys = SqliteKeys(self._group, self._read)
        self.crons = SqliteCrons(self._group, self._query)
        self.webhooks = SqliteWebhooks(self._group, self._read)
        self.erasure = SqliteErasure(self._group, self._read, path)
        self._presence = Presence(path)
        self._heartbeat: Heartbeat | None = None

    @property
    def on_commit(self) -> Callable[[Sequence[RunEvent]], None] | None:
        return self._group.on_commit

    @on_commit.setter
    def on_commit(self, listener: Callable[[Sequence[RunEvent]], None] | None) -> None:
        self._group.on_commit = listener

    # --- rows of a run ----------------------------------------------------------------------------------------------
    def log(self, unit: Unit, event: str, namespace: str, data: bytes) -> None:
        self._group.add(unit, EVENT, (event, namespace, time.time(), data))

    def put_checkpoint(self, unit: Unit, row: CheckpointRow) -> None:
        values = (row.thread_id, row.ns, row.checkpoint_id, row.parent_id, row.run_id, row.checkpoint, row.metadata)
        self._group.add(unit, CHECKPOINT, values)

    def put_blob(self, unit: Unit, ns: str, channel: str, version: int, kind: str, value: bytes) -> None:
        self._group.add(unit, BLOB, (unit.thread_id, ns, channel, version, kind, value))

    def put_write(
        self, unit: Unit, ns: str, checkpoint_id: str, index: int, path: str, write: WriteRow, *, replace: bool
    ) -> None:
        row = (unit.thread_id, ns, checkpoint_id, write.task_id, index, path, write.channel, write.kind, write.value)
        self._group.add(unit, WRITE_REPLACE if replace else WRITE, (*row, unit.run_id))

    def committed(self, unit: Unit) -> asyncio.Future[None]:
        return self._group.committed(unit)

    # --- runs -------------------------------------------------------------------------------------------------------
    async def submit(self, submission: Submission) -> Accepted:
        if submission.owner is not None:
            self._presence.announce(submission.owner)
        unit = Unit(submission.run.thread_id)
        return await self._group.call(unit, partial(sqlite_runs.submit, submission=submission))

    async def run(self, tenant: str, thread_id: str | None, run_id: str) -> Run:
        found = self._read("run_get", (run_id, tenant, thread_id))
        if not found:
            raise UnknownRun(f"there is no run {run_id}")
        return to_run(found[0])

    async def runs(
        self, tenant: str, thread_id: str | None, *, status: RunStatus | None, limit: int, offset: int
    ) -> list[Run]:
        values = (tenant, thread_id, status.value if status else None, limit, offset)
        return [to_run(row) for row in self._read("run_list", values)]

    async def lease(self, owner: str, until: float, limit: int) -> list[Run]:
        self._presence.announce(owner)
        dead = [name for (name,) in self._read("run_owners", ()) if not self._presence.alive(name)]
        call = partial(sqlite_runs.lease, owner=owner, until=until, limit=limit, dead=dead)
        return await self._group.call(Unit(_NOWHERE), call)

    async def next_due(self) -> float | None:
        due: float | None = self._read("run_next_due", (time.time(),))[0][0]
        return due

    async def finish(self, unit: Unit, ending: Ending) -> bool:
        return await self._group.call(unit, partial(sqlite_runs.finish, unit=unit, ending=ending))

    async def release(self, unit: Unit) -> None:
        await self._group.call(unit, partial(sqlite_runs.release, unit=unit))

    async def cancel(self, tenant: str, thread_id: str, run_id: str, action: CancelAction) -> RunStatus:
        call = partial(sqlite_runs.cancel, tenant=tenant, thread_id=thread_id, run_id=run_id, action=action)
        return await self._group.call(Unit(thread_id), call)

    async def cancellations(self, owner: str) -> Mapping[str, CancelAction]:
        return dict(self._read("run_cancellations", (owner,)))

    async def erase_run(self, unit: Unit | None, thread_id: str, run_id: str) -> bool:
        call = partial(sqlite_runs.erase_run, unit=unit, thread_id=thread_id, run_id=run_id)
        return await self._group.call(unit or Unit(thread_id), call)

    def start_heartbeat(self, owner: str, lease_seconds: float) -> None:
        self._heartbeat = Heartbeat(self.path, owner, lease_seconds)

    # --- events -----------------------------------------------------------------------------------------------------
    async def events(self, thread_id: str, after: int, limit: int) -> list[RunEvent]:
        rows = self._read("event_list", (thread_id, after, limit))
        return [RunEvent(thread_id, seq, run_id, event, ns, data, at) for seq, run_id, event, ns, at, data in rows]

    async def run_span(self, run_id: str) -> tuple[int, int | None]:
        found = self._read("run_span", (run_id,))
        if not found:
            raise UnknownRun(f"there is no run {run_id}")
        return found[0][0], found[0][1]

    def version(self) -> object:
        return self._group.version()

    # --- checkpoints ------------------------------------------------------------------------------------------------
    def checkpoint(self, thread_id: str, ns: str, checkpoint_id: str | None) -> CheckpointRow | None:
        if checkpoint_id:
            found = self._read("checkpoint_get", (thread_id, ns, checkpoint_id))
        else:
            found = self._read("checkpoint_latest", (thread_id, ns))
        return CheckpointRow(*found[0]) if found else None

    def checkpoints(
        self, thread_id: str | None, ns: str | None, checkpoint_id: str | None, before: str | None
    ) -> Sequence[CheckpointRow]:
        name = "checkpoint_list" if thread_id is None else "checkpoint_list_thread"
        return [CheckpointRow(*row) for row in self._read(name, (thread_id, ns, checkpoint_id, before))]

    def blobs(self, thread_id: str, ns: str, wanted: Sequence[tuple[str, int]]) -> list[tuple[str, str, bytes]]:
        return self._read("blob_get", (thread_id, ns, to_json(wanted).decode())) if wanted else []

    def writes(self, thread_id: str, ns: str, checkpoint_id: str) -> list[WriteRow]:
        return [WriteRow(*row) for row in self._read("write_get", (thread_id, ns, checkpoint_id))]

    async def delete_checkpoints(self, thread_id: str) -> None:
        await self._group.call(Unit(thread_id), partial(sqlite_checkpoints.delete_thread, thread_id=thread_id))

    async def delete_for_runs(self, run_ids: Sequence[str]) -> None:
        await self._group.call(Unit(_NOWHERE), partial(sqlite_checkpoints.delete_runs, run_ids=run_ids))

    async def copy_checkpoints(self, source: str, target: str) -> None:
        await self._group.call(Unit(target), partial(sqlite_checkpoints.copy, source=source, target=target))

    async def prune(self, thread_id: str, keep: Mapping[str, Sequence[str]]) -> None:
        await self._group.call(Unit(thread_id), partial(sqlite_checkpoints.prune, thread_id=thread_id, keep=keep))

    # --- the whole --------------------------------------------------------------------------------------------------
    async def check(self) -> None:
        await self._group.call(Unit(_NOWHERE), lambda _tx: None)

    async def backup(self, target: str) -> None:
        await asyncio.to_thread(copy_file, self.path, target)

    async def close(self) -> None:
        if self._heartbeat is not None:
            await asyncio.to_thread(self._heartbeat.stop)
        await self._group.close()
        self._presence.leave()
        self._reader.close()
