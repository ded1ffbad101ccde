"""One row of the log as the frame of a stream mode. Decides what each mode shows of a row.

A row becomes at most one frame whatever modes are asked for, so that frame ids are exact. Hence two rules where
modes overlap: with `debug`, tasks and checkpoints are shown as debug frames only; with `messages-tuple`, `messages`
is not shown as well. `messages` (cumulative) and `debug` depend on earlier rows: feed them all rows of a run, from
its first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Literal, get_args

import orjson
from langchain_core.messages import AIMessageChunk, BaseMessageChunk, message_chunk_to_message
from langchain_core.messages.utils import convert_to_messages

from stemma.graphs.errors import InvalidRequest
from stemma.graphs.runs.events import EventName, Frame, RunEvent
from stemma.graphs.runs.model import Run
from stemma.graphs.runs.older_events import lifecycle_event, tool_event
from stemma.graphs.runs.rows import to_json, when

StreamMode = Literal[
    "values",
    "updates",
    "messages",
    "messages-tuple",
    "custom",
    "tasks",
    "checkpoints",
    "debug",
    "tools",
    "lifecycle",
    "events",
]
"""Every stream mode there is."""
MODES: tuple[str, ...] = get_args(StreamMode)
_ALWAYS = (EventName.METADATA.value, EventName.FEEDBACK.value, EventName.ERROR.value)
_PLAIN = (EventName.UPDATES.value, EventName.CUSTOM.value, EventName.TASKS.value, EventName.EVENTS.value)
_RESHAPED = {EventName.TOOLS.value: tool_event, EventName.LIFECYCLE.value: lifecycle_event}
"""Rows in the protocol's newer shape, and what makes the older one of it."""

Load = Callable[[RunEvent, dict[str, Any]], Awaitable[bytes | None]]
"""The content of a `values` or `checkpoints` mark; None when there is nothing to show."""


def check_modes(modes: Sequence[str]) -> frozenset[str]:
    """Raises `InvalidRequest` for a mode that does not exist."""
    for mode in modes:
        if mode not in MODES:
            raise InvalidRequest(
                f"there is no stream mode {mode!r}", field="stream_mode", hint=f"modes: {', '.join(MODES)}"
            )
    return frozenset(modes)


def check_recorded(run: Run, modes: Sequence[str]) -> frozenset[str]:
    """As `check_modes`. Raises `InvalidRequest` also for `events` of a run that was started without them."""
    if "events" in modes and "events" not in run.request.stream_mode:
        raise InvalidRequest(
            f"run {run.run_id} was started without the stream mode 'events', so it has none",
            field="stream_mode",
            hint="start the run with stream_mode events; every other mode can be joined later",
        )
    return check_modes(modes)


