"""One transaction on the run store's writing connection: numbering of events, epochs of leases, rows many at a time.

Decides how rows of many runs become few statements, and refuses rows of a stale lease. It does not decide when a
transaction starts or ends (sqlite_group.py).

A transaction begins with the write lock, so what it reads is the newest there is. Numbers and epochs are remembered
between transactions; `data_version` tells when another process wrote, and then they are forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

import apsw

from stemma.graphs.errors import LostLease
from stemma.graphs.runs.events import RunEvent
from stemma.graphs.runs.ports import Unit
from stemma.graphs.runs.sqlite_queries import QUERIES

EVENT, CHECKPOINT, BLOB, WRITE, WRITE_REPLACE = range(5)
"""Kinds of rows that are written many at a time."""

_STATEMENTS: Final = (
    ("event_insert", 7),
    ("checkpoint_put", 7),
    ("blob_put", 6),
    ("write_put", 10),
    ("write_replace", 10),
)
ROWS_A_STATEMENT = 24
_texts: dict[tuple[int, int], str] = {}


def _text(kind: int, rows: int) -> str:
    """The INSERT of this kind with that many rows of VALUES."""
    found = _texts.get((kind, rows))
    if found is None:
        name, columns = _STATEMENTS[kind]
        one = "(" + ", ".join("?" * columns) + ")"
        found = _texts[kind, rows] = QUERIES[name].replace(one, ", ".join([one] * rows))
    return found


class Transaction:
    """What a call inside a group may do. Used by one thread at a time."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._numbers: dict[str, int] = {}
        self._epochs: dict[str, int] = {}
        self._version: object = None
        self._rows: tuple[list[tuple[Any, ...]], ...] = ([], [], [], [], [])
        self.events: list[RunEvent] = []
        """Rows appended to the log since `begin`, in order."""

    def begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        version = self._connection.execute("PRAGMA data_version").fetchall()[0][0]
        if version != self._version:
            self._version = version
            self._numbers.clear()
            self._epochs.clear()
        self.events = []

    def commit(self) -> None:
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Undo everything since `begin`; safe when nothing was begun."""
        self._forget_all()
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def savepoint(self) -> int:
        self._connection.execute("SAVEPOINT unit")
        return len(self.events)

    def release(self) -> None:
        self.flush()
        self._connection.execute("RELEASE unit")

    def undo(self, mark: int) -> None:
        self._forget_all()
        del self.events[mark:]
        self._connection.execute("ROLLBACK TO unit")
        self._connection.execute("RELEASE unit")

    def _forget_all(self) -> None:
        self._numbers.clear()
        self._epochs.clear()
        for rows in self._rows:
            rows.clear()

    # --- rows -------------------------------------------------------------------------------------------------------
    def add(self, kind: int, row: tuple[Any, ...]) -> None:
        self._rows[kind].append(row)

    def begin_log(self, thread_id: str) -> None:
        """The thread is new: its log is empty."""
        self._numbers[thread_id] = 0

    def event(self, thread_id: str, run_id: str, event: str, ns: str, at: float, data: bytes) -> int:
        """Append to the thread's log and return the number."""
        last = self._numbers.get(thread_id)
        if last is None:
            # Rows that wait in `_rows` have their numbers from the memory, so the table alone is asked only once.
            last = int(self.all("event_last", (thread_id,))[0][0])
        seq = self._numbers[thread_id] = last + 1
        self._rows[EVENT].append((thread_id, seq, run_id, event, ns, at, data))
        self.events.append(RunEvent(thread_id, seq, run_id, event, ns, data, at))
        return seq

    def flush(self) -> None:
        """Write the rows that were added."""
        for kind, rows in enumerate(self._rows):
            for start in range(0, len(rows), ROWS_A_STATEMENT):
                part = rows[start : start + ROWS_A_STATEMENT]
                self._connection.execute(_text(kind, len(part)), tuple(chain.from_iterable(part)))
            rows.clear()

    # --- leases -----------------------------------------------------------------------------------------------------
    def fence(self, unit: Unit) -> None:
        """Raises `LostLease` unless the unit is no lease, or still the lease of a running run."""
        if unit.run_id is None or self._epochs.get(unit.run_id) == unit.epoch:
            return
        found = self.all("run_state", (unit.run_id,))
        if not found or found[0][0] != "running" or found[0][1] != unit.epoch:
            raise LostLease()
        self._epochs[unit.run_id] = unit.epoch

    def forget(self, run_id: str) -> None:
        """The run's lease changed."""
        self._epochs.pop(run_id, None)

    def forget_thread(self, thread_id: str) -> None:
        """The thread's log was deleted."""
        self._numbers.pop(thread_id, None)

    # --- queries ----------------------------------------------------------------------------------------------------
    def all(self, name: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self._connection.execute(QUERIES[name], values).fetchall()

    def do(self, name: str, values: Sequence[Any]) -> int:
        """Run a statement and return how many rows it changed."""
        self._connection.execute(QUERIES[name], values)
        return self._connection.changes()
