"""When subgraphs start and end, from `tasks` parts alone."""

from __future__ import annotations

from typing import Any

import orjson

from stemma.graphs.runs.older_events import lifecycle_event, tool_event
from stemma.graphs.runs.rows import to_json
from stemma.graphs.runs.subgraphs import Subgraphs


def begins(task_id: str, given: Any = None, **metadata: Any) -> dict[str, Any]:
    return {"id": task_id, "name": "step", "input": given, "metadata": metadata}


def ends(task_id: str, **said: Any) -> dict[str, Any]:
    return {"id": task_id, "name": "step", "result": {}, "error": None, "interrupts": [], **said}


def test_a_subgraph_ends_with_the_task_that_ran_it() -> None:
    watch = Subgraphs()
    assert watch.changes((), begins("a")) == []
    ((place, started),) = watch.changes(("node:a",), begins("b"))
    assert (place, started["event"], started["graph_name"]) == ("node:a", "started", "node")
    assert watch.changes(("node:a",), begins("c")) == []
    assert watch.changes(("node:a",), ends("b")) == []
    ((_, ended),) = watch.changes((), ends("a"))
    assert ended == {**started, "event": "completed"}
    assert watch.close(None) == []


def test_one_task_may_run_several() -> None:
    watch = Subgraphs()
    for place in (("node:a",), ("node:a", "1")):
        watch.changes(place, begins("b"))
    ended = watch.changes((), ends("a", error=ValueError("no")))
    assert [(place, said["event"]) for place, said in ended] == [("node:a|1", "failed"), ("node:a", "failed")]
    assert ended[0][1]["error"] == {"error": "ValueError", "message": "no"}


def test_an_agent_that_a_tool_call_started_names_the_call_and_itself() -> None:
    watch = Subgraphs()
    call = {"__type": "tool_call_with_context", "tool_call": {"id": "call-7", "name": "ask"}, "state": {}}
    watch.changes((), begins("a", call))
    ((_, started),) = watch.changes(("tools:a",), begins("b", lc_agent_name="clerk"))
    assert (started["graph_name"], started["cause"]) == ("clerk", {"type": "toolCall", "tool_call_id": "call-7"})
    shown = orjson.loads(lifecycle_event(to_json(started)))
    assert shown == {"event": "started", "namespace": ["tools:a"], "tool_call_id": "call-7"}


def test_a_states_own_tool_call_is_none() -> None:
    watch = Subgraphs()
    watch.changes((), begins("a", {"tool_call": {"id": "call-7"}}))
    ((_, started),) = watch.changes(("tools:a",), begins("b"))
    assert "cause" not in started


def test_what_the_runs_end_cuts_off_ends_too_innermost_first() -> None:
    watch = Subgraphs()
    watch.changes(("node:a",), begins("b"))
    watch.changes(("node:a", "step:b"), begins("c"))
    assert [(place, said["event"]) for place, said in watch.close(None, "interrupted")] == [
        ("node:a|step:b", "interrupted"),
        ("node:a", "interrupted"),
    ]


def test_a_tools_failure_in_the_older_shape() -> None:
    row = to_json({"event": "tool-error", "tool_call_id": "c", "tool_name": "sink", "message": "lost"})
    assert orjson.loads(tool_event(row)) == {
        "event": "on_tool_error",
        "toolCallId": "c",
        "name": "sink",
        "error": "lost",
    }
