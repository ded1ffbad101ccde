"""What each option of a run does. `docs/reference/options.md` names these tests, and a test holds it to that."""

from __future__ import annotations

from typing import Any, cast

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import ConflictError, NotFoundError, UnprocessableEntityError

from tests.integration.live_server import Live
from tests.integration.test_sdk_streams import stream
from tests.integration.toy_graphs import GATES

pytestmark = pytest.mark.asyncio(loop_scope="module")
BOTH = {"n": 2, "log": ["first", "second"]}


async def held(sdk: LangGraphClient) -> tuple[str, str, str]:
    """A thread, a run on it that waits after its first step, and the gate it waits for."""
    thread_id = (await sdk.threads.create())["thread_id"]
    gate = f"option-{thread_id}"
    run = await sdk.runs.create(thread_id, "gate", input={"gate": gate})
    async for part in sdk.runs.join_stream(thread_id, run["run_id"], stream_mode="updates"):
        if part.event == "updates":
            break
    return thread_id, run["run_id"], gate


async def values(sdk: LangGraphClient, thread_id: str) -> Any:
    return (await sdk.threads.get_state(thread_id))["values"]


async def test_enqueue_lets_the_first_run_finish(sdk: LangGraphClient) -> None:
    thread_id, first, gate = await held(sdk)
    second = await sdk.runs.create(thread_id, "count", input={"n": 10}, multitask_strategy="enqueue")
    assert (await sdk.runs.get(thread_id, second["run_id"]))["status"] == "pending"
    GATES[gate].set()
    await sdk.runs.join(thread_id, second["run_id"])
    assert (await sdk.runs.get(thread_id, first))["status"] == "success"
    assert (await values(sdk, thread_id))["log"] == ["first", "passed", "first", "second"]


async def test_reject_refuses_a_second_run(sdk: LangGraphClient) -> None:
    thread_id, first, gate = await held(sdk)
    with pytest.raises(ConflictError):
        await sdk.runs.create(thread_id, "count", input={"n": 10}, multitask_strategy="reject")
    GATES[gate].set()
    await sdk.runs.join(thread_id, first)
    assert len(await sdk.runs.list(thread_id)) == 1


async def test_interrupt_stops_the_first_run_and_keeps_what_it_did(sdk: LangGraphClient) -> None:
    thread_id, first, _ = await held(sdk)
    await sdk.runs.wait(thread_id, "count", input={"n": 10}, multitask_strategy="interrupt")
    assert (await sdk.runs.get(thread_id, first))["status"] == "interrupted"
    assert (await values(sdk, thread_id))["log"] == ["first", "first", "second"]


async def test_rollback_removes_the_first_run_and_what_it_did(sdk: LangGraphClient) -> None:
    thread_id, first, _ = await held(sdk)
    await sdk.runs.wait(thread_id, "count", input={"n": 10}, multitask_strategy="rollback")
    with pytest.raises(NotFoundError):
        await sdk.runs.get(thread_id, first)
    assert (await values(sdk, thread_id))["log"] == ["first", "second"]


@pytest.mark.parametrize(
    ("given", "waits_for"),
    [
        ({"interrupt_before": ["second"]}, ["second"]),
        ({"interrupt_before": "*"}, ["first"]),
        ({"interrupt_after": ["first"]}, ["second"]),
        ({"interrupt_after": "*"}, ["second"]),
    ],
)
async def test_a_breakpoint_stops_the_run_where_it_says(
    sdk: LangGraphClient, given: dict[str, Any], waits_for: list[str]
) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    await sdk.runs.wait(thread_id, "count", input={"n": 0}, **given)
    assert (await sdk.threads.get_state(thread_id))["next"] == waits_for
    assert (await sdk.threads.get(thread_id))["status"] == "interrupted"
    assert await sdk.runs.wait(thread_id, "count", input=None) == BOTH


@pytest.mark.parametrize("how", ["checkpoint", "checkpoint_id"])
async def test_a_run_starts_from_the_checkpoint_it_names(sdk: LangGraphClient, how: str) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    await sdk.runs.wait(thread_id, "count", input={"n": 0})
    (early,) = [state for state in await sdk.threads.get_history(thread_id) if state["next"] == ["second"]]
    named = early["checkpoint"] if how == "checkpoint" else early["checkpoint"]["checkpoint_id"]
    parts = await stream(sdk, thread_id, "count", ["updates"], input=None, **{how: named})
    assert [next(iter(data)) for event, data in parts if event == "updates"] == ["second"]


