"""What one transaction of the group commit writes, and what a failure in it costs.

Decides that rows go in before calls (so that a call sees them), and that one bad row costs one unit: a batch that
fails for a row is done again unit by unit with savepoints. It does not begin a transaction's life or end it with
COMMIT.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import apsw

from stemma.graphs.errors import GraphFailure, InvalidRequest
from stemma.graphs.runs.events import RunEvent
from stemma.graphs.runs.ports import Unit
from stemma.graphs.runs.sqlite_transaction import EVENT, Transaction

Call = Callable[[Transaction], Any]


@dataclass(slots=True, eq=False)
class Batch:
    """What one transaction writes, and who waits for it."""

    rows: dict[Unit, list[tuple[int, tuple[Any, ...]]]] = field(default_factory=dict)
    calls: list[tuple[Unit, Call, asyncio.Future[Any]]] = field(default_factory=list)
    waiters: list[tuple[Unit | None, asyncio.Future[None]]] = field(default_factory=list)
    results: list[tuple[asyncio.Future[Any], Any]] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    events: list[RunEvent] = field(default_factory=list)
    failures: dict[Unit, GraphFailure] = field(default_factory=dict)
    refused: GraphFailure | None = None
    """Why nothing of the batch was written."""

    @property
    def empty(self) -> bool:
        return not self.rows and not self.calls

    def fail(self, failure: GraphFailure) -> None:
        """Nothing of this was written."""
        self.events = []
        self.failures = dict.fromkeys(self.rows, failure)
        self.results = [(future, failure) for _, _, future in self.calls]
        self.refused = failure


def apply(transaction: Transaction, batch: Batch) -> None:
    """Begin, and do everything but the COMMIT.

    Raises the driver's error, with nothing begun, when the batch as a whole cannot be written.
    """
    transaction.begin()
    try:
        _together(transaction, batch)
    except (apsw.FullError, apsw.IOError, apsw.CorruptError, apsw.NotADBError):
        transaction.rollback()
        raise
    except (apsw.Error, TypeError, ValueError, OverflowError):
        transaction.rollback()
        batch.failures.clear()
        batch.results.clear()
        transaction.begin()
        _one_by_one(transaction, batch)
    batch.events = transaction.events


def _together(transaction: Transaction, batch: Batch) -> None:
    for unit, rows in batch.rows.items():
        try:
            transaction.fence(unit)
        except GraphFailure as failure:
            batch.failures[unit] = failure
            continue
        _add(transaction, unit, rows)
    transaction.flush()
    for unit, function, future in batch.calls:
        batch.results.append((future, _call(transaction, batch, unit, function)))
    transaction.flush()


def _call(transaction: Transaction, batch: Batch, unit: Unit, function: Call) -> Any:
    """The function's result, or the failure it raised before it wrote anything."""
    if unit in batch.failures:
        return batch.failures[unit]
    try:
        transaction.fence(unit)
        return function(transaction)
    except GraphFailure as failure:
        return failure


def _one_by_one(transaction: Transaction, batch: Batch) -> None:
    for unit, rows in batch.rows.items():
        mark = transaction.savepoint()
        try:
            transaction.fence(unit)
            _add(transaction, unit, rows)
            transaction.release()
        except GraphFailure as failure:
            transaction.undo(mark)
            batch.failures[unit] = failure
        except (apsw.Error, TypeError, ValueError, OverflowError) as error:
            transaction.undo(mark)
            batch.failures[unit] = _unstorable(error)
    for unit, function, future in batch.calls:
        mark = transaction.savepoint()
        try:
            result = _call(transaction, batch, unit, function)
            transaction.release()
        except (apsw.Error, TypeError, ValueError, OverflowError) as error:
            transaction.undo(mark)
            result = _unstorable(error)
        batch.results.append((future, result))


def _add(transaction: Transaction, unit: Unit, rows: list[tuple[int, tuple[Any, ...]]]) -> None:
    for kind, row in rows:
        if kind == EVENT:
            event, ns, at, data = row
            transaction.event(unit.thread_id, unit.run_id or "", event, ns, at, data)
        else:
            transaction.add(kind, row)


def _unstorable(error: Exception) -> InvalidRequest:
    return InvalidRequest(f"a row cannot be stored: {error}", field="data")
