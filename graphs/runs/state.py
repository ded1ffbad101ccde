"""A thread's state at any checkpoint, in the shape of the protocol, and edits of it.

Decides what of LangGraph's snapshot is shown. A thread that never ran has an empty state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.errors import InvalidUpdateError
from langgraph.types import StateSnapshot as LangGraphSnapshot
from langgraph.types import StateUpdate

from stemma.graphs.catalog import AnyGraph
from stemma.graphs.errors import InvalidRequest, UnknownCheckpoint
from stemma.graphs.runs.events import EventName
from stemma.graphs.runs.graphs import BoundGraphs
from stemma.graphs.runs.model import StateSnapshot, Superstep, ThreadStatus
from stemma.graphs.runs.ports import RunStore, Unit
from stemma.graphs.runs.resume import to_command
from stemma.graphs.runs.rows import to_json

SHOWN = ("thread_id", "checkpoint_ns", "checkpoint_id", "checkpoint_map")


class States:
    """Reads and edits checkpoints. Callers have checked that the thread is the actor's."""

    def __init__(self, store: RunStore, graphs: BoundGraphs) -> None:
        self._store, self._graphs = store, graphs

    async def graph_of(self, thread_id: str) -> AnyGraph | None:
        """The graph of the thread's latest run. Raises `UnknownAssistant` when it is no longer served."""
        graph_id = await self._store.thread_graph(thread_id)
        return self._graphs.of_thread(thread_id, graph_id) if graph_id is not None else None

    async def get(
        self, thread_id: str, *, checkpoint_id: str | None = None, checkpoint_ns: str = "", subgraphs: bool = False
    ) -> StateSnapshot:
        """Raises `UnknownCheckpoint`."""
        graph = await self.graph_of(thread_id)
        await self.known(thread_id, checkpoint_id, checkpoint_ns)
        if graph is None:
            return _empty(thread_id)
        try:
            found = await graph.aget_state(where(thread_id, checkpoint_id, checkpoint_ns), subgraphs=subgraphs)
        except ValueError as error:
            raise InvalidRequest(str(error), field="checkpoint_ns") from error
        return to_snapshot(found)

    async def known(self, thread_id: str, checkpoint_id: str | None, checkpoint_ns: str = "") -> None:
        """Raises `UnknownCheckpoint` unless the thread has it; None is always fine."""
        await self._store.settled(thread_id)
        if checkpoint_id and self._store.checkpoint(thread_id, checkpoint_ns, checkpoint_id) is None:
            raise UnknownCheckpoint(f"thread {thread_id} has no checkpoint {checkpoint_id}")

    async def history(
        self,
        thread_id: str,
        *,
        limit: int,
        before: str | None,
        metadata: Mapping[str, Any],
        checkpoint_ns: str,
        checkpoint_id: str | None,
    ) -> list[StateSnapshot]:
        """Newest first; `before` is a checkpoint id that is not included."""
        graph = await self.graph_of(thread_id)
        if graph is None:
            return []
        found = graph.aget_state_history(
            where(thread_id, checkpoint_id, checkpoint_ns),
            filter=dict(metadata) or None,
            before=where(thread_id, before, checkpoint_ns) if before else None,
            limit=limit,
        )
        return [to_snapshot(snapshot) async for snapshot in found]

    async def update(
        self, thread_id: str, values: Any, *, as_node: str | None, checkpoint_id: str | None, checkpoint_ns: str
    ) -> Mapping[str, Any]:
        """Add a checkpoint with these values, as if the step had written them; returns its config.

        Raises `UnknownCheckpoint`, `InvalidRequest`.
        """
        graph = await self.graph_of(thread_id)
        if graph is None:
            raise InvalidRequest("this thread has not run, so no graph can take the values", field="thread_id")
        await self.known(thread_id, checkpoint_id, checkpoint_ns)
        try:
            config = await graph.aupdate_state(where(thread_id, checkpoint_id, checkpoint_ns), values, as_node)
        except (InvalidUpdateError, ValueError, TypeError, KeyError) as error:
            raise InvalidRequest(f"the state cannot take these values: {error}", field="values") from error
        edited = checkpoint_of(config)
        unit, mark = Unit(thread_id), {key: edited[key] for key in ("checkpoint_id", "checkpoint_ns")}
        self._store.log(unit, EventName.STATE_UPDATE.value, "", to_json(mark))
        await self._store.committed(unit)
        await self.refresh(thread_id)
        return edited

    async def replay(self, thread_id: str, supersteps: Sequence[Superstep]) -> None:
        """Apply what happened elsewhere to a new thread, checkpoint by checkpoint. Raises `InvalidRequest`."""
        graph = await self.graph_of(thread_id)
        if graph is None:
            raise InvalidRequest("supersteps need a graph: name it as metadata.graph_id", field="metadata.graph_id")
        steps = [[_update(update) for update in superstep] for superstep in supersteps]
        try:
            await graph.abulk_update_state(where(thread_id), steps)
        except (InvalidUpdateError, ValueError, TypeError, KeyError) as error:
            raise InvalidRequest(f"the state cannot take these values: {error}", field="supersteps") from error
        await self.refresh(thread_id)

    async def keep_latest(self, thread_id: str) -> None:
        """Delete all checkpoints but the newest of each namespace, and what those need."""
        await self._graphs.saver.aprune([thread_id], strategy="keep_latest")

    async def refresh(self, thread_id: str) -> None:
        """Let the thread's status follow from the state at its head."""
        head = await self.get(thread_id)
        waits = {task["id"]: task["interrupts"] for task in head.tasks if task["interrupts"]}
        status = ThreadStatus.INTERRUPTED if waits or head.next else ThreadStatus.IDLE
        await self._store.mark_thread(thread_id, status, waits)


