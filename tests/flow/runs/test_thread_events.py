"""The thread-centric protocol: what rows become, and that a reader may be cut anywhere and told nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from itertools import pairwise
from typing import Any

import orjson
import pytest

from stemma.graphs.catalog import Catalog
from stemma.graphs.errors import UnknownThread
from stemma.graphs.policy import LOCAL
from stemma.graphs.protocol.commands import Protocol
from stemma.graphs.protocol.event import ROOM, ProtocolEvent, row_before
from stemma.graphs.protocol.reading import PAGES
from stemma.graphs.protocol.subscription import CHANNELS, Subscription
from stemma.graphs.runs.model import RunRequest
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings
from tests.flow.runs import graphs as plain
from tests.flow.runs import tool_graphs

GIVEN: dict[str, Any] = {
    "chat": {"messages": [{"role": "user", "content": "count"}]},
    "tooled": {"messages": []},
    "deep": {"log": []},
    "deep_asking": {"log": []},
    "deep_broken": {"log": []},
}


@pytest.fixture
def graphs() -> Catalog:
    both = plain.catalog()
    for name in ("tooled", "deep", "deep_asking", "deep_broken"):
        both.register(name, getattr(tool_graphs, name)())
    return both


async def ran(runtime: Runtime, graph: str, times: int = 1) -> str:
    """A thread on which the graph has run."""
    thread = await runtime.create_thread(LOCAL)
    for _ in range(times):
        request = RunRequest(graph, input=GIVEN.get(graph, {"n": 1}))
        run = await runtime.submit(LOCAL, thread.thread_id, request)
        async for _ in runtime.stream(LOCAL, None, run.run_id):
            pass
    return thread.thread_id


async def told(
    runtime: Runtime, thread_id: str, channels: Iterable[str] = CHANNELS, since: int = 0, ends: int = 1, **where: Any
) -> list[ProtocolEvent]:
    """What a subscriber gets until as many runs have ended; lifecycle must be among the channels."""
    wanted = Subscription(frozenset(channels), since=since, **where)
    found: list[ProtocolEvent] = []
    async with asyncio.timeout(10), aclosing(Protocol(runtime).events(LOCAL, thread_id, wanted)) as events:
        async for event in events:
            found.append(event)
            ends -= _is_end(event)
            if not ends:
                break
    return found


def _is_end(event: ProtocolEvent) -> bool:
    said = orjson.loads(event.data)
    return (
        event.method == "lifecycle" and not event.namespace and said["event"] in ("completed", "failed", "interrupted")
    )


def data(events: Iterable[ProtocolEvent], method: str) -> list[Any]:
    return [orjson.loads(event.data) for event in events if event.method == method]


@pytest.mark.parametrize("graph", ["chain", "nested", "chat", "tooled", "deep", "deep_asking", "deep_broken"])
async def test_a_reader_may_be_cut_after_any_event(runtime: Runtime, graph: str) -> None:
    thread_id = await ran(runtime, graph, times=2)
    whole = await told(runtime, thread_id, ends=2)
    numbers = [event.seq for event in whole]
    assert numbers == sorted(set(numbers))
    assert len({event.event_id for event in whole}) == len(whole)
    for position, event in enumerate(whole[:-1]):
        left = sum(map(_is_end, whole[position + 1 :]))
        assert await told(runtime, thread_id, since=event.seq, ends=left) == whole[position + 1 :]


@pytest.mark.parametrize("graph", ["nested", "chat", "tooled", "deep_asking"])
async def test_an_event_has_one_number_whatever_is_asked_for(runtime: Runtime, graph: str) -> None:
    thread_id = await ran(runtime, graph)
    whole = await told(runtime, thread_id)
    for channel in CHANNELS:
        asked = {channel, "lifecycle"}
        assert await told(runtime, thread_id, asked) == [event for event in whole if event.channel in asked]


async def test_a_cursor_reads_only_what_it_missed(
    settings: GraphSettings, graphs: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restart, too. A spy, not a mock: the store is the real one, and what it is asked for is the promise."""
    async with await open_runtime(graphs, settings) as before:
        thread_id = await ran(before, "chat", times=12)
        whole = await told(before, thread_id, ends=12)
    end = [event for event in whole if _is_end(event)][-2]
    async with await open_runtime(graphs, settings) as after:
        store = after.thread_events._store
        read: list[int] = []
        real = store.events

        async def counted(thread: str, seq: int, limit: int) -> Any:
            rows = await real(thread, seq, limit)
            read.extend(row.seq for row in rows)
            return rows

        monkeypatch.setattr(store, "events", counted)
        assert await told(after, thread_id, since=end.seq) == whole[whole.index(end) + 1 :]
        assert read == list(range(row_before(end.seq) + 1, whole[-1].seq // ROOM + 1))
        read.clear()
        talking = next(event for event in whole[whole.index(end) :] if b"content-block-delta" in event.data)
        assert await told(after, thread_id, since=talking.seq) == whole[whole.index(talking) + 1 :]
        assert min(read) >= talking.seq // ROOM - sum(PAGES[:2])


async def test_a_message_is_told_block_by_block(runtime: Runtime) -> None:
    said = await told(runtime, await ran(runtime, "chat"), ["messages", "lifecycle"])
    messages = [event for event in said if event.method == "messages"]
    assert len({event.node for event in messages}) == 2
    streamed = [orjson.loads(event.data) for event in messages if event.node != "note"]
    kinds = [one["event"] for one in streamed]
    assert kinds[0] == "message-start"
    assert kinds[1] == "content-block-start"
    assert kinds[-2:] == ["content-block-finish", "message-finish"]
    assert set(kinds[2:-2]) == {"content-block-delta"}
    text = "".join(one["delta"]["text"] for one in streamed[2:-2])
    assert text
    assert streamed[-2]["content"] == {"type": "text", "text": text}
    assert len({one["id"] for one in streamed}) == 1


async def test_tools_and_subgraphs_are_told(runtime: Runtime) -> None:
    tools = data(await told(runtime, await ran(runtime, "tooled"), ["tools", "lifecycle"]), "tools")
    assert [one["event"] for one in tools if one["tool_call_id"] == "call-1"] == [
        "tool-started",
        "tool-output-delta",
        "tool-finished",
    ]
    broken = await told(runtime, await ran(runtime, "deep_broken"), ["lifecycle"])
    places = [(len(event.namespace), orjson.loads(event.data)["event"]) for event in broken]
    assert places == [(0, "running"), (1, "started"), (2, "started"), (2, "failed"), (1, "failed"), (0, "failed")]
    assert all(isinstance(one["error"], str) for one in data(broken, "lifecycle")[-3:])


async def test_an_interrupt_names_where_it_was_raised(runtime: Runtime) -> None:
    thread_id = await ran(runtime, "deep_asking")
    said = await told(runtime, thread_id, ["input", "lifecycle"])
    (asked,) = [event for event in said if event.method == "input.requested"]
    assert [segment.partition(":")[0] for segment in asked.namespace] == ["middle", "inner"]
    request = orjson.loads(asked.data)
    assert request["payload"] == request["value"] == "go on?"
    assert orjson.loads(said[-1].data) == {"event": "interrupted"}
    inner = await told(runtime, thread_id, ["input", "lifecycle"], namespaces=[["middle"], []], depth=1)
    assert "input.requested" not in [event.method for event in inner if len(event.namespace) == 0]


async def test_checkpoints_are_told_before_their_values(runtime: Runtime) -> None:
    said = await told(runtime, await ran(runtime, "chain"), ["checkpoints", "values", "lifecycle"])
    order = [event.method for event in said if event.method != "lifecycle"]
    assert order[0] == "checkpoints"
    assert all(before == "checkpoints" for before, method in pairwise(order) if method == "values")
    points = data(said, "checkpoints")
    assert points[0]["source"] == "input"
    assert [point["parent_id"] for point in points[1:]] == [point["id"] for point in points[:-1]]


async def test_a_queued_run_begins_when_its_turn_comes(runtime: Runtime) -> None:
    thread_id = (await runtime.create_thread(LOCAL)).thread_id
    for _ in range(2):
        last = await runtime.submit(LOCAL, thread_id, RunRequest("chain", input={"n": 1}))
    await runtime.join(LOCAL, thread_id, last.run_id)
    said = data(await told(runtime, thread_id, ["lifecycle"], ends=2), "lifecycle")
    assert [one["event"] for one in said] == ["running", "completed", "running", "completed"]


async def test_no_thread_and_a_deleted_one_are_told(runtime: Runtime) -> None:
    with pytest.raises(UnknownThread):
        await told(runtime, "00000000-0000-0000-0000-000000000000")
    thread_id = await ran(runtime, "chain")
    following = asyncio.ensure_future(told(runtime, thread_id, ends=2))
    await asyncio.sleep(0)
    await runtime.delete_thread(LOCAL, thread_id)
    with pytest.raises(UnknownThread):
        await following
