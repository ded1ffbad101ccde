"""Rows of a thread's event log become events of the thread-centric protocol.

Decides which events a row makes, and where each stands within its row: always at the same place, whatever is asked
for, so that an event has one number on every connection. What a row does not say itself is looked up in the rows
before it, so that a reader may begin anywhere and reads no more than what it missed and what was under way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from stemma.graphs.protocol.event import ProtocolEvent, event_of, path_of
from stemma.graphs.protocol.messages import Earlier, Messages
from stemma.graphs.runs.events import EventName, RunEvent
from stemma.graphs.runs.rows import to_json

INTERRUPT = "__interrupt__"
RUNNING, FIRST, ANSWERED, LAST = 0, 1, 9_998, 9_999
"""Places within a row: of the run's beginning, of the row's own first event, of what the run answers, of its end."""
_ENDS = {"success": "completed", "interrupted": "interrupted"}

Load = Callable[[RunEvent, dict[str, Any]], Awaitable[bytes | None]]
"""What a mark stands for, as JSON; None when there is nothing to show."""
Answered = Callable[[RunEvent], Awaitable[Sequence[str]]]
"""The interrupts that a row's run answers by their ids."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a row's content is read that the row only names."""

    earlier: Earlier
    values: Load
    checkpoint: Load
    """langchain_protocol's `Checkpoint`: {"id", "parent_id"?, "step", "source"}."""
    answered: Answered


class Translation:
    """One reader's. Rows are given in order, from `known_from` on, none left out."""

    def __init__(self, sources: Sources, methods: frozenset[str], known_from: int) -> None:
        self._sources, self._methods, self._known_from = sources, methods, known_from
        self._messages = Messages(sources.earlier, known_from)
        self._accepted: set[str] = set()
        self._begun: set[str] = set()
        self._failures: dict[str, dict[str, Any]] = {}

    async def events(self, row: RunEvent) -> list[ProtocolEvent]:
        """The row's events on the channels asked for, in order."""
        if row.event == EventName.METADATA and orjson.loads(row.data)["attempt"] == 1:
            self._accepted.add(row.run_id)
        if row.event in (EventName.METADATA, EventName.TOMBSTONE, EventName.STATE_UPDATE):
            return []
        if row.event == EventName.TRUNCATED:
            told = {"name": row.event, "payload": orjson.loads(row.data)}
            return [event_of(row, FIRST, "custom", to_json(told))]
        found = []
        begins = not self._methods.isdisjoint(("lifecycle", "input")) and await self._begins(row)
        if begins and "lifecycle" in self._methods:
            found.append(_lifecycle(row, RUNNING, {"event": "running"}))
        found.extend(await self._own(row))
        if begins and "input" in self._methods and (ids := await self._sources.answered(row)):
            # Before the answer is checked: whoever offers these questions, on any connection, stops doing so.
            found.append(event_of(row, ANSWERED, "input.answered", to_json({"interrupt_ids": ids}), namespace=()))
        if row.event == EventName.END:
            self._messages.forget(row.run_id)
            self._begun.discard(row.run_id)
            self._accepted.discard(row.run_id)
        return found

    async def _own(self, row: RunEvent) -> list[ProtocolEvent]:
        name = row.event
        if name == EventName.VALUES:
            return await self._state(row)
        if name == EventName.CHECKPOINTS:
            return await self._checkpoint(row, only_inputs=True)
        if name in (EventName.MESSAGES_METADATA, EventName.MESSAGES_DELTA, EventName.MESSAGES_COMPLETE):
            return await self._message(row)
        if name == EventName.TASKS:
            return await self._task(row)
        if name == EventName.ERROR:
            self._failures[row.run_id] = _failed(row)
            return []
        if name == EventName.END:
            return await self._ended(row) if "lifecycle" in self._methods else []
        return list(_plain(row)) if name in self._methods else []

    async def _begins(self, row: RunEvent) -> bool:
        """Whether this is the first row that the run's execution wrote: it was accepted, maybe long, before."""
        if row.run_id in self._begun or row.event == EventName.END:
            return False
        self._begun.add(row.run_id)
        if self._known_from > 1 and row.run_id not in self._accepted:
            async for earlier in self._sources.earlier(row):
                if earlier.event != EventName.METADATA:
                    return False
        return True

    async def _state(self, row: RunEvent) -> list[ProtocolEvent]:
        mark = orjson.loads(row.data)
        found = []
        if "values" not in mark and "interrupts" not in mark:
            found.extend(await self._checkpoint(row, only_inputs=False))
        if "values" in self._methods:
            plain = {**mark, "always": True} if mark.pop("interrupts", None) is not None else mark
            data = await self._sources.values(row, plain)
            if data is not None:
                found.append(event_of(row, FIRST + 1, "values", data))
        return found

    async def _checkpoint(self, row: RunEvent, only_inputs: bool) -> list[ProtocolEvent]:
        """A checkpoint is told before its values, which stand in an earlier row, unless it has none: an input."""
        if "checkpoints" not in self._methods:
            return []
        data = await self._sources.checkpoint(row, orjson.loads(row.data))
        if data is None or (only_inputs and orjson.loads(data)["source"] != "input"):
            return []
        return [event_of(row, FIRST, "checkpoints", data)]

    async def _message(self, row: RunEvent) -> list[ProtocolEvent]:
        if "messages" not in self._methods:
            return []
        said, node = await self._messages.said(row)
        return [event_of(row, FIRST + place, "messages", to_json(data), node=node) for place, data in enumerate(said)]

    async def _task(self, row: RunEvent) -> list[ProtocolEvent]:
        found = [event_of(row, FIRST, "tasks", row.data)] if "tasks" in self._methods else []
        if "input" in self._methods and not row.namespace and b'"interrupts":[{' in row.data:
            task = orjson.loads(row.data)
            for place, entry in enumerate(task["interrupts"]):
                where = await self._raised_in(row, f"{task['name']}:{task['id']}", entry["id"])
                found.append(_requested(row, FIRST + 1 + place, where, entry))
        return found

    async def _raised_in(self, row: RunEvent, inner: str, interrupt_id: str) -> tuple[str, ...]:
        """The namespace an interrupt was raised in: that of the deepest task that reported it."""
        deepest = ""
        async for earlier in self._sources.earlier(row):
            if not earlier.namespace.startswith(inner):
                if earlier.event == EventName.TASKS and orjson.loads(earlier.data).get("id") == inner.partition(":")[2]:
                    break
                continue
            reports = earlier.event == EventName.TASKS and interrupt_id.encode() in earlier.data
            if reports and len(earlier.namespace) > len(deepest):
                deepest = earlier.namespace
        return path_of(deepest)

    async def _ended(self, row: RunEvent) -> list[ProtocolEvent]:
        end = orjson.loads(row.data)
        if end.get("interrupted"):
            return [_lifecycle(row, LAST, {"event": "interrupted"})]
        said: dict[str, Any] = {"event": _ENDS.get(end["status"], "failed")}
        if said["event"] == "failed":
            known = self._failures.pop(row.run_id) if row.run_id in self._failures else await self._failure(row)
            said.update(known)
        return [_lifecycle(row, LAST, said)]

    async def _failure(self, row: RunEvent) -> dict[str, Any]:
        async for earlier in self._sources.earlier(row):
            if earlier.event == EventName.ERROR:
                return _failed(earlier)
            break
        return {"error": "the run failed"}


