"""LangGraph's stream parts become rows of the event log. Pure but for what it remembers of one run.

Decides which parts are logged and as what. Token deltas of one message are added up until `flush`, so that a fast
model costs a row every few tens of milliseconds and not one a token. `values` and `checkpoints` are not translated:
the saver marks checkpoints, and readers take the values from there. Only durability "exit", which has no
checkpoints on the way, logs values themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from langchain_core.messages import AIMessageChunk, BaseMessage, BaseMessageChunk
from langgraph.types import StreamMode

from stemma.graphs.runs.events import EventName
from stemma.graphs.runs.rows import to_json
from stemma.graphs.runs.subgraphs import Change, Subgraphs

Row = tuple[str, str, bytes]
"""(event, namespace, data)."""
Part = tuple[tuple[str, ...], str, Any]
"""(namespace, mode, payload), as `astream(subgraphs=True, stream_mode=[…])` yields them."""

MODES = cast(list[StreamMode], ["updates", "custom", "tasks", "messages", "tools"])
"""What every run subscribes to. LangGraph's type leaves `tools` out."""
INTERRUPT = "__interrupt__"


@dataclass(slots=True)
class Translator:
    """One attempt's memory: messages on their way, and what the graph waits for."""

    heads: Mapping[str, str]
    """Namespace -> its newest checkpoint, kept up to date by the saver."""
    interrupts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Task id -> the interrupts it raised, of the root graph."""
    interrupted: bool = False
    """The root graph stopped, at an interrupt or at a breakpoint."""
    _subgraphs: Subgraphs = field(default_factory=Subgraphs)
    _tools: dict[str, str] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _chunk: tuple[str, BaseMessageChunk, Any] | None = None

    @property
    def holding(self) -> bool:
        """Whether token deltas wait for `flush`."""
        return self._chunk is not None

    def rows(self, part: Part) -> list[Row]:
        """The rows of one stream part, in order."""
        path, mode, payload = part
        ns = "|".join(path)
        if mode == "messages":
            return self._message(ns, payload[0], payload[1])
        rows = self.flush()
        if mode == "updates":
            rows.append((EventName.UPDATES.value, ns, to_json(payload)))
            if isinstance(payload, Mapping) and INTERRUPT in payload:
                rows.extend(self._interrupted(ns, payload[INTERRUPT]))
        elif mode == "tasks":
            rows.extend(self._task(path, ns, payload))
        elif mode == "tools":
            rows.append((EventName.TOOLS.value, ns, to_json(self._named(payload))))
        elif mode == "values":
            rows.append((EventName.VALUES.value, ns, to_json({"values": payload})))
        else:
            rows.append((mode, ns, to_json(payload)))
        return rows

    def flush(self) -> list[Row]:
        """The row of the token deltas added up so far."""
        if self._chunk is None:
            return []
        ns, chunk, metadata = self._chunk
        self._chunk = None
        rows = [(EventName.MESSAGES_DELTA.value, ns, to_json([chunk, metadata]))]
        if isinstance(chunk, AIMessageChunk) and chunk.chunk_position == "last":
            rows.append((EventName.MESSAGES_COMPLETE.value, ns, to_json([None, {"id": chunk.id}])))
        return rows

    def close(self, error: BaseException | None, stopped: bool) -> list[Row]:
        """The rows that the run's end adds: deltas that were held, and the ends of subgraphs that it cut off."""
        event = "interrupted" if stopped or self.interrupted else "completed"
        return self.flush() + _changes(self._subgraphs.close(error, event))

    def _task(self, path: tuple[str, ...], ns: str, payload: Any) -> list[Row]:
        if payload.get("interrupts") and not ns:
            self.interrupts[payload["id"]] = [_interrupt(entry) for entry in payload["interrupts"]]
        return [*_changes(self._subgraphs.changes(path, payload)), (EventName.TASKS.value, ns, to_json(payload))]

    def _named(self, payload: dict[str, Any]) -> dict[str, Any]:
        """LangGraph names a tool only when it starts; here each of its rows stands for itself."""
        call = payload["tool_call_id"]
        if "tool_name" in payload:
            self._tools[call] = payload["tool_name"]
        return {"tool_name": self._tools.get(call, ""), **payload}

    def _interrupted(self, ns: str, raised: Sequence[Any]) -> list[Row]:
        if not ns:
            self.interrupted = True
        if not raised or ns not in self.heads:
            return []
        mark = {"checkpoint_id": self.heads[ns], "checkpoint_ns": ns, "interrupts": raised}
        return [(EventName.VALUES.value, ns, to_json(mark))]

    def _message(self, ns: str, message: BaseMessage, metadata: Any) -> list[Row]:
        if isinstance(message, BaseMessageChunk) and self._chunk is not None:
            held_ns, held, held_metadata = self._chunk
            if held_ns == ns and held.id == message.id:
                self._chunk = (ns, held + message, held_metadata)
                return self.flush() if _last(message) else []
        rows = self.flush()
        if message.id not in self._seen:
            self._seen.add(str(message.id))
            first = {str(message.id): {"metadata": metadata}}
            rows.append((EventName.MESSAGES_METADATA.value, ns, to_json(first)))
        if isinstance(message, BaseMessageChunk):
            self._chunk = (ns, message, metadata)
        else:
            rows.append((EventName.MESSAGES_COMPLETE.value, ns, to_json([message, metadata])))
        return rows


def _changes(changes: Sequence[Change]) -> list[Row]:
    return [(EventName.LIFECYCLE.value, ns, to_json(said)) for ns, said in changes]


def _last(message: BaseMessageChunk) -> bool:
    return isinstance(message, AIMessageChunk) and message.chunk_position == "last"


def _interrupt(entry: Any) -> dict[str, Any]:
    """What a client needs to answer it."""
    if isinstance(entry, Mapping):
        return {"value": entry.get("value"), "id": entry.get("id")}
    return {"value": entry.value, "id": entry.id}
