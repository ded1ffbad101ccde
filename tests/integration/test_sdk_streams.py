"""Streams: every mode through the official SDK, and readers that are cut, late, or slow."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any, cast

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.schema import RunCreateMetadata, StreamMode, ThreadStreamMode

from tests.integration.live_server import Live, live_server
from tests.integration.toy_graphs import GATES

pytestmark = pytest.mark.asyncio(loop_scope="module")

Event = tuple[int, str, Any]


async def stream(
    sdk: LangGraphClient, thread_id: str | None, graph: str, modes: list[str], **given: Any
) -> list[tuple[str, Any]]:
    parts = sdk.runs.stream(thread_id, graph, stream_mode=cast(list[StreamMode], modes), **given)
    return [(part.event, part.data) async for part in parts]


def events(text: str) -> list[Event]:
    """The events of a whole stream; heartbeats are not events."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.partition(": ")[::2] for line in block.split("\n") if line and not line.startswith(":"))
        if fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found


async def read(url: str, path: str, *, last: str | None = None, **query: Any) -> list[Event]:
    async with httpx.AsyncClient(base_url=url) as client:
        answer = await client.get(path, params=query, headers={"Last-Event-ID": last} if last is not None else {})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-accel-buffering"] == "no"
        return events(answer.text)


async def test_values_updates_custom_and_tasks(sdk: LangGraphClient) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    made: list[RunCreateMetadata] = []
    parts = await stream(sdk, thread_id, "count", ["values", "updates"], input={"n": 0}, on_run_created=made.append)
    assert parts[0] == ("metadata", {"run_id": made[0]["run_id"], "attempt": 1})
    assert [data["n"] for event, data in parts if event == "values"] == [0, 1, 2]
    assert [data for event, data in parts if event == "updates"] == [
        {"first": {"n": 1, "log": ["first"]}},
        {"second": {"n": 2, "log": ["second"]}},
    ]
    told = await stream(sdk, None, "tell", ["custom"], input={"events": 4})
    assert [data for event, data in told if event == "custom"] == [{"number": n} for n in range(4)]
    tasks = await stream(sdk, None, "count", ["tasks"], input={"n": 0})
    assert [data["name"] for event, data in tasks if event == "tasks"] == ["first", "first", "second", "second"]


async def test_checkpoints_and_debug(sdk: LangGraphClient) -> None:
    checkpoints = await stream(sdk, None, "count", ["checkpoints"], input={"n": 0})
    assert [data["values"].get("n") for event, data in checkpoints if event == "checkpoints"][-1] == 2
    debug = await stream(sdk, None, "count", ["debug"], input={"n": 0})
    assert {data["type"] for event, data in debug if event == "debug"} >= {"task", "task_result", "checkpoint"}


async def test_messages_come_as_running_sums_or_as_chunks(sdk: LangGraphClient) -> None:
    question = {"messages": [{"role": "user", "content": "hello"}]}
    parts = await stream(sdk, None, "chat", ["messages"], input=question)
    names = [event for event, _ in parts]
    assert names[:2] == ["metadata", "messages/metadata"]
    partial = [data[0]["content"] for event, data in parts if event == "messages/partial"]
    assert partial
    assert all(longer.startswith(shorter) for shorter, longer in itertools.pairwise(partial))
    assert partial[-1] == "a reply of six short words"

    chunks = await stream(sdk, None, "chat", ["messages-tuple"], input=question)
    texts = [data[0]["content"] for event, data in chunks if event == "messages"]
    assert "".join(texts) == "a reply of six short words"
    assert all(data[1]["langgraph_node"] == "reply" for event, data in chunks if event == "messages")


async def test_an_interrupt_and_a_failure_are_told(sdk: LangGraphClient) -> None:
    asked = await stream(sdk, None, "ask", ["updates"], input={"n": 0})
    assert asked[-1][1]["__interrupt__"][0]["value"] == {"question": "may it go on?"}
    failed = await stream(sdk, None, "fail", ["values"], input={"n": 0})
    assert failed[-1] == ("error", {"error": "ValueError", "message": "the toy is broken"})