@pytest.mark.parametrize(
    ("given", "checkpoints"),
    [({"durability": "sync"}, 4), ({"durability": "async"}, 4), ({"durability": "exit"}, 1)],
)
async def test_durability_says_when_checkpoints_are_kept(
    sdk: LangGraphClient, given: dict[str, Any], checkpoints: int
) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    assert await sdk.runs.wait(thread_id, "count", input={"n": 0}, **given) == BOTH
    assert len(await sdk.threads.get_history(thread_id)) == checkpoints


@pytest.mark.parametrize(("during", "checkpoints"), [(True, 4), (False, 1)])
async def test_checkpoint_during_is_the_old_name_of_durability(live: Live, during: bool, checkpoints: int) -> None:
    """Sent as it stands on the wire, because the SDK warns of it."""
    async with httpx.AsyncClient(base_url=live.url) as client:
        thread_id = (await client.post("/threads", json={})).json()["thread_id"]
        body = {"assistant_id": "count", "input": {"n": 0}, "checkpoint_during": during}
        assert (await client.post(f"/threads/{thread_id}/runs/wait", json=body)).json() == BOTH
        assert len((await client.get(f"/threads/{thread_id}/history")).json()) == checkpoints


async def test_config_and_context_reach_the_graph(sdk: LangGraphClient) -> None:
    given: Any = {"config": {"configurable": {"mood": "calm"}}, "context": {"name": "Ada"}}
    told: Any = await sdk.runs.wait(None, "configured", input={}, **given)
    assert told["log"] == ["mood=calm", "('name', 'Ada')"]
    failed: Any = await sdk.runs.wait(None, "count", input={"n": 0}, config={"recursion_limit": 1}, raise_error=False)
    assert failed["__error__"]["error"] == "GraphRecursionError"


async def test_metadata_is_kept_on_the_run_and_its_checkpoints(sdk: LangGraphClient) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    run = await sdk.runs.create(thread_id, "count", input={"n": 0}, metadata={"team": "blue"})
    await sdk.runs.join(thread_id, run["run_id"])
    kept: Any = await sdk.runs.get(thread_id, run["run_id"])
    state: Any = await sdk.threads.get_state(thread_id)
    assert (kept["metadata"]["team"], state["metadata"]["team"]) == ("blue", "blue")


@pytest.mark.parametrize("resumable", [True, False])
async def test_every_stream_can_be_resumed(sdk: LangGraphClient, resumable: bool) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    parts = [part async for part in sdk.runs.stream(thread_id, "count", input={"n": 0}, stream_resumable=resumable)]
    run_id = parts[0].data["run_id"]
    again = [part async for part in sdk.runs.join_stream(thread_id, run_id, last_event_id=parts[0].id)]
    assert again == parts[1:]


async def test_a_run_that_is_created_says_its_ids(sdk: LangGraphClient) -> None:
    made: list[Any] = []
    run = await sdk.runs.create(None, "count", input={"n": 0}, on_run_created=made.append)
    assert [(found["run_id"], found["thread_id"]) for found in made] == [(run["run_id"], run["thread_id"])]


async def test_each_feedback_key_gets_a_link_that_takes_feedback(live: Live, sdk: LangGraphClient) -> None:
    given: Any = {"input": {"n": 0}, "feedback_keys": ["liked", "to the point?"]}
    parts = await stream(sdk, None, "count", ["values"], **given)
    (links,) = [data for event, data in parts if event == "feedback"]
    assert list(links) == ["liked", "to the point?"]
    async with httpx.AsyncClient() as client:
        answer = await client.post(links["to the point?"], json={"score": 1, "comment": "quite"})
        assert (answer.status_code, answer.json()["comment"]) == (200, "to the point?: quite")
        kept = await client.get(links["liked"])
        assert [(item["score"], item["run_id"]) for item in kept.json()["items"]] == [(1, parts[0][1]["run_id"])]
    assert all(link.startswith(live.url) for link in links.values())


async def test_a_stream_tells_the_newer_shape_too(sdk: LangGraphClient) -> None:
    parts: list[Any] = [
        part async for part in sdk.runs.stream(None, "nested", input={"n": 0}, stream_subgraphs=True, version="v2")
    ]
    assert parts[0]["type"] == "metadata"
    assert {len(part["ns"]) for part in parts} == {0, 1}
    assert all("interrupts" in part for part in parts)


