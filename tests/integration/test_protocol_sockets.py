"""The thread-centric protocol over one WebSocket: several subscriptions, restored ones, cut ones, refused ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.integration.live_server import KEY, Live

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECONDS = 10.0


@asynccontextmanager
async def socket(live: Live, thread_id: str, **headers: str) -> AsyncIterator[ClientConnection]:
    url = live.url.replace("http", "ws") + f"/threads/{thread_id}/stream/events"
    async with asyncio.timeout(SECONDS), connect(url, additional_headers=headers, max_queue=None) as opened:
        yield opened


async def ask(opened: ClientConnection, method: str, **params: Any) -> None:
    await opened.send(json.dumps({"id": 1, "method": method, "params": params}))


async def reply(opened: ClientConnection) -> dict[str, Any]:
    """The next answer to a command; events before it are passed over."""
    while True:
        found: dict[str, Any] = json.loads(await opened.recv())
        if found["type"] != "event":
            return found


async def events(opened: ClientConnection, runs: int = 1) -> list[dict[str, Any]]:
    """Everything told until as many runs have ended."""
    found = []
    while runs:
        event = json.loads(await opened.recv())
        if event["type"] == "event":
            found.append(event)
            data = event["params"]["data"]
            runs -= event["method"] == "lifecycle" and not event["params"]["namespace"] and data["event"] == "completed"
    return found


async def ran(live: Live) -> str:
    async with live.client() as client:
        thread = await client.threads.create()
        await client.runs.wait(thread["thread_id"], "count", input={"n": 0})
    return thread["thread_id"]


async def test_commands_and_events_share_a_connection(live: Live) -> None:
    async with socket(live, str(uuid4())) as opened:
        await ask(opened, "run.start", assistant_id="count", input={"n": 0})
        started = await reply(opened)
        assert started["type"] == "success"
        await ask(opened, "subscription.subscribe", channels=["values", "lifecycle"])
        assert (await reply(opened))["result"].keys() == {"subscription_id"}
        first = await events(opened)
        assert [one["params"]["data"]["n"] for one in first if one["method"] == "values"] == [0, 1, 2]
        await ask(opened, "run.start", assistant_id="count", input={"n": 5})
        second = await events(opened)
        assert [one["params"]["data"]["n"] for one in second if one["method"] == "values"] == [5, 6, 7]
        numbers = [one["seq"] for one in first + second]
        assert numbers == sorted(set(numbers))


async def test_subscriptions_that_want_the_same_are_told_once(live: Live) -> None:
    thread_id = await ran(live)
    async with socket(live, thread_id) as opened:
        for channels in (["lifecycle"], ["lifecycle", "values"], ["lifecycle", "updates"]):
            await ask(opened, "subscription.subscribe", channels=channels)
        async with live.client() as client:
            run = await client.runs.create(thread_id, "count", input={"n": 0})
            await client.runs.join(thread_id, run["run_id"])
        await ask(opened, "agent.getTree")
        frames: list[dict[str, Any]] = []
        answered = ended = False
        while not (answered and ended):
            frames.append(json.loads(await opened.recv()))
            answered = answered or "tree" in frames[-1].get("result", {})
            ended = ended or _ends(frames[-1], run["run_id"])
    begun = next(frame["seq"] for frame in frames if frame.get("event_id", "").startswith(f"synth:{run['run_id']}"))
    numbers = [frame["seq"] for frame in frames if frame.get("seq", 0) >= begun]
    assert len(numbers) == len(set(numbers))


def _ends(frame: dict[str, Any], run_id: str) -> bool:
    named = frame.get("event_id", "").startswith(f"synth:{run_id}")
    return named and bool(frame["params"]["data"]["event"] == "completed")


async def test_a_subscription_ends_when_it_is_told_to(live: Live) -> None:
    thread_id = await ran(live)
    async with socket(live, thread_id) as opened:
        await ask(opened, "subscription.subscribe", channels=["lifecycle"])
        subscription_id = (await reply(opened))["result"]["subscription_id"]
        await events(opened)
        await ask(opened, "subscription.unsubscribe", subscription_id=subscription_id)
        assert (await reply(opened))["result"] == {}
        await ask(opened, "subscription.unsubscribe", subscription_id=subscription_id)
        assert (await reply(opened))["error"] == "no_such_subscription"


async def test_a_later_connection_restores_what_an_earlier_one_had(live: Live) -> None:
    thread_id = await ran(live)
    async with socket(live, thread_id) as opened:
        await ask(opened, "subscription.subscribe", channels=["values", "lifecycle"])
        subscription_id = (await reply(opened))["result"]["subscription_id"]
        seen = await events(opened)
    async with live.client() as client:
        run_id = (await client.runs.list(thread_id))[0]["run_id"]
    async with socket(live, thread_id) as opened:
        had = {"run_id": run_id, "last_event_id": seen[2]["event_id"], "subscriptions": [subscription_id]}
        await ask(opened, "subscription.reconnect", **had)
        result = (await reply(opened))["result"]
        assert result["restored"] is True
        assert result["current_namespaces"] == [{"namespace": [], "status": "completed"}]
        assert await events(opened) == seen[3:]
        await ask(opened, "subscription.reconnect", **{**had, "subscriptions": ["1.bm9uZQ"]})
        assert (await reply(opened))["error"] == "no_such_subscription"
        await ask(opened, "subscription.reconnect", **{**had, "last_event_id": "yesterday"})
        assert (await reply(opened))["error"] == "invalid_argument"


@pytest.mark.parametrize("text", ["nonsense", "[1]", '{"id": -1, "method": "x"}', '{"method": "state.get"}'])
async def test_what_is_no_command_is_said(live: Live, text: str) -> None:
    async with socket(live, await ran(live)) as opened:
        await opened.send(text)
        said = await reply(opened)
        assert (said["error"], said["id"]) == ("invalid_argument", None)


async def test_a_channel_that_does_not_exist_is_named(live: Live) -> None:
    async with socket(live, await ran(live)) as opened:
        await ask(opened, "subscription.subscribe", channels=["valeus"])
        assert "channels.0" in (await reply(opened))["message"]


async def test_too_many_subscriptions_are_refused(live: Live) -> None:
    async with socket(live, await ran(live)) as opened:
        for _ in range(64):
            await ask(opened, "subscription.subscribe", channels=["tools"])
            assert (await reply(opened))["type"] == "success"
        await ask(opened, "subscription.subscribe", channels=["tools"])
        assert (await reply(opened))["error"] == "invalid_argument"


async def test_a_thread_that_is_not_there_closes_with_its_status(live: Live) -> None:
    async with socket(live, str(uuid4())) as opened:
        await ask(opened, "subscription.subscribe", channels=["values"])
        with pytest.raises(ConnectionClosed) as closed:
            await opened.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4404


async def test_a_deleted_thread_closes_its_sockets(live: Live) -> None:
    thread_id = await ran(live)
    async with socket(live, thread_id) as opened:
        await ask(opened, "subscription.subscribe", channels=["lifecycle"])
        await events(opened)
        async with live.client() as client:
            await client.threads.delete(thread_id)
        with pytest.raises(ConnectionClosed) as closed:
            await opened.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4404


async def test_bytes_are_no_command(live: Live) -> None:
    async with socket(live, await ran(live)) as opened:
        await opened.send(b"\x00")
        with pytest.raises(ConnectionClosed) as closed:
            await opened.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1003


async def test_strangers_and_foreign_pages_get_no_socket(locked: Live, live: Live) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with socket(locked, str(uuid4())):
            pass
    assert refused.value.response.status_code == 401
    async with socket(locked, str(uuid4()), **{"x-api-key": KEY}) as opened:
        await ask(opened, "run.start", assistant_id="count", input={"n": 0})
        assert (await reply(opened))["type"] == "success"
    with pytest.raises(InvalidStatus) as foreign:
        async with socket(live, str(uuid4()), origin="https://elsewhere.example"):
            pass
    assert foreign.value.response.status_code == 403