async def test_subgraphs_name_their_place(sdk: LangGraphClient) -> None:
    parts = await stream(sdk, None, "nested", ["updates"], input={"n": 0}, stream_subgraphs=True)
    names = [event for event, _ in parts]
    assert any(name.startswith("updates|inner:") for name in names)
    flat = await stream(sdk, None, "nested", ["updates"], input={"n": 0})
    assert {event for event, _ in flat} == {"metadata", "updates"}


async def test_a_join_names_the_subgraphs_it_wants_and_where_it_goes_on(live: Live, sdk: LangGraphClient) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    run = await sdk.runs.create(thread_id, "nested", input={"n": 0}, stream_mode="updates", stream_subgraphs=True)
    await sdk.runs.join(thread_id, run["run_id"])
    path = f"/threads/{thread_id}/runs/{run['run_id']}/stream"
    whole = await read(live.url, path)
    inner = next(name.partition("|")[2] for _, name, _ in whole if "|" in name)
    chosen = await read(live.url, path, namespace=inner)
    assert {name for _, name, _ in chosen} == {"metadata", f"updates|{inner}"}
    root = await read(live.url, path, namespace="")
    assert {name for _, name, _ in root} == {"metadata", "updates"}
    head = (await sdk.threads.get_state(thread_id))["checkpoint"]["checkpoint_id"]
    assert await read(live.url, path, checkpoint_id=head, last="-1") == []
    assert await read(live.url, path, checkpoint_id="another", last="-1") == whole


async def test_a_late_reader_gets_the_whole_history_with_the_same_ids(live: Live, sdk: LangGraphClient) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    run = await sdk.runs.create(thread_id, "count", input={"n": 0}, stream_mode=["values", "updates"])
    await sdk.runs.join(thread_id, run["run_id"])
    path = f"/threads/{thread_id}/runs/{run['run_id']}/stream"
    whole = await read(live.url, path)
    assert [name for _, name, _ in whole] == ["metadata", "values", "updates", "values", "updates", "values"]
    assert [number for number, _, _ in whole] == sorted({number for number, _, _ in whole})
    for start in ("-1", "0", ""):
        assert await read(live.url, path, last=start) == whole
    other = await read(live.url, path, stream_mode="tasks")
    assert {name for _, name, _ in other} == {"metadata", "tasks"}
    joined = [part async for part in sdk.runs.join_stream(thread_id, run["run_id"], stream_mode="values")]
    assert [part.event for part in joined] == ["metadata", "values", "values", "values"]


async def test_a_reader_cut_anywhere_misses_and_repeats_nothing(live: Live, sdk: LangGraphClient) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    modes = ["custom", "updates", "values"]
    run = await sdk.runs.create(thread_id, "tell", input={"events": 60}, stream_mode=cast(list[StreamMode], modes))
    await sdk.runs.join(thread_id, run["run_id"])
    path = f"/threads/{thread_id}/runs/{run['run_id']}/stream"
    whole = await read(live.url, path)
    assert len(whole) > 60
    for position, (number, _, _) in enumerate(whole):
        assert await read(live.url, path, last=str(number)) == whole[position + 1 :]


async def test_a_reader_cut_while_the_run_goes_on(live: Live, sdk: LangGraphClient) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    gate = f"cut-{thread_id}"
    run = await sdk.runs.create(thread_id, "gate", input={"gate": gate}, stream_mode=["updates", "values"])
    path = f"/threads/{thread_id}/runs/{run['run_id']}/stream"
    got = ""
    async with httpx.AsyncClient(base_url=live.url) as client, client.stream("GET", path) as answer:
        async for text in answer.aiter_text():
            got += text
            if '"log":["first"]' in got and ": heartbeat" in got:
                break
    before = events(got)
    GATES[gate].set()
    after = await read(live.url, path, last=str(before[-1][0]))
    assert before + after == await read(live.url, path, last="-1")
    assert after[-1][2]["log"] == ["first", "passed"]


