"""The thread-centric protocol through the official SDK, over server-sent events and WebSocket."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import Any, Literal
from uuid import uuid4

import httpx
import pytest
from langgraph_sdk._async.stream import AsyncThreadStream
from langgraph_sdk.client import LangGraphClient

from tests.integration.live_server import Live
from tests.integration.toy_graphs import GATES

pytestmark = pytest.mark.asyncio(loop_scope="module")
Transport = Literal["sse", "websocket"]
TRANSPORTS: list[Transport] = ["sse", "websocket"]
SECONDS = 10.0
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""The client's own costs 30 ms to make, fifty times."""


async def through(events: Any, *ends: str) -> list[dict[str, Any]]:
    """The events up to the end of the run."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(SECONDS):
        async for event in events:
            if event["type"] == "event":
                found.append(event)
                params = event["params"]
                if event["method"] == "lifecycle" and not params["namespace"] and params["data"]["event"] in ends:
                    break
    return found


async def answered(thread: AsyncThreadStream, answer: str) -> None:
    """Answer as soon as the SDK, which reads on a stream of its own, knows what is asked."""
    async with asyncio.timeout(SECONDS):
        while True:
            with suppress(RuntimeError):
                await thread.run.respond(answer)
                return
            await asyncio.sleep(0)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_minted_thread_a_command_then_streams(sdk: LangGraphClient, transport: Transport) -> None:
    async with sdk.threads.stream(assistant_id="count", transport=transport) as thread:
        started = await thread.run.start(input={"n": 0}, metadata={"who": "me"})
        assert await thread.output.with_timeout(SECONDS) == {"n": 2, "log": ["first", "second"]}
        events = await through(thread.events, "completed")
        late = await through(thread.events, "completed")
    assert events == late
    assert [event["params"]["data"]["n"] for event in events if event["method"] == "values"] == [0, 1, 2]
    updates = [event["params"]["data"] for event in events if event["method"] == "updates"]
    assert updates[0] == {"node": "first", "values": {"n": 1, "log": ["first"]}}
    run = await sdk.runs.get(thread.thread_id, started["run_id"])
    assert (run["status"], run["metadata"]) == ("success", {"who": "me"})


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_messages_arrive_as_streams(sdk: LangGraphClient, transport: Transport) -> None:
    async with sdk.threads.stream(assistant_id="chat", transport=transport) as thread:
        await thread.run.start(input={"messages": [{"role": "user", "content": "hi"}]})
        async with asyncio.timeout(SECONDS):
            messages = [message async for message in thread.messages]
            assert [await message.text for message in messages] == ["a reply of six short words"]
    assert [message.node for message in messages] == ["reply"]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_subgraphs_are_discovered_and_end(sdk: LangGraphClient, transport: Transport) -> None:
    async with sdk.threads.stream(assistant_id="nested", transport=transport) as thread:
        await thread.run.start(input={"events": 1})
        async with asyncio.timeout(SECONDS):
            found = [inner async for inner in thread.subgraphs]
    assert [(inner.graph_name, inner.status) for inner in found] == [("inner", "completed")]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_an_interrupt_is_answered(sdk: LangGraphClient, transport: Transport) -> None:
    async with sdk.threads.stream(assistant_id="ask", transport=transport) as thread:
        await thread.run.start(input={"n": 0})
        assert (await through(thread.events, "interrupted"))[-2]["method"] == "input.requested"
        await answered(thread, "yes")
        assert (await thread.output.with_timeout(SECONDS))["log"] == ["first", "answered yes", "second"]


async def test_a_failure_is_raised(sdk: LangGraphClient) -> None:
    async with sdk.threads.stream(assistant_id="fail") as thread:
        await thread.run.start(input={"n": 0})
        with pytest.raises(RuntimeError, match="ValueError: the toy is broken"):
            await thread.output.with_timeout(SECONDS)


async def test_a_stream_opened_before_its_thread_is_taken_up_after_the_command(sdk: LangGraphClient) -> None:
    async with sdk.threads.stream(str(uuid4()), assistant_id="count") as thread:
        await asyncio.sleep(0)
        await thread.run.start(input={"n": 5})
        assert (await thread.output.with_timeout(SECONDS))["n"] == 7


async def test_custom_events_with_a_name_have_their_own_channel(sdk: LangGraphClient) -> None:
    async with sdk.threads.stream(assistant_id="named") as thread:
        await thread.run.start(input={})
        async with asyncio.timeout(SECONDS):
            progress = [one async for one in thread.extensions["progress"]]
    assert progress == [{"name": "progress", "payload": {"percent": 50}}]


async def command(live: Live, thread_id: str, method: str, **params: Any) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=live.url, verify=NO_TLS) as http:
        sent = {"id": 7, "method": method, "params": params}
        answer = await http.post(f"/threads/{thread_id}/commands", json=sent)
    assert answer.status_code == 200, answer.text
    reply: dict[str, Any] = answer.json()
    assert reply["id"] == 7
    return reply


async def ended(live: Live, graph: str, given: dict[str, Any]) -> str:
    thread_id = str(uuid4())
    started = await command(live, thread_id, "run.start", assistant_id=graph, input=given)
    async with live.client() as client:
        await client.runs.join(thread_id, started["result"]["run_id"])
    return thread_id


async def test_state_commands(live: Live) -> None:
    thread_id = await ended(live, "count", {"n": 0})
    state = (await command(live, thread_id, "state.get", namespace=[], keys=["n"]))["result"]
    assert state["values"] == {"n": 2}
    listed = (await command(live, thread_id, "state.listCheckpoints", limit=3))["result"]["checkpoints"]
    assert listed[0]["id"] == state["checkpoint"]["id"]
    assert [(point["step"], point["node_name"]) for point in listed[:2]] == [(2, "second"), (1, "first")]
    older = await command(live, thread_id, "state.listCheckpoints", limit=2, before=listed[0]["id"])
    assert [point["id"] for point in older["result"]["checkpoints"]] == [point["id"] for point in listed[1:]]
    forked = (await command(live, thread_id, "state.fork", checkpoint_id=listed[1]["id"]))["result"]
    assert forked["thread_id"] == thread_id
    async with live.client() as client:
        values = await client.runs.join(thread_id, forked["run_id"])
        assert isinstance(values, dict)
        assert values["log"] == ["first", "second"]
    started = await command(
        live, thread_id, "run.start", assistant_id="count", config={"configurable": {"checkpoint_id": listed[1]["id"]}}
    )
    assert started["meta"]["applied_through_seq"] > 0


async def test_a_thread_that_has_not_run_has_no_checkpoints(live: Live, sdk: LangGraphClient) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    assert (await command(live, thread_id, "state.listCheckpoints"))["result"] == {"checkpoints": []}
    assert (await command(live, thread_id, "state.get"))["result"] == {"values": {}}
    assert (await command(live, thread_id, "agent.getTree"))["error"] == "invalid_argument"


async def test_a_tree_of_what_ran(live: Live) -> None:
    thread_id = await ended(live, "nested", {"events": 1})
    tree = (await command(live, thread_id, "agent.getTree"))["result"]["tree"]
    assert (tree["namespace"], tree["status"], tree["graph_name"]) == ([], "completed", "nested")
    assert [(child["graph_name"], child["status"]) for child in tree["children"]] == [("inner", "completed")]


async def test_a_message_is_put_in(live: Live) -> None:
    thread_id = await ended(live, "chat", {"messages": [{"role": "user", "content": "one"}]})
    message = {"role": "user", "content": "two"}
    put = await command(live, thread_id, "input.inject", namespace=[], message=message)
    assert put["result"] == {}
    async with live.client() as client:
        runs = await client.runs.list(thread_id)
        values = await client.runs.join(thread_id, runs[0]["run_id"])
        assert isinstance(values, dict)
        assert [said["content"] for said in values["messages"] if said["type"] == "human"] == ["one", "two"]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("run.stop", {}, "unknown_command"),
        ("run.start", {"assistant_id": "count", "langsmith_tracer": {"project_name": "x"}}, "invalid_argument"),
        ("run.start", {"assistant_id": "nobody"}, "invalid_argument"),
        ("run.start", {"assistant_id": "count", "stream_mode": "values"}, "invalid_argument"),
        ("input.respond", {"interrupt_id": "x", "response": 1}, "no_such_interrupt"),
        ("input.respond", {"interrupt_id": "x"}, "invalid_argument"),
        ("input.inject", {"message": {"role": "user", "content": "x"}}, "not_supported"),
        ("state.get", {"namespace": ["nowhere:1"]}, "no_such_namespace"),
        ("state.fork", {"checkpoint_id": "none"}, "no_such_checkpoint"),
        ("agent.getTree", {"run_id": "00000000-0000-0000-0000-000000000000"}, "no_such_run"),
        ("subscription.subscribe", {"channels": ["values"]}, "not_supported"),
    ],
)
async def test_what_is_wrong_is_said_in_the_reply(live: Live, method: str, params: dict[str, Any], code: str) -> None:
    thread_id = await ended(live, "count", {"n": 0})
    reply = await command(live, thread_id, method, **params)
    assert (reply["type"], reply["error"]) == ("error", code)
    assert reply["message"]


async def test_a_thread_that_is_not_there_is_a_404(live: Live) -> None:
    async with httpx.AsyncClient(base_url=live.url) as http:
        asked = {"id": 1, "method": "state.get", "params": {}}
        assert (await http.post(f"/threads/{uuid4()}/commands", json=asked)).status_code == 404
        body = {"channels": ["values"]}
        assert (await http.post(f"/threads/{uuid4()}/stream/events", json=body)).status_code == 404


async def test_of_fifty_answers_one_is_taken(live: Live) -> None:
    thread_id = await ended(live, "ask", {"n": 0})
    async with live.client() as client:
        state = await client.threads.get_state(thread_id)
        asked = state["interrupts"][0]["id"]
        answers = [
            command(live, thread_id, "input.respond", namespace=[], interrupt_id=asked, response=n) for n in range(50)
        ]
        replies = await asyncio.gather(*answers)
        taken = [(n, reply) for n, reply in enumerate(replies) if reply["type"] == "success"]
        assert len(taken) == 1
        assert {reply["error"] for reply in replies if reply["type"] == "error"} == {"no_such_interrupt"}
        values = await client.runs.join(thread_id, taken[0][1]["result"]["run_id"])
        assert isinstance(values, dict)
        assert values["log"] == ["first", f"answered {taken[0][0]}", "second"]
        assert len(await client.runs.list(thread_id)) == 2


async def test_several_interrupts_are_answered_together(live: Live) -> None:
    thread_id = await ended(live, "both", {})
    async with live.client() as client:
        waiting = [entry["id"] for entry in (await client.threads.get_state(thread_id))["interrupts"]]
        assert len(waiting) == 2
        responses = [{"namespace": [], "interrupt_id": one, "response": n} for n, one in enumerate(waiting)]
        reply = await command(live, thread_id, "input.respond", responses=responses)
        values = await client.runs.join(thread_id, reply["result"]["run_id"])
        assert isinstance(values, dict)
        assert sorted(line.split()[-1] for line in values["log"] if " " in line) == ["0", "1"]


async def test_a_live_reader_gets_what_happens(live: Live) -> None:
    gate = str(uuid4())
    async with live.client() as client, client.threads.stream(assistant_id="gate") as thread:
        await thread.run.start(input={"gate": gate})
        following = asyncio.ensure_future(through(thread.events, "completed"))
        GATES[gate].set()
        methods = [event["method"] for event in await following]
    assert methods[-1] == "lifecycle"
    assert "values" in methods
