"""What durable runs need from the place where they are kept, as one Protocol.

Decides the transactions' contents and what each may raise. It does not decide how they are stored: SQLite today, an
in-memory fake for tests, Postgres later, all held by the contract suite in `tests/contracts/`.

Every operation may raise `StoreBusy` (another process holds the lock for longer than the store waits), `StoreFull`,
`StoreCorrupt` or `StoreUnavailable`; the docstrings below name what comes on top. Times are seconds since the epoch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Protocol

from stemma.graphs.assistants.ports import AssistantStore
from stemma.graphs.crons.ports import CronStore
from stemma.graphs.erasure.ports import ErasureStore
from stemma.graphs.errors import GraphFailure
from stemma.graphs.keys.ports import KeyStore
from stemma.graphs.runs.events import RunEvent
from stemma.graphs.runs.model import CancelAction, Run, RunStatus, ThreadStatus
from stemma.graphs.runs.submission import Accepted, Submission
from stemma.graphs.runs.thread_ports import ThreadStore
from stemma.graphs.webhooks.ports import WebhookStore


@dataclass(slots=True, eq=False)
class Unit:
    """Rows that stand or fall together inside a group of transactions made one.

    With a run id it is that run's lease: its rows are written only while the stored epoch is `epoch` and the run is
    running. `failed` is set once, when the store refused or could not write its rows; nothing is written after that.
    """

    thread_id: str
    run_id: str | None = None
    epoch: int = 0
    failed: GraphFailure | None = None
    on_failure: Callable[[], None] | None = None
    heads: dict[str, str] = field(default_factory=dict)
    """Namespace -> the newest checkpoint this run read or wrote there."""
    new_thread: bool = False
    """There is no checkpoint but those in `heads`."""
    triggers: Set[str] = frozenset()
    """Channels of the root graph whose change makes a step run; empty: not known."""
    inputs: dict[str, object] = field(default_factory=dict)
    """Namespaces whose input was saved and not yet taken in by a step."""


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """One checkpoint without the channel values that live in blobs."""

    thread_id: str
    ns: str
    checkpoint_id: str
    parent_id: str | None
    run_id: str | None
    checkpoint: bytes
    metadata: bytes


@dataclass(frozen=True, slots=True)
class WriteRow:
    """One pending write of a task, in the order its superstep applies it."""

    task_id: str
    channel: str
    kind: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended, and what its thread looks like from now on."""

    status: RunStatus
    error: str | None
    thread_status: ThreadStatus
    interrupts: Mapping[str, Sequence[Mapping[str, Any]]]
    event: bytes


