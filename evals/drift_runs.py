"""Ended runs of a run store as drift sees them: what was asked, the steps and tools in order, and how it went.

Decides which runs count (those that ended, of the actor's tenant, oldest first) and what of their event log is a step,
a tool call or a score. It reads the log through the runtime and looks at no memory; it keeps no text but the input.
How long a run took is left out: it says more about the machine's other work than about the runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any

from stemma.evals.drift import DEFAULT, Drift, DriftPolicy, compare, drift
from stemma.evals.drift_features import Observation
from stemma.evals.progress import Phase, silent
from stemma.graphs.errors import UnknownRun
from stemma.graphs.policy import Actor
from stemma.graphs.runs.model import Run, RunStatus
from stemma.graphs.runs.runtime import Runtime

_PAGE = 200
_EVIDENCE = ("best", "union")


async def drift_of(
    runtime: Runtime,
    actor: Actor,
    policy: DriftPolicy = DEFAULT,
    *,
    since: datetime | None = None,
    phase: Phase = silent,
) -> Drift:
    """Compare the runs since a time (the newest ones otherwise) with those before them.

    Raises `Forbidden` and what the store raises.
    """
    runs = await ended_runs(runtime, actor, policy, since)
    advance = phase("runs", len(runs))
    seen = []
    for number, run in enumerate(runs):
        if (found := await observe(runtime, actor, run)) is not None:
            seen.append((run, found))
        advance(number + 1)
    if since is None:
        return drift([found for _, found in seen], policy)
    return compare(
        [found for run, found in seen if run.created_at < since],
        [found for run, found in seen if run.created_at >= since],
        policy,
    )


async def ended_runs(runtime: Runtime, actor: Actor, policy: DriftPolicy, since: datetime | None) -> list[Run]:
    """The runs of both windows, oldest first; with `since`, all after it and the reference window before it."""
    found: dict[str, Run] = {}
    before = offset = 0
    wanted = policy.reference if since else policy.recent + policy.reference
    while before < wanted:
        page = await runtime.list_runs(actor, limit=_PAGE, offset=offset)
        for run in page:
            if run.status.ended and run.run_id not in found and before < wanted:
                found[run.run_id] = run
                before += since is None or run.created_at < since
        offset += len(page)
        if len(page) < _PAGE:
            break
    return sorted(found.values(), key=lambda run: (run.created_at, run.run_id))


async def observe(runtime: Runtime, actor: Actor, run: Run) -> Observation | None:
    """One ended run; None when it was deleted meanwhile."""
    steps: list[str] = []
    scores: dict[str, float] = {"failed": float(run.status in (RunStatus.ERROR, RunStatus.TIMEOUT))}
    frames = runtime.stream(actor, run.thread_id, run.run_id, modes=("updates",), subgraphs=True)
    try:
        async with aclosing(frames):
            async for frame in frames:
                if frame.event.partition("|")[0] == "updates":
                    for step, update in _updates(frame.data):
                        steps += [step, *_tools(update)]
                        scores |= _scores(update)
    except UnknownRun:
        return None
    return Observation(asked_of(run.request.input), run.graph_id, tuple(steps), scores)


def asked_of(given: Any) -> str:
    """The input as text: the values of a question, a chat's last message, or any JSON, without its keys."""
    if isinstance(given, Mapping):
        if isinstance(given.get("messages"), list) and given["messages"] and not given.get("question"):
            return asked_of(given["messages"][-1])
        if "content" in given:
            return asked_of(given["content"])
        return " ".join(filter(None, map(asked_of, given.values())))
    if isinstance(given, list):
        return " ".join(filter(None, map(asked_of, given)))
    return given if isinstance(given, str) else ""


def _updates(data: bytes) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(step, what it wrote); a step that wrote no mapping wrote nothing that is looked at."""
    found = json.loads(data)
    for step, update in found.items() if isinstance(found, Mapping) else ():
        if not str(step).startswith("__"):
            yield str(step), update if isinstance(update, Mapping) else {}


def _tools(update: Mapping[str, Any]) -> Iterator[str]:
    """Names of the tools that the messages of an update call."""
    messages = update.get("messages", ())
    for message in messages if isinstance(messages, list) else (messages,):
        calls = message.get("tool_calls") if isinstance(message, Mapping) else None
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, Mapping) and call.get("name"):
                yield f"tool {call['name']}"


def _scores(update: Mapping[str, Any]) -> dict[str, float]:
    """What the answer graph's steps measured; what other graphs write under the same names counts too."""
    found: dict[str, float] = {}
    if isinstance(abstained := update.get("abstained"), bool):
        found["abstained"] = float(abstained)
    for name in ("citations", "rejected"):
        if isinstance(rows := update.get(name), list):
            found[name] = float(len(rows))
    if isinstance(evidence := update.get("evidence"), Mapping):
        found |= {f"evidence, {name}": float(evidence[name]) for name in _EVIDENCE if _number(evidence.get(name))}
    if isinstance(kept := update.get("kept"), list):
        values = [row["score"] for row in kept if isinstance(row, Mapping) and _number(row.get("score"))]
        found |= {"support": sum(values) / len(values)} if values else {}
    return found


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