def _failed(row: RunEvent) -> dict[str, Any]:
    """Why, in a line, and of a refused answer also what waits still: the JavaScript SDK offers that again."""
    failure = orjson.loads(row.data)
    refusal = {key: failure[key] for key in ("reason", "interrupt_ids", "pending_ids") if key in failure}
    return {"error": f"{failure['error']}: {failure['message']}", **refusal}


def _lifecycle(row: RunEvent, place: int, said: Mapping[str, Any]) -> ProtocolEvent:
    made = event_of(row, place, "lifecycle", to_json(said), namespace=())
    # The form from which the JavaScript SDK reads which run an event of the root is of.
    return made._replace(event_id=f"synth:{row.run_id}:{made.seq}")


def _requested(row: RunEvent, place: int, where: tuple[str, ...], entry: Mapping[str, Any]) -> ProtocolEvent:
    # `payload` is the protocol's name; the Python SDK reads `value`.
    data = to_json({"interrupt_id": entry["id"], "payload": entry["value"], "value": entry["value"]})
    return event_of(row, place, "input.requested", data, namespace=where)


def _plain(row: RunEvent) -> Iterator[ProtocolEvent]:
    """Rows that hold what they tell."""
    if row.event == EventName.UPDATES:
        update = orjson.loads(row.data)
        nodes = update.items() if isinstance(update, dict) else [(None, update)]
        for place, (node, values) in enumerate(nodes):
            if node != INTERRUPT:
                said = {"values": values} if node is None else {"node": node, "values": values}
                yield event_of(row, FIRST + place, "updates", to_json(said))
    elif row.event == EventName.CUSTOM:
        yield _custom(row)
    elif row.event == "lifecycle":
        said = orjson.loads(row.data)
        error = said.get("error")
        if isinstance(error, dict):
            said["error"] = f"{error['error']}: {error['message']}"
        yield event_of(row, FIRST, "lifecycle", to_json(said))
    else:
        yield event_of(row, FIRST, row.event, row.data)


def _custom(row: RunEvent) -> ProtocolEvent:
    """A step names its event by writing {"name", "payload"}; anything else with a name is the payload itself."""
    value = orjson.loads(row.data)
    name = value.get("name") if isinstance(value, dict) else None
    if not isinstance(name, str) or not name:
        return event_of(row, FIRST, "custom", to_json({"payload": value}))
    payload = value["payload"] if value.keys() == {"name", "payload"} else value
    return event_of(row, FIRST, "custom", to_json({"name": name, "payload": payload}), name=name)