def _update(update: Mapping[str, Any]) -> StateUpdate:
    command = update.get("command")
    values: Any = to_command(command) if command else update.get("values")
    return StateUpdate(values, update.get("as_node"))


def where(thread_id: str, checkpoint_id: str | None = None, checkpoint_ns: str = "") -> RunnableConfig:
    """A config that names a checkpoint, or the head."""
    configurable = {"thread_id": thread_id, "checkpoint_ns": checkpoint_ns}
    return {"configurable": {**configurable, "checkpoint_id": checkpoint_id} if checkpoint_id else configurable}


def checkpoint_of(config: Mapping[str, Any] | None) -> dict[str, Any]:
    """What of a config names a checkpoint; nothing else of it is anybody's business."""
    configurable = (config or {}).get("configurable", {})
    return {key: configurable[key] for key in SHOWN if key in configurable}


def to_snapshot(found: LangGraphSnapshot) -> StateSnapshot:
    return StateSnapshot(
        values=found.values,
        next=found.next,
        checkpoint=checkpoint_of(found.config),
        metadata=dict(found.metadata or {}),
        created_at=found.created_at,
        parent_checkpoint=checkpoint_of(found.parent_config) if found.parent_config else None,
        tasks=[_task(task) for task in found.tasks],
        interrupts=[_interrupt(interrupt) for interrupt in found.interrupts],
    )


def _task(task: Any) -> dict[str, Any]:
    state, checkpoint = None, None
    if isinstance(task.state, LangGraphSnapshot):
        state = to_snapshot(task.state)
    elif task.state is not None:
        checkpoint = checkpoint_of(task.state)
    return {
        "id": task.id,
        "name": task.name,
        "path": list(task.path),
        "error": None if task.error is None else str(task.error),
        "interrupts": [_interrupt(interrupt) for interrupt in task.interrupts],
        "checkpoint": checkpoint,
        "state": state,
        "result": task.result,
    }


def _interrupt(interrupt: Any) -> dict[str, Any]:
    return {"value": interrupt.value, "id": interrupt.id}


def _empty(thread_id: str) -> StateSnapshot:
    return StateSnapshot(
        values={},
        next=(),
        checkpoint=checkpoint_of(where(thread_id)),
        metadata={},
        created_at=None,
        parent_checkpoint=None,
        tasks=(),
        interrupts=(),
    )
