"""Streams: every mode, from every cursor, live and late, from the log alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import orjson
import pytest

from stemma.graphs.catalog import Catalog
from stemma.graphs.errors import InvalidRequest, UnknownRun
from stemma.graphs.policy import LOCAL, Actor
from stemma.graphs.runs.events import Frame
from stemma.graphs.runs.model import RunRequest
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings
from tests.flow.runs.graphs import ARRIVED, gate

CASES: list[Sequence[str]] = [
    ("values",),
    ("updates",),
    ("custom",),
    ("tasks",),
    ("checkpoints",),
    ("debug",),
    ("messages",),
    ("messages-tuple",),
    ("values", "updates", "custom", "tasks", "checkpoints", "messages"),
    ("debug", "tasks", "messages-tuple", "messages"),
]


async def collect(
    runtime: Runtime, run_id: str, modes: Sequence[str], after: int = 0, subgraphs: bool = True
) -> list[Frame]:
    frames = runtime.stream(LOCAL, None, run_id, modes=modes, after=after, subgraphs=subgraphs)
    return [frame async for frame in frames]


async def finished(runtime: Runtime, graph: str) -> str:
    question = {"messages": [{"role": "user", "content": "count"}]} if graph == "chat" else {"n": 1}
    run = await runtime.submit(LOCAL, None, RunRequest(graph, input=question))
    await runtime.join(LOCAL, None, run.run_id)
    return run.run_id


@pytest.mark.parametrize("modes", CASES, ids="+".join)
@pytest.mark.parametrize("graph", ["chain", "nested", "chat"])
async def test_reconnecting_at_every_cursor_misses_and_repeats_nothing(
    runtime: Runtime, graph: str, modes: Sequence[str]
) -> None:
    run_id = await finished(runtime, graph)
    whole = await collect(runtime, run_id, modes)
    ids = [frame.id or 0 for frame in whole]
    assert ids == sorted(set(ids))
    for position, frame in enumerate(whole):
        assert await collect(runtime, run_id, modes, after=frame.id or 0) == whole[position + 1 :]


async def test_only_the_namespaces_that_were_asked_for_are_shown(runtime: Runtime) -> None:
    run_id = await finished(runtime, "nested")
    modes = ("values", "updates", "checkpoints")
    whole = await collect(runtime, run_id, modes)
    places = {frame.event.partition("|")[2] for frame in whole}
    inner = next(place for place in sorted(places) if place)
    for chosen in ([""], [inner], ["", inner], ["none"], []):
        frames = runtime.stream(LOCAL, None, run_id, modes=modes, namespaces=chosen)
        shown = [frame async for frame in frames]
        assert shown == [f for f in whole if f.event == "metadata" or f.event.partition("|")[2] in chosen]


async def test_a_reader_who_shows_a_checkpoint_gets_what_came_after_it(runtime: Runtime) -> None:
    run_id = await finished(runtime, "chain")
    whole = await collect(runtime, run_id, ("checkpoints",))
    told = [f for f in whole if f.event == "checkpoints"]
    for place, frame in enumerate(told):
        shown = orjson.loads(frame.data)["config"]["configurable"]["checkpoint_id"]
        after = runtime.stream(LOCAL, None, run_id, modes=("checkpoints",), checkpoint_id=shown)
        assert [f async for f in after] == told[place + 1 :]
    foreign = runtime.stream(LOCAL, None, run_id, modes=("checkpoints",), checkpoint_id="of another run")
    assert [f async for f in foreign] == whole


async def test_a_late_reader_sees_what_a_live_one_saw_also_after_a_restart(
    settings: GraphSettings, graphs: Catalog
) -> None:
    modes = CASES[-2]
    async with await open_runtime(graphs, settings) as runtime:
        run = await runtime.submit(LOCAL, None, RunRequest("nested", input={"n": 1}))
        live = await collect(runtime, run.run_id, modes)
        assert await collect(runtime, run.run_id, modes) == live
    async with await open_runtime(graphs, settings, worker=False) as reopened:
        assert await collect(reopened, run.run_id, modes) == live


async def test_live_frames_come_while_the_run_goes_on(runtime: Runtime) -> None:
    opened = gate("live")
    run = await runtime.submit(LOCAL, None, RunRequest("gated", input={"tag": "live"}))
    names = []
    async for frame in runtime.stream(LOCAL, None, run.run_id, modes=("updates",)):
        names.append(frame.event)
        if frame.event == "updates" and b'"a"' in frame.data:
            opened.set()
    assert names == ["metadata", "updates", "updates", "updates"]


async def test_values_and_updates_are_langgraphs_own(runtime: Runtime, graphs: Catalog) -> None:
    run_id = await finished(runtime, "chain")
    frames = await collect(runtime, run_id, ("values", "updates", "custom"))
    expected = [
        (mode, chunk)
        async for mode, chunk in graphs.entry("chain").graph.astream(
            {"n": 1}, stream_mode=["values", "updates", "custom"]
        )
    ]
    assert [(frame.event, orjson.loads(frame.data)) for frame in frames[1:]] == expected


async def test_subgraph_frames_carry_their_namespace_and_only_on_request(runtime: Runtime) -> None:
    run_id = await finished(runtime, "nested")
    names = {frame.event.partition("|")[2].split(":")[0] for frame in await collect(runtime, run_id, ("updates",))}
    assert names == {"", "inner"}
    root = await collect(runtime, run_id, ("updates", "custom", "values"), subgraphs=False)
    assert not [frame for frame in root if "|" in frame.event]


async def test_messages_add_up_and_tuples_do_not(runtime: Runtime) -> None:
    run_id = await finished(runtime, "chat")
    frames = await collect(runtime, run_id, ("messages",))
    assert frames[1].event == "messages/metadata"
    partial = [orjson.loads(frame.data)[0]["content"] for frame in frames if frame.event == "messages/partial"]
    assert partial[-1] == "one two three"
    assert all(later.startswith(earlier) for earlier, later in pairwise(partial))
    complete = [orjson.loads(frame.data)[0]["content"] for frame in frames if frame.event == "messages/complete"]
    assert complete[-1] == "noted"
    pairs = [
        orjson.loads(frame.data)
        for frame in await collect(runtime, run_id, ("messages-tuple",))
        if frame.event == "messages"
    ]
    assert "".join(pair[0]["content"] for pair in pairs if pair[1]["langgraph_node"] == "talk") == "one two three"


async def test_a_failing_step_is_an_error_frame_and_the_streams_end(runtime: Runtime) -> None:
    run = await runtime.submit(LOCAL, None, RunRequest("broken", input={"n": 1}))
    frames = await collect(runtime, run.run_id, ("updates",))
    assert frames[-1].event == "error"
    assert orjson.loads(frames[-1].data) == {"error": "ValueError", "message": "the step is broken"}
    assert (await runtime.get_run(LOCAL, None, run.run_id)).status == "error"


async def test_the_recursion_limit_is_an_error_frame(runtime: Runtime) -> None:
    run = await runtime.submit(LOCAL, None, RunRequest("endless", input={"n": 1}, config={"recursion_limit": 3}))
    frames = await collect(runtime, run.run_id, ("updates",))
    assert orjson.loads(frames[-1].data)["error"] == "GraphRecursionError"


async def test_an_unknown_mode_is_refused_by_name(runtime: Runtime) -> None:
    run_id = await finished(runtime, "chain")
    with pytest.raises(InvalidRequest, match="nonsense"):
        await collect(runtime, run_id, ("nonsense",))


async def test_another_tenant_finds_no_run(runtime: Runtime) -> None:
    run_id = await finished(runtime, "chain")
    with pytest.raises(UnknownRun):
        await anext(runtime.stream(Actor(tenant="other"), None, run_id))


async def test_a_threads_stream_shows_every_run_in_one_order(runtime: Runtime) -> None:
    thread = await runtime.create_thread(LOCAL)
    request = RunRequest("chain", input={"n": 1}, stream_mode=("updates",))
    for _ in range(2):
        run = await runtime.submit(LOCAL, thread.thread_id, request)
        await runtime.join(LOCAL, thread.thread_id, run.run_id)
    frames: list[Frame] = []
    async for frame in runtime.stream_thread(LOCAL, thread.thread_id):
        frames.append(frame)
        if len(frames) == 10:
            break
    assert [frame.event for frame in frames] == ["metadata", "updates", "updates", "updates", "metadata"] * 2
    assert [b'"run_done"' in frame.data for frame in frames] == [*[False] * 4, True] * 2
    rest = runtime.stream_thread(LOCAL, thread.thread_id, after=frames[5].id or 0)
    assert [await anext(rest) for _ in frames[6:]] == frames[6:]
    await rest.aclose()


async def test_a_reader_of_a_run_that_is_deleted_is_told(runtime: Runtime) -> None:
    opened = gate("deleted")
    thread = await runtime.create_thread(LOCAL)
    run = await runtime.submit(LOCAL, thread.thread_id, RunRequest("gated", input={"tag": "deleted"}))
    reader = asyncio.ensure_future(collect(runtime, run.run_id, ("updates",)))
    await ARRIVED["deleted"].wait()
    await runtime.delete_thread(LOCAL, thread.thread_id)
    frames = await reader
    assert frames[0].event == "metadata"
    opened.set()


async def test_exit_durability_streams_values_too(runtime: Runtime) -> None:
    run = await runtime.submit(LOCAL, None, RunRequest("chain", input={"n": 1}, durability="exit"))
    frames = await collect(runtime, run.run_id, ("values",))
    assert orjson.loads(frames[-1].data) == {"n": 4, "log": ["a", "b", "c"]}
    assert await runtime.join(LOCAL, None, run.run_id) == {"n": 4, "log": ["a", "b", "c"]}