class Renderer:
    """Turns one reader's rows into frames."""

    def __init__(
        self,
        modes: frozenset[str],
        subgraphs: bool,
        values: Load,
        checkpoints: Load,
        namespaces: frozenset[str] | None = None,
    ) -> None:
        """With `namespaces`, only what these graphs and subgraphs say themselves; "" is the root."""
        self._modes, self._subgraphs, self._namespaces = modes, subgraphs, namespaces
        self._values, self._checkpoints = values, checkpoints
        self._debug = "debug" in modes
        self._tuple = "messages-tuple" in modes
        self.hidden = frozenset[str]() if self._debug else frozenset(_hidden(modes))
        """Names of rows that need not be given to `skip` or `frame`."""
        self._sums: dict[str, BaseMessageChunk] = {}
        self._steps: dict[str, int] = {}

    @property
    def remembers(self) -> bool:
        """Whether the frames of later rows depend on earlier ones."""
        return self._debug or ("messages" in self._modes and not self._tuple)

    def skip(self, row: RunEvent) -> None:
        """Take note of a row before the reader's cursor."""
        if row.event == EventName.MESSAGES_DELTA:
            self._add(row)
        elif row.event == EventName.CHECKPOINTS:
            self._steps[row.namespace] = orjson.loads(row.data).get("step", 0)

    async def frame(self, row: RunEvent) -> Frame | None:
        """The row's frame, or None when these modes do not show it."""
        event = row.event
        if event in _ALWAYS:
            return Frame(row.seq, event, row.data)
        if not self._sees(row):
            return None
        if event == EventName.TASKS and self._debug:
            return self._frame(row, "debug", self._wrapped(row, row.data))
        if event in _PLAIN:
            return self._frame(row, event, row.data) if event in self._modes else None
        if event in _RESHAPED:
            return self._frame(row, event, _RESHAPED[event](row.data)) if event in self._modes else None
        if event == EventName.VALUES:
            return await self._value(row)
        if event == EventName.CHECKPOINTS:
            return await self._checkpoint(row)
        return self._message(row)

    def _sees(self, row: RunEvent) -> bool:
        if self._namespaces is not None:
            return row.namespace in self._namespaces
        return not row.namespace or self._subgraphs or row.event == EventName.LIFECYCLE

    async def _value(self, row: RunEvent) -> Frame | None:
        if "values" not in self._modes:
            return None
        data = await self._values(row, orjson.loads(row.data))
        return self._frame(row, "values", data) if data is not None else None

    async def _checkpoint(self, row: RunEvent) -> Frame | None:
        self.skip(row)
        if not self._debug and "checkpoints" not in self._modes:
            return None
        data = await self._checkpoints(row, orjson.loads(row.data))
        if data is None:
            return None
        return self._frame(row, "debug", self._wrapped(row, data)) if self._debug else self._frame(row, row.event, data)

    def _wrapped(self, row: RunEvent, payload: bytes) -> bytes:
        step = self._steps.get(row.namespace, -1)
        if row.event == EventName.CHECKPOINTS:
            kind = "checkpoint"
        else:
            kind, step = ("task_result" if "result" in orjson.loads(payload) else "task"), step + 1
        wrapped = {"step": step, "timestamp": when(row.at).isoformat(), "type": kind}
        return orjson.dumps({**wrapped, "payload": orjson.Fragment(payload)})

    def _message(self, row: RunEvent) -> Frame | None:
        if self._tuple:
            shown = row.event == EventName.MESSAGES_DELTA or (
                row.event == EventName.MESSAGES_COMPLETE and not row.data.startswith(b"[null")
            )
            return self._frame(row, "messages", row.data) if shown else None
        if "messages" not in self._modes:
            return None
        if row.event == EventName.MESSAGES_METADATA:
            return self._frame(row, row.event, row.data)
        if row.event == EventName.MESSAGES_DELTA:
            return self._frame(row, "messages/partial", _dump(self._add(row)))
        if row.event == EventName.MESSAGES_COMPLETE:
            message, about = orjson.loads(row.data)
            if message is not None:
                return self._frame(row, row.event, to_json([message]))
            total = self._sums.pop(about["id"], None)
            return self._frame(row, row.event, _dump(total)) if total is not None else None
        return None

    def _add(self, row: RunEvent) -> BaseMessageChunk:
        fields = orjson.loads(row.data)[0]
        chunk = _chunk(fields)
        known = self._sums.get(str(chunk.id))
        total = self._sums[str(chunk.id)] = chunk if known is None else known + chunk
        return total

    def _frame(self, row: RunEvent, name: str, data: bytes) -> Frame:
        return Frame(row.seq, f"{name}|{row.namespace}" if row.namespace else name, data)


def _hidden(modes: frozenset[str]) -> Iterator[str]:
    """Events that these modes never show and that no shown one depends on."""
    for event in ("values", "checkpoints", *_PLAIN, *_RESHAPED):
        if event not in modes:
            yield event
    if not modes & {"messages", "messages-tuple"}:
        yield from (EventName.MESSAGES_METADATA, EventName.MESSAGES_DELTA, EventName.MESSAGES_COMPLETE)


def _chunk(fields: dict[str, Any]) -> BaseMessageChunk:
    if fields.get("type") == "AIMessageChunk":
        return AIMessageChunk(**fields)
    (message,) = convert_to_messages([fields])
    return message if isinstance(message, BaseMessageChunk) else AIMessageChunk(content=message.content, id=message.id)


def _dump(chunk: BaseMessageChunk) -> bytes:
    return to_json([message_chunk_to_message(chunk)])
