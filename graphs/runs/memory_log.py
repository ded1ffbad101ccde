"""The event log of the in-memory store: numbers without gaps, per thread."""

from __future__ import annotations

from collections import defaultdict

from stemma.graphs.runs.events import RunEvent


class MemoryLog:
    """Rows of every thread, and those that nobody was told of yet."""

    def __init__(self) -> None:
        self.log: dict[str, list[RunEvent]] = defaultdict(list)
        self.cut: dict[str, int] = defaultdict(int)
        """Thread -> the number of its last event that was forgotten."""
        self._new: list[RunEvent] = []

    def rows(self, thread_id: str, after: int, limit: int) -> list[RunEvent]:
        start = max(0, after - self.cut[thread_id])
        return self.log[thread_id][start : start + limit]

    def trim(self, thread_id: str, cut: int) -> bool:
        """Forget the rows up to this number. Whether there were any."""
        gone = cut - self.cut[thread_id]
        if gone <= 0:
            return False
        del self.log[thread_id][:gone]
        self.cut[thread_id] = cut
        return True

    def event(self, thread_id: str, run_id: str, event: str, ns: str, data: bytes, at: float) -> int:
        ns.encode()
        row = RunEvent(thread_id, self.cut[thread_id] + len(self.log[thread_id]) + 1, run_id, event, ns, data, at)
        self.log[thread_id].append(row)
        self._new.append(row)
        return row.seq

    def take_new(self) -> list[RunEvent]:
        events, self._new = self._new, []
        return events

    def mark(self, thread_id: str) -> tuple[int, int]:
        return len(self.log[thread_id]), len(self._new)

    def undo(self, thread_id: str, mark: tuple[int, int]) -> None:
        del self.log[thread_id][mark[0] :]
        del self._new[mark[1] :]
