"""A reader of the log: replay after a cursor, then live, from the log alone.

Decides when a reader has seen all there is. It never queues for a reader, and it makes no difference whether the
run is executed here, in another process, or ended long ago.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from dataclasses import fields
from functools import partial
from typing import Literal

import orjson

from stemma.graphs.errors import UnknownAssistant, UnknownCheckpoint, UnknownRun
from stemma.graphs.runs.events import EventName, Frame, RunEvent
from stemma.graphs.runs.graphs import BoundGraphs
from stemma.graphs.runs.marks import Marks
from stemma.graphs.runs.model import Run, RunStatus
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.render import MODES, Renderer, check_recorded
from stemma.graphs.runs.rows import to_json
from stemma.graphs.runs.state import States
from stemma.graphs.runs.tail import Tails

PAGE = 256
"""Rows read from the store at once."""
ThreadMode = Literal["run_modes", "lifecycle", "state_update"]
"""What a thread's stream shows: its runs, when they begin and end, and what somebody wrote to the state."""


class Follower:
    """Reads threads' logs for clients."""

    def __init__(self, store: RunStore, graphs: BoundGraphs, tails: Tails) -> None:
        self._store, self._graphs, self._tails = store, graphs, tails
        self._states = States(store, graphs)

    async def run(
        self,
        run: Run,
        modes: Sequence[str],
        after: int,
        subgraphs: bool,
        namespaces: Collection[str] | None = None,
    ) -> AsyncGenerator[Frame, None]:
        """The run's frames after a cursor; ends after the run's last row. Raises what `check_recorded` raises,
        and `UnknownRun` when it is deleted meanwhile."""
        only = frozenset(namespaces) if namespaces is not None else None
        renderer = self._renderer(run.graph_id, check_recorded(run, modes), subgraphs, only)
        live = run.first_seq and run.status is RunStatus.RUNNING
        first, last = (run.first_seq, None) if live else await self._store.run_span(run.run_id)
        if last is not None and after >= last:
            return
        start = first - 1 if renderer.remembers else max(after, first - 1)
        async for row in self.rows(run.thread_id, start, partial(self._store.run_span, run.run_id)):
            if row.event == EventName.TRUNCATED:
                if row.seq > after:
                    yield Frame(row.seq, row.event, row.data)
                if last is not None and row.seq >= last:
                    return
            if row.event in renderer.hidden or row.run_id != run.run_id:
                continue
            if row.seq <= after:
                renderer.skip(row)
                continue
            frame = await renderer.frame(row)
            if frame is not None:
                yield frame
            if row.event == EventName.END:
                return

    async def place_of(self, run: Run, checkpoint_id: str) -> int:
        """The number of the row that tells of this checkpoint of the run's graph; 0 when it is not one of the run's."""
        after = max(run.first_seq - 1, 0)
        while rows := await self._store.events(run.thread_id, after, PAGE):
            for row in rows:
                if row.run_id != run.run_id or row.namespace:
                    continue
                if row.event == EventName.END:
                    return 0
                if row.event == EventName.CHECKPOINTS and orjson.loads(row.data)["checkpoint_id"] == checkpoint_id:
                    return row.seq
            after = rows[-1].seq
        return 0

    async def ended(self, run: Run) -> None:
        """Return when the run has ended or was deleted."""
        try:
            async for _ in self.run(run, (), 0, subgraphs=False):
                pass
        except UnknownRun:
            return

    async def thread(
        self, tenant: str, thread_id: str, modes: Collection[ThreadMode], after: int
    ) -> AsyncGenerator[Frame, None]:
        """What happens on a thread; never ends. `run_modes`: each run with the modes it was started with."""
        renderers: dict[str, Renderer] = {}
        start = 0 if "run_modes" in modes else after  # a run's frames may depend on its earlier rows
        async for row in self.rows(thread_id, start, partial(self._store.thread, tenant, thread_id)):
            if row.event in (EventName.TRUNCATED, EventName.STATE_UPDATE, EventName.END) or "run_modes" not in modes:
                frame = await self._own_frame(row, modes) if row.seq > after else None
                if row.event == EventName.END:
                    renderers.pop(row.run_id, None)
            else:
                if row.run_id not in renderers:
                    graph_id = await self._store.thread_graph(thread_id) or ""
                    renderers[row.run_id] = self._renderer(graph_id, await self._asked(tenant, row), True)
                if row.seq <= after:
                    renderers[row.run_id].skip(row)
                    continue
                frame = await renderers[row.run_id].frame(row)
            if frame is not None:
                yield frame

    async def _own_frame(self, row: RunEvent, modes: Collection[ThreadMode]) -> Frame | None:
        """What the thread itself says, which is no run's: a run's beginning and end, an edit, a gap."""
        if row.event == EventName.TRUNCATED:
            return Frame(row.seq, row.event, row.data)
        if row.event == EventName.STATE_UPDATE:
            data = await self._edited(row) if "state_update" in modes else None
            return Frame(row.seq, row.event, data) if data is not None else None
        if row.event == EventName.END and not {"run_modes", "lifecycle"}.isdisjoint(modes):
            return Frame(row.seq, "metadata", to_json({"run_id": row.run_id, "status": "run_done"}))
        begins = row.event == EventName.METADATA and "lifecycle" in modes
        return Frame(row.seq, row.event, row.data) if begins else None

    async def _edited(self, row: RunEvent) -> bytes | None:
        """The state that an edit left; None when it was pruned, or its graph is no longer served."""
        try:
            state = await self._states.get(row.thread_id, **orjson.loads(row.data))
        except (UnknownCheckpoint, UnknownAssistant):
            return None
        shown = {field.name: getattr(state, field.name) for field in fields(state)}
        return to_json({"thread_id": row.thread_id, "state": shown})

    async def _asked(self, tenant: str, row: RunEvent) -> frozenset[str]:
        try:
            run = await self._store.run(tenant, row.thread_id, row.run_id)
        except UnknownRun:  # deleted: only its numbers are left
            return frozenset()
        return frozenset(run.request.stream_mode) & frozenset(MODES)

    def _renderer(
        self, graph_id: str, modes: frozenset[str], subgraphs: bool, namespaces: frozenset[str] | None = None
    ) -> Renderer:
        marks = Marks(self._graphs, graph_id)
        return Renderer(modes, subgraphs, marks.values, marks.checkpoint, namespaces)

    async def rows(
        self, thread_id: str, after: int, gone: Callable[[], Awaitable[object]]
    ) -> AsyncGenerator[RunEvent, None]:
        """The thread's rows after this number, waiting for more until `gone` raises."""
        with self._tails.hold(thread_id):
            look = True
            while True:
                seen = self._tails.seen(thread_id)
                rows = self._tails.since(thread_id, after)
                if rows is None or (look and not rows):
                    rows = await self._store.events(thread_id, after, PAGE)
                for row in rows:
                    if row.seq != after + 1:
                        yield _truncated(thread_id, row.seq)
                    yield row
                    after = row.seq
                if not rows:
                    if look:
                        await gone()
                        if (forgotten := await self._store.trimmed(thread_id)) > after:
                            after = forgotten
                            yield _truncated(thread_id, after + 1)
                    look = await self._tails.changed(thread_id, seen)


def _truncated(thread_id: str, first: int) -> RunEvent:
    """In the place of the rows below the first that is kept; its number is theirs, so that a cursor may be it."""
    said = {"first": first, "message": f"events below {first} were older than is kept, and are gone"}
    return RunEvent(thread_id, first - 1, "", EventName.TRUNCATED, "", to_json(said))