async def test_tools_and_lifecycle_are_streamed_to_the_sdk(sdk: LangGraphClient) -> None:
    parts = await stream(sdk, None, "nested", ["lifecycle", "tools"], input={"n": 0})
    told = [(event.partition("|")[0], data["event"]) for event, data in parts if event != "metadata"]
    assert told == [("lifecycle", "started"), ("lifecycle", "completed")]


async def test_events_are_streamed_to_who_asks_at_the_start_only(live: Live, sdk: LangGraphClient) -> None:
    parts = await stream(sdk, None, "chat", ["events"], input={"messages": [{"role": "user", "content": "hi"}]})
    told = [data for event, data in parts if event == "events"]
    words = [data["data"]["chunk"]["content"] for data in told if data["event"] == "on_chat_model_stream"]
    assert "".join(words) == "a reply of six short words"
    run = await sdk.runs.create(None, "count", input={"n": 0})
    async with httpx.AsyncClient(base_url=live.url) as client:
        path = f"/threads/{run['thread_id']}/runs/{run['run_id']}/stream"
        refused = await client.get(path, params={"stream_mode": "events"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "stream_mode")


async def test_what_is_not_supported_is_refused_by_name(sdk: LangGraphClient) -> None:
    given: Any = {"langsmith_tracing": {"project_name": "elsewhere"}}
    with pytest.raises(UnprocessableEntityError, match="langsmith_tracer"):
        await sdk.runs.create(None, "count", input={"n": 0}, **given)


async def test_a_resume_that_answers_nothing_is_refused_when_strict(sdk: LangGraphClient) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    await sdk.runs.wait(thread_id, "ask", input={"n": 0})
    waiting = (await sdk.threads.get(thread_id))["interrupts"]
    wrong: Any = {"command": {"resume": {"0" * 32: "yes"}}, "strict_resume": True}
    parts = await stream(sdk, thread_id, "ask", ["values"], **wrong)
    ((_, error),) = [part for part in parts if part[0] == "error"]
    (pending,) = (entry["id"] for entries in waiting.values() for entry in entries)
    assert (error["error"], error["reason"], error["pending_ids"]) == (
        "UnknownInterruptError",
        "not_pending",
        [pending],
    )
    after = await sdk.threads.get(thread_id)
    assert (after["status"], after["interrupts"]) == ("interrupted", waiting)
    right: Any = {"command": {"resume": {pending: "yes"}}, "strict_resume": True}
    answered = cast(dict[str, Any], await sdk.runs.wait(thread_id, "ask", **right))
    assert answered["log"] == ["first", "answered yes", "second"]


async def test_what_would_have_no_effect_is_refused_by_name(live: Live, sdk: LangGraphClient) -> None:
    """A place on another thread, and an end with a reader where nobody reads."""
    thread_id, other = [(await sdk.threads.create())["thread_id"] for _ in range(2)]
    await sdk.runs.wait(thread_id, "count", input={"n": 1})
    [place, *_] = [state["checkpoint"] for state in await sdk.threads.get_history(thread_id)]
    foreign = {**place, "thread_id": other}
    run = {"assistant_id": "count", "input": {"n": 1}}
    asked: list[tuple[str, dict[str, Any], str]] = [
        (f"/threads/{thread_id}/runs/wait", {**run, "checkpoint": foreign}, "checkpoint.thread_id"),
        (f"/threads/{thread_id}/state", {"values": {"n": 2}, "checkpoint": foreign}, "checkpoint.thread_id"),
        (f"/threads/{thread_id}/state/checkpoint", {"checkpoint": foreign}, "checkpoint.thread_id"),
        (f"/threads/{thread_id}/history", {"checkpoint": foreign}, "checkpoint.thread_id"),
        (f"/threads/{thread_id}/history", {"before": foreign}, "checkpoint.thread_id"),
        (f"/threads/{thread_id}/runs", {**run, "on_disconnect": "cancel"}, "on_disconnect"),
        ("/runs", {**run, "on_disconnect": "cancel"}, "on_disconnect"),
    ]
    async with httpx.AsyncClient(base_url=live.url) as http:
        for path, body, field in asked:
            refused = await http.post(path, json=body)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field), path
        batch = await http.post("/runs/batch", json=[{**run, "on_disconnect": "cancel"}])
        assert batch.status_code == 422
        assert (await http.post(f"/threads/{thread_id}/state/checkpoint", json={"checkpoint": place})).is_success
    assert len(await sdk.runs.list(thread_id)) == 1
