"""The modes `tools`, `lifecycle` and `events`: what they show, and that a reader may be cut anywhere in them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from stemma.graphs.catalog import Catalog
from stemma.graphs.errors import InvalidRequest
from stemma.graphs.policy import LOCAL
from stemma.graphs.runs.model import RunRequest
from stemma.graphs.runs.runtime import Runtime
from tests.flow.runs.test_streams import collect
from tests.flow.runs.tool_graphs import catalog


@pytest.fixture
def graphs() -> Catalog:
    return catalog()


async def ended(runtime: Runtime, graph: str, **given: Any) -> str:
    asked = {"input": {"messages": []} if graph == "tooled" else {"log": []}, **given}
    run = await runtime.submit(LOCAL, None, RunRequest(graph, **asked))
    async for _ in runtime.stream(LOCAL, None, run.run_id, modes=("values",)):
        pass
    return run.run_id


async def shown(runtime: Runtime, run_id: str, *modes: str, subgraphs: bool = False) -> list[tuple[str, Any]]:
    frames = await collect(runtime, run_id, modes, subgraphs=subgraphs)
    return [(frame.event, orjson.loads(frame.data)) for frame in frames if frame.event.partition("|")[0] in modes]


async def test_tools_tell_their_start_progress_end_and_failure(runtime: Runtime) -> None:
    told = [data for _, data in await shown(runtime, await ended(runtime, "tooled"), "tools")]
    first = [data for data in told if data["toolCallId"] == "call-1"]
    assert [data["event"] for data in first] == ["on_tool_start", "on_tool_event", "on_tool_end"]
    assert {data["name"] for data in first} == {"weigh"}
    assert first[0]["input"]["cargo"] == "salt"
    assert first[1]["data"] == "on the scales"
    assert first[2]["output"]["content"] == "salt: 12 t"
    second = [data for data in told if data["toolCallId"] == "call-2"]
    assert [data["event"] for data in second] == ["on_tool_start", "on_tool_error"]
    assert second[1]["error"] == "salt is lost"


async def test_a_subgraph_starts_and_completes_at_every_depth(runtime: Runtime) -> None:
    told = await shown(runtime, await ended(runtime, "deep"), "lifecycle")
    places = [(name.partition("|")[2].count("|"), data["event"]) for name, data in told]
    assert places == [(0, "started"), (1, "started"), (1, "completed"), (0, "completed")]
    assert all(name == "lifecycle|" + "|".join(data["namespace"]) for name, data in told)


async def test_a_subgraph_that_asks_is_interrupted(runtime: Runtime) -> None:
    told = await shown(runtime, await ended(runtime, "deep_asking"), "lifecycle")
    assert [data["event"] for _, data in told] == ["started", "started", "interrupted", "interrupted"]


async def test_a_subgraph_that_fails_says_why(runtime: Runtime) -> None:
    told = await shown(runtime, await ended(runtime, "deep_broken"), "lifecycle")
    assert [data["event"] for _, data in told] == ["started", "started", "failed", "failed"]
    assert told[-1][1]["error"] == {"error": "ValueError", "message": "the step is broken"}


async def test_langchains_events_are_those_of_the_graph_itself(runtime: Runtime, graphs: Catalog) -> None:
    run_id = await ended(runtime, "tooled", stream_mode=("events",))
    told = [data for name, data in await shown(runtime, run_id, "events")]
    graph = graphs.entry("tooled").graph
    expected = [event async for event in graph.astream_events({"messages": []}, version="v2", stream_mode="updates")]
    names = [(data["event"], data["name"]) for data in told]
    assert sorted(names) == sorted((event["event"], event["name"]) for event in expected)
    assert {data["run_id"] for data in told if not data["parent_ids"]} == {run_id}


async def test_a_run_that_was_not_started_with_events_has_none_and_says_so(runtime: Runtime) -> None:
    run_id = await ended(runtime, "deep")
    with pytest.raises(InvalidRequest, match="events"):
        await shown(runtime, run_id, "events")


@pytest.mark.parametrize("graph", ["tooled", "deep_broken"])
async def test_reconnecting_anywhere_misses_and_repeats_nothing(runtime: Runtime, graph: str) -> None:
    modes = ("tools", "lifecycle", "tasks", "updates", "values", "events")
    run_id = await ended(runtime, graph, stream_mode=modes)
    whole = await collect(runtime, run_id, modes)
    ids = [frame.id or 0 for frame in whole]
    assert ids == sorted(set(ids))
    for position, frame in enumerate(whole):
        assert await collect(runtime, run_id, modes, after=frame.id or 0) == whole[position + 1 :]
