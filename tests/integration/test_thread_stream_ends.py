"""How a thread's streams tell that something is over or waits: a run taken back, a thread deleted, a question."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal
from uuid import uuid4

import httpx
import orjson
import pytest
from langgraph_sdk.client import LangGraphClient

from stemma.graphs.protocol.siblings import Siblings
from tests.integration.live_server import Live
from tests.integration.toy_graphs import GATES

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECONDS = 10.0
WATCHED = {"channels": ["lifecycle", "input"]}


async def frames(answer: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    """Name and content of each event."""
    name = ""
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, orjson.loads(line[6:])


async def until_end(answer: httpx.Response) -> list[tuple[str, Any]]:
    async with asyncio.timeout(SECONDS):
        return [frame async for frame in frames(answer)]


async def next_end(watched: AsyncIterator[tuple[str, Any]], seen: list[tuple[str, Any]]) -> str:
    """What a run's end says; everything up to it is added to what was seen."""
    async with asyncio.timeout(SECONDS):
        async for name, event in watched:
            seen.append((name, event))
            if name == "lifecycle" and event["params"]["data"]["event"] != "running":
                return str(event["params"]["data"]["event"])
    raise AssertionError("the stream ended first")


@asynccontextmanager
async def waiting(live: Live) -> AsyncIterator[tuple[httpx.AsyncClient, str, str]]:
    """A run that waits at a gate, on a thread of its own: client, thread, run."""
    async with httpx.AsyncClient(base_url=live.url, timeout=SECONDS) as http:
        thread_id = (await http.post("/threads", json={})).json()["thread_id"]
        gate = str(uuid4())
        run = {"assistant_id": "gate", "input": {"gate": gate}}
        yield http, thread_id, (await http.post(f"/threads/{thread_id}/runs", json=run)).json()["run_id"]
        GATES[gate].set()


@pytest.mark.parametrize("how", ["cancelled", "made way for", "deleted"])
async def test_a_run_that_is_taken_back_ends_on_every_stream(live: Live, how: str) -> None:
    async with waiting(live) as (http, thread_id, run_id):
        run = f"/threads/{thread_id}/runs/{run_id}"
        async with (
            http.stream("POST", f"/threads/{thread_id}/stream/events", json=WATCHED) as thread,
            http.stream("GET", f"{run}/stream") as followed,
        ):
            watched = frames(thread)
            assert (await anext(watched))[1]["params"]["data"] == {"event": "running"}
            joined = asyncio.ensure_future(http.get(f"{run}/join"))
            if how == "cancelled":
                await http.post(f"{run}/cancel", params={"action": "rollback", "wait": 1})
            elif how == "made way for":
                other = {"assistant_id": "count", "input": {"n": 1}, "multitask_strategy": "rollback"}
                await http.post(f"/threads/{thread_id}/runs/wait", json=other)
            else:
                await http.post(f"{run}/cancel", params={"wait": 1})
                await http.delete(run)
            assert await next_end(watched, []) == "interrupted"
            assert (await until_end(followed))[0][0] == "metadata"
            assert (await joined).status_code == 200
        assert (await http.get(run)).status_code == 404


async def test_a_deleted_thread_ends_its_streams_with_an_error(live: Live) -> None:
    async with waiting(live) as (http, thread_id, _):
        async with (
            http.stream("POST", f"/threads/{thread_id}/stream/events", json=WATCHED) as events,
            http.stream("GET", f"/threads/{thread_id}/stream") as runs,
        ):
            assert (await http.post("/threads/prune", json={"thread_ids": [thread_id]})).json() == {"pruned_count": 1}
            told, shown = await until_end(events), await until_end(runs)
        assert [event["params"]["data"]["event"] for name, event in told[:-1]] == ["running", "interrupted"]
        assert told[-1][0] == "error"
        assert told[-1][1].items() >= {"type": "error", "id": None, "error": "unknown_error"}.items()
        assert shown[-1][0] == "error"
        assert shown[-1][1]["error"] == "UnknownThread"


async def test_an_answer_by_id_is_told_to_everybody(live: Live) -> None:
    async with live.client() as sdk, httpx.AsyncClient(base_url=live.url, timeout=SECONDS) as http:
        thread_id = (await sdk.threads.create())["thread_id"]
        path = f"/threads/{thread_id}/stream/events"
        await sdk.runs.wait(thread_id, "ask", input={"n": 0})
        [asked] = (await sdk.threads.get_state(thread_id))["interrupts"]
        seen: list[tuple[str, Any]] = []
        async with http.stream("POST", path, json=WATCHED) as thread:
            watched = frames(thread)
            assert await next_end(watched, seen) == "interrupted"
            wrong = {"command": {"resume": {"0" * 32: "no"}}, "assistant_id": "ask", "strict_resume": True}
            await http.post(f"/threads/{thread_id}/runs/wait", json=wrong)
            assert await next_end(watched, seen) == "failed"
            refused = seen[-1][1]["params"]["data"]
            assert (refused["reason"], refused["interrupt_ids"]) == ("not_pending", ["0" * 32])
            assert refused["pending_ids"] == [asked["id"]]
            await sdk.runs.wait(thread_id, "ask", command={"resume": {asked["id"]: "yes"}})
            assert await next_end(watched, seen) == "completed"
        told = [event["params"] for name, event in seen if name == "input.answered"]
        assert [one["data"]["interrupt_ids"] for one in told] == [["0" * 32], [asked["id"]]]
        assert [one["namespace"] for one in told] == [[], []]
        numbers = [event["seq"] for _, event in seen]
        assert numbers == sorted(set(numbers))
        missed = [frame for frame in seen if frame[0] != "lifecycle"][1:]
        cursor = {"channels": ["input"], "since": missed[0][1]["seq"] - 1}
        async with http.stream("POST", path, json=cursor) as thread, asyncio.timeout(SECONDS):
            later = frames(thread)
            assert [await anext(later) for _ in missed] == missed


@pytest.mark.parametrize("transport", ["sse", "websocket"])
async def test_a_question_does_not_overtake_what_comes_before_it(
    sdk: LangGraphClient, transport: Literal["sse", "websocket"]
) -> None:
    """The SDK ends its iterators at a question that it hears of on a stream of its own."""
    for _ in range(3):
        async with sdk.threads.stream(assistant_id="ask", transport=transport) as thread, asyncio.timeout(SECONDS):
            await thread.run.start(input={"n": 0})
            asked = [event["method"] async for event in thread.subscribe(["input"])]
            assert asked == ["input.requested"]
        async with sdk.threads.stream(assistant_id="ask", transport=transport) as thread, asyncio.timeout(SECONDS):
            await thread.run.start(input={"n": 0})
            shown = [values["n"] async for values in thread.values]
            assert shown[1:3] == [0, 1]  # the first is the state when it asked
            assert thread.interrupted


async def test_a_stream_that_takes_nothing_holds_no_question_up() -> None:
    siblings = Siblings()
    with siblings.open("t", 0, watches=False) as slow, siblings.open("t", 0, watches=True) as watcher:
        waits = asyncio.ensure_future(watcher.give_way(2))
        slow.passed(1)
        async with asyncio.timeout(SECONDS):
            await waits
        assert slow.row == 1
