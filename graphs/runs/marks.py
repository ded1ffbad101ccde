"""What a `values` or `checkpoints` mark stands for, read from the checkpoint it names.

Decides that a mark is shown as it was when it was logged: a checkpoint's tasks without what they wrote later. A
mark whose checkpoint was pruned is shown as nothing.
"""

from __future__ import annotations

import contextlib
from typing import Any

from langgraph._internal._typing import MISSING
from langgraph.channels.binop import BinaryOperatorAggregate
from langgraph.channels.last_value import LastValue
from langgraph.checkpoint.base import BaseCheckpointSaver

from stemma.graphs.catalog import AnyGraph
from stemma.graphs.errors import UnknownAssistant
from stemma.graphs.runs.events import RunEvent
from stemma.graphs.runs.graphs import BoundGraphs
from stemma.graphs.runs.rows import to_json
from stemma.graphs.runs.state import checkpoint_of, where
from stemma.graphs.runs.translate import INTERRUPT

_PLAIN_CHANNELS = (LastValue, BinaryOperatorAggregate)
"""Channels whose stored value is their value."""


class Marks:
    """Reads the marks of one graph's runs."""

    def __init__(self, graphs: BoundGraphs, graph_id: str) -> None:
        self._saver: BaseCheckpointSaver[int] = graphs.saver
        self._graph: AnyGraph | None = None  # no longer served: its log is still worth reading
        with contextlib.suppress(UnknownAssistant):
            self._graph = graphs.get(graph_id)
            self._saver = graphs.saver_of(graph_id)

    async def values(self, row: RunEvent, mark: dict[str, Any]) -> bytes | None:
        """The state at the mark, with the interrupts it was logged with."""
        if "values" in mark:
            return to_json(mark["values"])
        graph = self._graph_at(row.namespace)
        if graph is None:
            return None
        config = where(row.thread_id, mark["checkpoint_id"], mark["checkpoint_ns"])
        found = await self._saver.aget_tuple(config)
        if found is None:
            return None
        keys = graph.stream_channels_asis
        shown = {keys} if isinstance(keys, str) else set(keys)
        updated = found.checkpoint.get("updated_channels")
        if not {"interrupts", "always"} & mark.keys() and updated is not None and shown.isdisjoint(updated):
            return None
        stored = found.checkpoint["channel_values"]
        if isinstance(keys, str):
            values = stored.get(keys)
        elif all(isinstance(graph.channels[key], _PLAIN_CHANNELS) for key in keys):
            values = {key: stored[key] if key in stored else _initial(graph, key) for key in keys}
            values = {key: value for key, value in values.items() if value is not MISSING}
        else:
            values = (await graph.aget_state(config)).values
        if "interrupts" in mark:
            values = {**(values if isinstance(values, dict) else {}), INTERRUPT: mark["interrupts"]}
        return to_json(values)

    async def checkpoint(self, row: RunEvent, mark: dict[str, Any]) -> bytes | None:
        """The checkpoint in the shape of LangGraph's CheckpointPayload."""
        if self._graph is None:
            return None
        config = where(row.thread_id, mark["checkpoint_id"], mark["checkpoint_ns"])
        try:
            found = await self._graph.aget_state(config)
        except ValueError:  # a subgraph that the graph no longer has
            return None
        if found.metadata is None:
            return None
        return to_json(
            {
                "config": {"configurable": checkpoint_of(found.config)},
                "parent_config": {"configurable": checkpoint_of(found.parent_config)} if found.parent_config else None,
                "values": found.values,
                "metadata": found.metadata,
                "next": found.next,
                "tasks": [{"id": task.id, "name": task.name, "interrupts": (), "state": None} for task in found.tasks],
            }
        )

    def _graph_at(self, namespace: str) -> AnyGraph | None:
        """The root graph, or the subgraph of this namespace."""
        if self._graph is None or not namespace:
            return self._graph
        path = "|".join(part.split(":")[0] for part in namespace.split("|"))
        for name, subgraph in self._graph.get_subgraphs(recurse=True):
            if name == path:
                return subgraph  # type: ignore[return-value]
        return None


def _initial(graph: AnyGraph, key: str) -> Any:
    """What a channel that was never written holds: nothing, or its type's empty value."""
    channel = graph.channels[key]
    return channel.value if isinstance(channel, BinaryOperatorAggregate) else MISSING
