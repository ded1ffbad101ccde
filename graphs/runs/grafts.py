"""States that move between threads, and runs of graphs that are Stemma's own: what healing needs below the front.

Decides that a graft is one checkpoint with all values of another one, owned by no run, and that what else is on the
thread stays. It asks for no permission: who calls it has asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from langgraph.checkpoint.base import CheckpointMetadata
from langgraph.checkpoint.base.id import uuid6

from stemma.graphs.assistants.assistants import default_of
from stemma.graphs.errors import UnknownCheckpoint
from stemma.graphs.policy import Actor
from stemma.graphs.runs.graphs import BoundGraphs
from stemma.graphs.runs.model import Run, RunRequest
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.state import States, where
from stemma.graphs.runs.submit import Submissions


@dataclass(frozen=True, slots=True)
class Place:
    """A checkpoint of a thread's root graph, by what it follows and whose it is."""

    checkpoint_id: str
    parent_id: str | None
    run_id: str | None


class Grafts:
    """See the module."""

    def __init__(self, store: RunStore, graphs: BoundGraphs, states: States, submissions: Submissions) -> None:
        self._store, self._graphs, self._states, self._submissions = store, graphs, states, submissions

    async def family(self, thread_id: str) -> Sequence[Place]:
        """All checkpoints of a thread's root graph, newest first, on whatever branch."""
        await self._store.settled(thread_id)
        rows = self._store.checkpoints(thread_id, "", None, None)
        return [Place(row.checkpoint_id, row.parent_id, row.run_id) for row in rows]

    async def plant(self, graph_id: str, source: str, checkpoint_id: str, target: str) -> None:
        """Give a thread a checkpoint of another one, under the same id. Again, it changes nothing.

        Raises `UnknownAssistant`, `UnknownCheckpoint`.
        """
        await self._put(graph_id, (source, checkpoint_id), (target, None), checkpoint_id, {})

    async def head(self, graph_id: str, source: str, target: str, parent_id: str, metadata: Mapping[str, Any]) -> str:
        """Make the state at the head of one thread the head of another, on a branch from one of its checkpoints; the
        new checkpoint's id. Raises `UnknownAssistant`, `UnknownCheckpoint`.
        """
        checkpoint_id = str(uuid6())
        await self._put(graph_id, (source, None), (target, parent_id), checkpoint_id, {"source": "fork", **metadata})
        await self._states.refresh(target)
        return checkpoint_id

    async def _put(
        self,
        graph_id: str,
        source: tuple[str, str | None],
        target: tuple[str, str | None],
        checkpoint_id: str,
        metadata: Mapping[str, Any],
    ) -> None:
        saver = self._graphs.saver_of(graph_id)
        found = await saver.aget_tuple(where(*source))
        if found is None:
            raise UnknownCheckpoint(f"thread {source[0]} has no checkpoint {source[1] or 'at its head'}")
        checkpoint = found.checkpoint.copy()
        checkpoint["id"] = checkpoint_id
        said = {key: value for key, value in {**found.metadata, **metadata}.items() if key != "run_id"}
        versions = checkpoint["channel_versions"]
        await saver.aput(where(*target), checkpoint, cast("CheckpointMetadata", said), versions)

    async def submit(self, actor: Actor, thread_id: str, request: RunRequest) -> Run:
        """Start a run of a graph that no client may name, on a thread that is made if it is not there.

        Raises `UnknownAssistant`, `ThreadBusy` while a run is active there, and what the rules raise.
        """
        assistant = default_of(self._graphs.catalog.entry(request.assistant_id))
        return await self._submissions.submit(actor, thread_id, request, None, "create", assistant)