class RunStore(ThreadStore, Protocol):
    """Threads, runs, events and checkpoints of every tenant."""

    on_commit: Callable[[Sequence[RunEvent]], None] | None
    """Called on the event loop with the rows of each committed group, numbered, in order."""

    @property
    def assistants(self) -> AssistantStore:
        """Kept beside the runs."""
        ...

    @property
    def erasure(self) -> ErasureStore:
        """Of everything that is kept here."""
        ...

    @property
    def keys(self) -> KeyStore:
        """Kept beside the runs."""
        ...

    @property
    def crons(self) -> CronStore:
        """Kept beside the runs: a firing and its run are one transaction."""
        ...

    @property
    def webhooks(self) -> WebhookStore:
        """Kept beside the runs: a run's end and its delivery are one transaction."""
        ...

    # --- rows of a run: buffered, one transaction for whatever is waiting -------------------------------------------
    def log(self, unit: Unit, event: str, namespace: str, data: bytes) -> None:
        """Append one event to the unit's thread; it gets the next number inside the transaction that writes it."""
        ...

    def put_checkpoint(self, unit: Unit, row: CheckpointRow) -> None: ...

    def put_blob(self, unit: Unit, ns: str, channel: str, version: int, kind: str, value: bytes) -> None: ...

    def put_write(
        self, unit: Unit, ns: str, checkpoint_id: str, index: int, path: str, write: WriteRow, *, replace: bool
    ) -> None: ...

    def committed(self, unit: Unit) -> asyncio.Future[None]:
        """Resolves when everything the unit added is durable. Raises `LostLease`, or why the rows were refused."""
        ...

    async def settled(self, thread_id: str) -> None:
        """Return once no row of this thread waits for its commit: what a read must wait for."""
        ...

    # --- runs -------------------------------------------------------------------------------------------------------
    async def submit(self, submission: Submission) -> Accepted:
        """Thread, run, idempotency key and first event in one transaction; durable on return.

        Raises `UnknownThread`, `ThreadBusy` (strategy reject), `IdempotencyConflict`.
        """
        ...

    async def run(self, tenant: str, thread_id: str | None, run_id: str) -> Run:
        """Raises `UnknownRun`."""
        ...

    async def runs(
        self, tenant: str, thread_id: str | None, *, status: RunStatus | None, limit: int, offset: int
    ) -> list[Run]:
        """Newest first."""
        ...

    async def lease(self, owner: str, until: float, limit: int) -> list[Run]:
        """Lease up to `limit` runs whose turn it is: pending ones first in their thread, and those of dead workers."""
        ...

    async def next_due(self) -> float | None:
        """When the next of the runs that wait for their time may begin."""
        ...

    async def finish(self, unit: Unit, ending: Ending) -> bool:
        """End the run and write its last event. True when its thread has a run waiting. Raises `LostLease`."""
        ...

    async def release(self, unit: Unit) -> None:
        """Put a running run back to pending, for whoever comes next. Raises `LostLease`."""
        ...

    async def cancel(self, tenant: str, thread_id: str, run_id: str, action: CancelAction) -> RunStatus:
        """End a pending run at once, or note what a running one is asked. Returns its status. Raises `UnknownRun`."""
        ...

    async def cancellations(self, owner: str) -> Mapping[str, CancelAction]:
        """What this worker's running runs were asked, by run id."""
        ...

    async def erase_run(self, unit: Unit | None, thread_id: str, run_id: str) -> bool:
        """Delete a run with its checkpoints and writes; its events become tombstones. True when a run waits.

        Raises `UnknownRun`, and `ThreadBusy` when it is running and `unit` is not its lease.
        """
        ...

    def start_heartbeat(self, owner: str, lease_seconds: float) -> None:
        """Renew this worker's leases from a thread of its own until the store is closed."""
        ...

    # --- events -----------------------------------------------------------------------------------------------------
    async def events(self, thread_id: str, after: int, limit: int) -> list[RunEvent]: ...

    async def run_span(self, run_id: str) -> tuple[int, int | None]:
        """The numbers of a run's first and last event; None while it has not ended. Raises `UnknownRun`."""
        ...

    def version(self) -> object:
        """Changes when another process wrote to the store; cheap enough to ask fifty times a second."""
        ...

    # --- checkpoints ------------------------------------------------------------------------------------------------
    def checkpoint(self, thread_id: str, ns: str, checkpoint_id: str | None) -> CheckpointRow | None:
        """One checkpoint, or the newest of its namespace."""
        ...

    def checkpoints(
        self, thread_id: str | None, ns: str | None, checkpoint_id: str | None, before: str | None
    ) -> Sequence[CheckpointRow]:
        """Newest first."""
        ...

    def blobs(self, thread_id: str, ns: str, wanted: Sequence[tuple[str, int]]) -> list[tuple[str, str, bytes]]:
        """(channel, kind, value) of each (channel, version) that exists."""
        ...

    def writes(self, thread_id: str, ns: str, checkpoint_id: str) -> list[WriteRow]: ...

    async def delete_checkpoints(self, thread_id: str) -> None: ...

    async def delete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Delete the checkpoints and writes of these runs, and blobs that nothing refers to any more."""
        ...

    async def copy_checkpoints(self, source: str, target: str) -> None: ...

    async def prune(self, thread_id: str, keep: Mapping[str, Sequence[str]]) -> None:
        """Keep only the named checkpoints (namespace -> ids) and what they refer to."""
        ...

    # --- the whole --------------------------------------------------------------------------------------------------
    async def check(self) -> None:
        """Raises `StoreUnavailable` when the store cannot be written."""
        ...

    async def backup(self, target: str) -> None:
        """Write a consistent copy to a new file while the store is in use. Raises `StoreUnavailable`."""
        ...

    async def close(self) -> None:
        """Write what is waiting and let go."""
        ...
