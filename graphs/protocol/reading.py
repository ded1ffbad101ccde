"""A thread's events for one subscriber: what it missed, then live, from the one event log.

Decides where reading begins and what is looked up on the way. It never queues for a subscriber, and it ends only when
the thread is deleted.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

import orjson

from stemma.graphs.errors import UnknownRun
from stemma.graphs.protocol.event import ProtocolEvent, row_before
from stemma.graphs.protocol.siblings import Siblings
from stemma.graphs.protocol.subscription import Subscription
from stemma.graphs.protocol.translation import Sources, Translation
from stemma.graphs.runs.events import RunEvent
from stemma.graphs.runs.follow import Follower
from stemma.graphs.runs.graphs import BoundGraphs
from stemma.graphs.runs.marks import Marks
from stemma.graphs.runs.model import Run, RunRequest
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.rows import to_json

DIGEST = re.compile(r"[0-9a-f]{32}")
"""How LangGraph writes the ids of interrupts; only these may be answered by id."""
PAGES = (16, 64, 256)
"""Rows read at once when looking backwards; the last one again and again."""


class ThreadEvents:
    """Reads threads for subscribers."""

    def __init__(self, store: RunStore, graphs: BoundGraphs, follower: Follower) -> None:
        self._store, self._graphs, self._follower = store, graphs, follower
        self._siblings = Siblings()

    async def follow(self, tenant: str, thread_id: str, wanted: Subscription) -> AsyncGenerator[ProtocolEvent, None]:
        """The events that this subscription wants. Raises `UnknownThread`, also when it is deleted meanwhile."""
        await self._store.thread(tenant, thread_id)
        after = row_before(wanted.since)
        translation = Translation(self._sources(tenant, thread_id), wanted.methods, after + 1)
        gone = partial(self._store.thread, tenant, thread_id)
        with self._siblings.open(thread_id, after, watches=wanted.watches) as stream:
            async with aclosing(self._follower.rows(thread_id, after, gone)) as rows:
                async for row in rows:
                    for event in filter(wanted.wants, await translation.events(row)):
                        if wanted.watches and event.method == "input.requested":
                            await stream.give_way(row.seq)
                        yield event
                    stream.passed(row.seq)

    async def of_run(self, run: Run) -> list[RunEvent]:
        """The rows a run has so far, in order."""
        first, last = await self._store.run_span(run.run_id)
        rows: list[RunEvent] = []
        after = first - 1
        while last is None or after < last:
            page = await self._store.events(run.thread_id, after, PAGES[-1])
            if not page:
                break
            rows.extend(row for row in page if row.run_id == run.run_id)
            after = page[-1].seq
        return rows

    def takes_messages(self, graph: str) -> bool:
        """Whether this graph's, or this assistant's graph's, state has messages. Raises `UnknownAssistant`."""
        return "messages" in self._graphs.get(graph).channels

    async def earlier(self, row: RunEvent) -> AsyncIterator[RunEvent]:
        """The rows of the same run before this one, newest first."""
        end, turn = row.seq - 1, 0
        while end > 0:
            start = max(0, end - PAGES[min(turn, len(PAGES) - 1)])
            for earlier in reversed(await self._store.events(row.thread_id, start, end - start)):
                if earlier.run_id == row.run_id:
                    yield earlier
            end, turn = start, turn + 1

    def _sources(self, tenant: str, thread_id: str) -> Sources:
        marks: dict[str, Marks] = {}

        async def values(row: RunEvent, mark: dict[str, Any]) -> bytes | None:
            graph_id = await self._store.thread_graph(thread_id) or ""
            if graph_id not in marks:
                marks[graph_id] = Marks(self._graphs, graph_id)
            return await marks[graph_id].values(row, mark)

        async def answered(row: RunEvent) -> Sequence[str]:
            try:
                return answered_by((await self._store.run(tenant, thread_id, row.run_id)).request)
            except UnknownRun:  # deleted: only its numbers are left
                return ()

        return Sources(self.earlier, values, self._checkpoint, answered)

    async def _checkpoint(self, row: RunEvent, mark: dict[str, Any]) -> bytes | None:
        found = self._store.checkpoint(row.thread_id, mark["checkpoint_ns"], mark["checkpoint_id"])
        if found is None:
            return None
        metadata = orjson.loads(found.metadata)
        parent = {"parent_id": found.parent_id} if found.parent_id else {}
        said = {"step": metadata.get("step", -1), "source": metadata.get("source", "loop")}
        return to_json({"id": found.checkpoint_id, **parent, **said})


def answered_by(request: RunRequest) -> Sequence[str]:
    """The interrupts that a run answers by their ids; none for one that says a value to whatever waits."""
    resume = (request.command or {}).get("resume")
    if request.answers or not isinstance(resume, Mapping):
        return request.answers
    return tuple(resume) if resume and all(DIGEST.fullmatch(str(name)) for name in resume) else ()
