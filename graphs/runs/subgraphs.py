"""When subgraphs start and end, told from the tasks of a run's stream. Pure but for what it remembers of one attempt.

LangGraph says nothing of its own about subgraphs: one starts with the first task in its namespace, and ends with the
task of its parent that ran it. A graph without subgraphs costs nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Change = tuple[str, dict[str, Any]]
"""(namespace, {"event", "namespace", "graph_name", "trigger_call_id", "cause"?, "error"?}), as a `lifecycle` row."""


class Subgraphs:
    """The subgraphs that one attempt has started."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, ...], dict[str, Any]] = {}
        self._calls: dict[str, str] = {}

    def changes(self, path: tuple[str, ...], task: Mapping[str, Any]) -> list[Change]:
        """What a `tasks` part says about subgraphs: one started, or those that its task ran have ended."""
        task_id = str(task.get("id"))
        if "result" not in task:
            if (called := _tool_call(task.get("input"))) is not None:
                self._calls[task_id] = called
            return [self._started(path, task)] if path and path not in self._open else []
        self._calls.pop(task_id, None)
        ended = [inner for inner, about in self._open.items() if about["trigger_call_id"] == task_id]
        return [_change(inner, **_outcome(task), **self._open.pop(inner)) for inner in reversed(ended)]

    def close(self, error: BaseException | None, event: str = "completed") -> list[Change]:
        """The ends of those that the run's end has ended."""
        said = {"event": "failed", "error": _failure(error)} if error is not None else {"event": event}
        return [_change(inner, **said, **self._open.pop(inner)) for inner in list(reversed(self._open))]

    def _started(self, path: tuple[str, ...], task: Mapping[str, Any]) -> Change:
        # A second subgraph of the same task has a number behind the task's part of its namespace.
        ran_by = next((part for part in reversed(path) if ":" in part), path[-1])
        name, _, parent = ran_by.partition(":")
        named = (task.get("metadata") or {}).get("lc_agent_name") or name
        about = self._open[path] = {"graph_name": named, "trigger_call_id": parent}
        if parent in self._calls:
            about["cause"] = {"type": "toolCall", "tool_call_id": self._calls[parent]}
        return _change(path, "started", **about)


def _change(path: tuple[str, ...], event: str, **said: Any) -> Change:
    return "|".join(path), {"event": event, "namespace": list(path), **said}


def _outcome(task: Mapping[str, Any]) -> dict[str, Any]:
    if task.get("interrupts"):  # LangGraph reports an interrupt as an error too
        return {"event": "interrupted"}
    if task.get("error") is not None:
        return {"event": "failed", "error": _failure(task["error"])}
    return {"event": "completed"}


def _failure(error: Any) -> dict[str, str]:
    return {"error": type(error).__name__, "message": str(error)}


def _tool_call(given: Any) -> str | None:
    """The tool call that a task was made for, if LangGraph's ToolNode made it so."""
    if not isinstance(given, Mapping) or given.get("__type") != "tool_call_with_context":
        return None
    call = given.get("tool_call")
    found = call.get("id") if isinstance(call, Mapping) else None
    return found if isinstance(found, str) else None
