"""What a run came to. Decides that this is the values at its own last checkpoint, not at the head of its thread."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson

from stemma.graphs.errors import RunFailed
from stemma.graphs.runs.events import EventName, RunEvent
from stemma.graphs.runs.follow import Follower
from stemma.graphs.runs.graphs import BoundGraphs
from stemma.graphs.runs.marks import Marks
from stemma.graphs.runs.model import Run, RunStatus
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.translate import INTERRUPT

PAGE = 64


class Joins:
    """Waits for runs."""

    def __init__(self, store: RunStore, graphs: BoundGraphs, follower: Follower) -> None:
        self._store, self._graphs, self._follower = store, graphs, follower

    async def join(self, run: Run) -> Any:
        """See `Runtime.join`."""
        await self._follower.ended(run)
        run = await self._store.run(run.tenant, run.thread_id, run.run_id)
        if run.status is RunStatus.ERROR:
            name, _, message = (run.error or "").partition(": ")
            raise RunFailed(message, error=name)
        return await self.values(run)

    async def values(self, run: Run) -> Any:
        """The values of the run's last mark, with every question that its last step asked, as `invoke` gives them: the
        log has a mark for each."""
        marks = Marks(self._graphs, run.graph_id)
        asked: list[Any] = []
        values: Any = None
        async for row in self._told(run):
            mark = orjson.loads(row.data)
            if not asked:
                data = await marks.values(row, {**mark, "always": True})
                if data is None:
                    continue
                values = orjson.loads(data)
                if "interrupts" not in mark:
                    return values
            elif "interrupts" not in mark:
                break
            asked = [*(each for each in mark["interrupts"] if each not in asked), *asked]
        return {**values, INTERRUPT: asked} if asked else await self._forgotten(run, marks)

    async def _told(self, run: Run) -> AsyncIterator[RunEvent]:
        """The run's marks of values, newest first."""
        first, last = await self._store.run_span(run.run_id)
        end = last or first
        while end >= first:
            start = max(first - 1, end - PAGE)
            for row in reversed(await self._store.events(run.thread_id, start, end - start)):
                if row.run_id == run.run_id and row.event == EventName.VALUES and not row.namespace:
                    yield row
            end = start

    async def _forgotten(self, run: Run, marks: Marks) -> Any:
        """The same when the run's marks are no longer kept: the values at its newest checkpoint."""
        await self._store.settled(run.thread_id)
        for found in self._store.checkpoints(run.thread_id, "", None, None):
            if found.run_id == run.run_id:
                mark = RunEvent(run.thread_id, 0, run.run_id, EventName.VALUES, "", b"")
                data = await marks.values(
                    mark, {"checkpoint_id": found.checkpoint_id, "checkpoint_ns": "", "always": True}
                )
                return orjson.loads(data) if data is not None else None
        return None
