"""The official SDK on runs: creating, waiting, failing, interrupting, cancelling."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import ConflictError, NotFoundError
from langgraph_sdk.schema import RunCreateMetadata

from tests.integration.live_server import Live
from tests.integration.toy_graphs import GATES

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def new_thread(sdk: LangGraphClient) -> str:
    return (await sdk.threads.create())["thread_id"]


async def test_a_run_is_accepted_joined_listed_and_deleted(sdk: LangGraphClient) -> None:
    thread_id = await new_thread(sdk)
    run = await sdk.runs.create(thread_id, "count", input={"n": 1}, metadata={"why": "test"})
    assert run["thread_id"] == thread_id
    assert run["status"] in ("pending", "running")
    assert await sdk.runs.join(thread_id, run["run_id"]) == {"n": 3, "log": ["first", "second"]}
    ended = await sdk.runs.get(thread_id, run["run_id"])
    assert ended["status"] == "success"
    assert ended["metadata"] is not None
    assert ended["metadata"]["why"] == "test"
    assert [r["run_id"] for r in await sdk.runs.list(thread_id, status="success")] == [run["run_id"]]
    await sdk.runs.delete(thread_id, run["run_id"])
    with pytest.raises(NotFoundError):
        await sdk.runs.get(thread_id, run["run_id"])


async def test_waiting_gives_the_final_values_with_and_without_a_thread(sdk: LangGraphClient) -> None:
    made: list[RunCreateMetadata] = []
    thread_id = await new_thread(sdk)
    final = await sdk.runs.wait(thread_id, "count", input={"n": 0}, on_run_created=made.append)
    assert final == {"n": 2, "log": ["first", "second"]}
    assert made[0].get("thread_id") == thread_id
    assert (await sdk.runs.get(thread_id, made[0]["run_id"]))["status"] == "success"
    assert await sdk.runs.wait(None, "count", input={"n": 7}) == {"n": 9, "log": ["first", "second"]}


async def test_a_run_without_a_thread_has_a_location_that_works(sdk: LangGraphClient, live: Live) -> None:
    run = await sdk.runs.create(None, "count", input={"n": 1})
    assert (await sdk.runs.join(run["thread_id"], run["run_id"]))["n"] == 3
    async with httpx.AsyncClient(base_url=live.url) as client:
        by_run = await client.get(f"/runs/{run['run_id']}/stream")
        assert by_run.status_code == 200
        assert by_run.text.startswith("event: metadata\n")
        by_location = await client.get(by_run.headers["location"])
        assert by_location.text == by_run.text


async def test_a_failing_run_says_what_failed(sdk: LangGraphClient) -> None:
    thread_id = await new_thread(sdk)
    with pytest.raises(Exception, match="ValueError: the toy is broken"):
        await sdk.runs.wait(thread_id, "fail", input={"n": 0})
    answer = await sdk.runs.wait(thread_id, "fail", input={"n": 0}, raise_error=False)
    assert answer == {"__error__": {"error": "ValueError", "message": "the toy is broken"}}
    assert [run["status"] for run in await sdk.runs.list(thread_id)] == ["error", "error"]
    assert (await sdk.threads.get(thread_id))["status"] == "error"


async def test_an_interrupt_waits_for_an_answer(sdk: LangGraphClient) -> None:
    thread_id = await new_thread(sdk)
    stopped = await sdk.runs.wait(thread_id, "ask", input={"n": 0})
    assert isinstance(stopped, dict)
    assert stopped["__interrupt__"][0]["value"] == {"question": "may it go on?"}
    thread = await sdk.threads.get(thread_id)
    assert thread["status"] == "interrupted"
    assert [run["status"] for run in await sdk.runs.list(thread_id)] == ["success"]
    assert len(thread["interrupts"]) == 1
    final = await sdk.runs.wait(thread_id, "ask", command={"resume": "yes"})
    assert isinstance(final, dict)
    assert final["log"] == ["first", "answered yes", "second"]
    assert (await sdk.threads.get(thread_id))["status"] == "idle"


async def test_waiting_tells_every_question_of_the_last_step(sdk: LangGraphClient) -> None:
    thread_id = await new_thread(sdk)
    stopped: Any = await sdk.runs.wait(thread_id, "both", input={"n": 1})
    questions = {entry["value"]["question"]: entry["id"] for entry in stopped["__interrupt__"]}
    assert stopped["n"] == 1
    assert sorted(questions) == ["and the other?", "may it go on?"]
    left: Any = await sdk.runs.wait(thread_id, "both", command={"resume": {questions["may it go on?"]: "yes"}})
    assert [entry["value"]["question"] for entry in left["__interrupt__"]] == ["and the other?"]


async def test_a_cancelled_run_ends_as_interrupted(sdk: LangGraphClient) -> None:
    thread_id = await new_thread(sdk)
    run = await sdk.runs.create(thread_id, "gate", input={"gate": f"never-{thread_id}"})
    await sdk.runs.cancel(thread_id, run["run_id"], wait=True)
    assert (await sdk.runs.get(thread_id, run["run_id"]))["status"] == "interrupted"


async def test_a_rolled_back_run_leaves_nothing(sdk: LangGraphClient) -> None:
    thread_id = await new_thread(sdk)
    run = await sdk.runs.create(thread_id, "gate", input={"gate": f"never-{thread_id}"})
    await sdk.runs.cancel(thread_id, run["run_id"], wait=True, action="rollback")
    with pytest.raises(NotFoundError):
        await sdk.runs.get(thread_id, run["run_id"])
    assert await sdk.threads.get_history(thread_id) == []


async def test_runs_on_a_thread_take_turns_or_are_refused(sdk: LangGraphClient) -> None:
    thread_id = await new_thread(sdk)
    gate = f"turns-{thread_id}"
    first = await sdk.runs.create(thread_id, "gate", input={"gate": gate})
    with pytest.raises(ConflictError):
        await sdk.runs.create(thread_id, "count", input={}, multitask_strategy="reject")
    second = await sdk.runs.create(thread_id, "count", input={"n": 10})
    assert (await sdk.runs.get(thread_id, second["run_id"]))["status"] == "pending"
    GATES[gate].set()
    assert (await sdk.runs.join(thread_id, second["run_id"]))["log"] == ["first", "passed", "first", "second"]
    assert (await sdk.runs.get(thread_id, first["run_id"]))["status"] == "success"


async def test_a_run_on_a_missing_thread_is_404_unless_it_may_be_created(sdk: LangGraphClient) -> None:
    thread_id = str(uuid.uuid4())
    with pytest.raises(NotFoundError):
        await sdk.runs.create(thread_id, "count", input={})
    await sdk.runs.wait(thread_id, "count", input={"n": 0}, if_not_exists="create")
    assert (await sdk.threads.get(thread_id))["values"] == {"n": 2, "log": ["first", "second"]}


async def test_one_idempotency_key_is_one_run(sdk: LangGraphClient) -> None:
    thread_id = await new_thread(sdk)
    key = {"Idempotency-Key": str(uuid.uuid4())}

    async def create(n: int) -> Any:
        return await sdk.runs.create(thread_id, "count", input={"n": n}, headers=key)

    runs = await asyncio.gather(*(create(1) for _ in range(100)))
    assert len({run["run_id"] for run in runs}) == 1
    with pytest.raises(ConflictError):
        await create(2)
    assert len(await sdk.runs.list(thread_id, limit=100)) == 1


async def test_white_space_keeps_a_long_wait_alive(live: Live, sdk: LangGraphClient) -> None:
    thread_id = await new_thread(sdk)
    gate = f"slow-{thread_id}"
    async with (
        httpx.AsyncClient(base_url=live.url) as client,
        client.stream(
            "POST", f"/threads/{thread_id}/runs/wait", json={"assistant_id": "gate", "input": {"gate": gate}}
        ) as answer,
    ):
        parts = []
        async for part in answer.aiter_bytes():
            parts.append(part)
            if len(parts) == 2:
                GATES[gate].set()
    assert parts[0] == b"\n"
    assert json.loads(b"".join(parts)) == {"n": 1, "log": ["first", "passed"], "gate": gate}


async def test_a_client_that_leaves_may_take_its_run_along(live: Live, sdk: LangGraphClient) -> None:
    for route in ("wait", "stream"):
        thread_id = await new_thread(sdk)
        body = {"assistant_id": "gate", "input": {"gate": f"left-{thread_id}"}, "on_disconnect": "cancel"}
        async with (
            httpx.AsyncClient(base_url=live.url) as client,
            client.stream("POST", f"/threads/{thread_id}/runs/{route}", json=body) as answer,
        ):
            run_id = answer.headers["content-location"].rpartition("/")[2]
        await sdk.runs.join(thread_id, run_id)
        assert (await sdk.runs.get(thread_id, run_id))["status"] == "interrupted"
