"""What a run's event log says about how it went: its steps with their times, its tool calls, the tokens it took.

Decides what a step, a tool call and a use of tokens is in the log. It reads any run that the runtime has, not only
those of an evaluation. It refuses to guess: tokens are those that the model reported, and a tool call counts when a
tool answered it or the run kept it; a model's structured output is none, though it looks like one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stemma.evals.case import ToolCall
from stemma.graphs.policy import Actor
from stemma.graphs.runs.events import Frame
from stemma.graphs.runs.runtime import Runtime

MODES = ("debug", "updates", "custom", "messages")
"""Everything recordable; `debug` gives tasks and checkpoints with their times."""
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the log."""

    seq: int
    """Its number on its thread."""
    name: str
    """"debug", "updates", "custom", "messages/complete", …; of a subgraph with "|" and its namespace."""
    data: Any
    """JSON."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the root graph, in the order of their beginnings."""

    name: str
    milliseconds: float | None
    """Wall time between the two rows of the log; None for a step that did not end."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What one message of a model took, as the model reported it."""

    step: str
    """The step that asked; empty where the log does not say."""
    input: int
    output: int


@dataclass(frozen=True, slots=True)
class Recording:
    """One run."""

    events: tuple[Event, ...]
    steps: tuple[Step, ...]
    tool_calls: tuple[ToolCall, ...]
    """In order, arguments known."""
    tokens: tuple[Tokens, ...]
    """One for each message with a report; none for a model that reports nothing."""


async def record(runtime: Runtime, actor: Actor, thread_id: str, run_id: str, output: Json) -> Recording:
    """An ended run's recording; `output` is what it came to. Raises what `Runtime.stream` raises."""
    frames = [frame async for frame in runtime.stream(actor, thread_id, run_id, modes=MODES, subgraphs=True)]
    return recording_of(frames, output)


def recording_of(frames: Iterable[Frame], output: Json) -> Recording:
    """The same from frames in the modes of `MODES`, in order. Pure."""
    events = tuple(
        Event(frame.id or 0, frame.event, json.loads(frame.data))
        for frame in frames
        if not frame.event.startswith("messages/partial")  # each is the sum of those before it
    )
    messages = list(_messages(events))
    return Recording(
        events, tuple(_steps(events)), tuple(_tool_calls(messages, output)), tuple(_tokens(messages, _askers(events)))
    )


def _steps(events: Iterable[Event]) -> list[Step]:
    begun: dict[str, tuple[str, datetime]] = {}
    ended: dict[str, Step] = {}
    for event in events:
        kind = event.data.get("type") if event.name == "debug" else None
        if kind not in ("task", "task_result"):
            continue
        task, at = event.data["payload"], datetime.fromisoformat(event.data["timestamp"])
        if kind == "task":
            begun[task["id"]] = (task["name"], at)
        elif task["id"] in begun:
            name, start = begun[task["id"]]
            took = (at - start).total_seconds() * 1000
            ended[task["id"]] = Step(name, round(took, 3), str(task.get("error") or ""))
    return [ended.get(task_id, Step(name, None)) for task_id, (name, _) in begun.items()]


def _messages(events: Iterable[Event]) -> Iterable[Json]:
    seen: set[str] = set()
    for event in events:
        if event.name.partition("|")[0] == "messages/complete":
            for message in event.data:
                key = str(message.get("id"))
                if key not in seen or message.get("id") is None:
                    seen.add(key)
                    yield message


def _askers(events: Iterable[Event]) -> dict[str, str]:
    """Message id -> the step that asked for it."""
    found: dict[str, str] = {}
    for event in events:
        if event.name.partition("|")[0] == "messages/metadata":
            for message_id, about in event.data.items():
                found[message_id] = str((about.get("metadata") or {}).get("langgraph_node", ""))
    return found


def _tool_calls(messages: Iterable[Json], output: Json) -> list[ToolCall]:
    kept = [each for each in output.get("messages") or () if isinstance(each, Mapping)]
    recorded = [*messages]
    known = {str(each["tool_call_id"]) for each in (*recorded, *kept) if each.get("tool_call_id")}
    known |= {str(call.get("id")) for each in kept for call in each.get("tool_calls") or ()}
    made: dict[str, ToolCall] = {}
    for message in (*recorded, *kept):
        for call in message.get("tool_calls") or ():
            if str(call.get("id")) in known:
                made.setdefault(str(call["id"]), ToolCall(str(call["name"]), dict(call.get("args") or {})))
    return list(made.values())


def _tokens(messages: Iterable[Json], askers: Mapping[str, str]) -> list[Tokens]:
    return [
        Tokens(askers.get(str(each.get("id")), ""), int(usage["input_tokens"]), int(usage["output_tokens"]))
        for each in messages
        if (usage := each.get("usage_metadata"))
    ]