async def test_the_sdk_reconnects_by_itself_to_the_same_modes(live: Live) -> None:
    # The Location of a stream must carry on with what the first request asked for.
    async with httpx.AsyncClient(base_url=live.url) as client:
        body = {"assistant_id": "count", "input": {"n": 0}, "stream_mode": ["updates"]}
        first = await client.post("/runs/stream", json=body)
        assert "://" not in first.headers["location"]
        again = await client.get(first.headers["location"])
        assert events(again.text) == events(first.text)
        join = await client.get(first.headers["location"], params={"stream_mode": ["tasks", "values"]})
        follow = await client.get(join.headers["location"])
        assert events(follow.text) == events(join.text)
        assert {name for _, name, _ in events(join.text)} == {"metadata", "tasks", "values"}


async def test_a_threads_stream_carries_all_its_runs(sdk: LangGraphClient) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    for n in (1, 2):
        await sdk.runs.wait(thread_id, "count", input={"n": n})
    seen = []
    async for part in await sdk.threads.join_stream(thread_id, last_event_id="-1"):
        seen.append((part.event, part.data.get("run_id"), part.data.get("status"), part.data.get("n")))
        if len([status for _, _, status, _ in seen if status == "run_done"]) == 2:
            break
    first, second = [[run_id for _, run_id, *_ in seen if run_id][place] for place in (0, 2)]
    assert seen == [
        ("metadata", first, None, None),
        *(("values", None, None, n) for n in (1, 2, 3)),
        ("metadata", first, "run_done", None),
        ("metadata", second, None, None),
        *(("values", None, None, n) for n in (2, 3, 4)),
        ("metadata", second, "run_done", None),
    ]


async def test_a_threads_stream_tells_edits_and_when_runs_begin_and_end(sdk: LangGraphClient) -> None:
    thread_id = (await sdk.threads.create(graph_id="count"))["thread_id"]
    await sdk.runs.wait(thread_id, "count", input={"n": 1})
    edit = await sdk.threads.update_state(thread_id, {"n": 40}, as_node="first")
    await sdk.runs.wait(thread_id, "count", input=None)
    told: dict[str, list[Any]] = {}
    asked: list[list[ThreadStreamMode]] = [["lifecycle"], ["state_update"], ["lifecycle", "state_update"]]
    for modes, most in zip(asked, (4, 1, 5), strict=True):
        parts = await sdk.threads.join_stream(thread_id, stream_mode=modes)
        async with asyncio.timeout(10):
            told["+".join(modes)] = [await anext(parts) for _ in range(most)]
    lifecycle, [update] = told["lifecycle"], told["state_update"]
    assert [part.data.get("status", "begins") for part in lifecycle] == ["begins", "run_done"] * 2
    assert (update.event, update.data["thread_id"]) == ("state_update", thread_id)
    assert (update.data["state"]["values"]["n"], update.data["state"]["next"]) == (40, ["second"])
    assert update.data["state"]["checkpoint"] == edit["checkpoint"]
    assert told["lifecycle+state_update"] == [*lifecycle[:2], update, *lifecycle[2:]]


async def test_history_survives_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("restart")
    async with live_server(folder) as first, first.client() as sdk:
        thread_id = (await sdk.threads.create())["thread_id"]
        run = await sdk.runs.create(thread_id, "tell", input={"events": 5}, stream_mode=["custom", "values"])
        await sdk.runs.join(thread_id, run["run_id"])
        path = f"/threads/{thread_id}/runs/{run['run_id']}/stream"
        before = await read(first.url, path)
    async with live_server(folder) as second:
        assert await read(second.url, path) == before


async def test_a_stopping_server_ends_streams_and_cuts_waits(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with httpx.AsyncClient() as client:
        async with live_server(tmp_path_factory.mktemp("stopping")) as live, live.client() as sdk:
            thread_id = (await sdk.threads.create())["thread_id"]
            run = await sdk.runs.create(thread_id, "gate", input={"gate": f"stop-{thread_id}"})
            path = f"{live.url}/threads/{thread_id}/runs/{run['run_id']}"
            streaming = await client.send(client.build_request("GET", f"{path}/stream"), stream=True)
            waiting = await client.send(client.build_request("GET", f"{path}/join"), stream=True)
        text = (await streaming.aread()).decode()
        assert events(text)[0][1] == "metadata"
        assert "event: error" not in text
        with pytest.raises(httpx.RemoteProtocolError):
            await waiting.aread()
