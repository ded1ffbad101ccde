"""The official SDK on how threads begin, are copied, found again and end."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import ConflictError, NotFoundError, UnprocessableEntityError

from tests.integration.live_server import Live
from tests.integration.toy_graphs import GATES

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def ran(sdk: LangGraphClient, **metadata: Any) -> str:
    """A thread on which the graph `count` has run."""
    thread = await sdk.threads.create(metadata=metadata)
    await sdk.runs.wait(thread["thread_id"], "count", input={"n": 0})
    return thread["thread_id"]


async def test_a_copy_goes_its_own_way(sdk: LangGraphClient) -> None:
    thread_id = await ran(sdk, team="blue")
    copying: Any = sdk.threads.copy(thread_id)  # its type says that nothing comes back
    copied = await copying
    assert copied["thread_id"] != thread_id
    assert (copied["values"], copied["metadata"]["team"]) == ({"n": 2, "log": ["first", "second"]}, "blue")
    assert len(await sdk.threads.get_history(copied["thread_id"])) == len(await sdk.threads.get_history(thread_id))
    await sdk.threads.delete(thread_id)
    after: Any = await sdk.runs.wait(copied["thread_id"], "count", input={})
    assert after["n"] == 4
    with pytest.raises(NotFoundError):
        await sdk.threads.copy(thread_id)


async def test_supersteps_make_a_history(sdk: LangGraphClient) -> None:
    supersteps: list[dict[str, Any]] = [
        {"updates": [{"values": {"n": 0}, "as_node": "__input__"}]},
        {"updates": [{"values": {"n": 1, "log": ["first"]}, "as_node": "first"}]},
    ]
    thread = await sdk.threads.create(graph_id="count", supersteps=supersteps)
    state = await sdk.threads.get_state(thread["thread_id"])
    assert (state["values"], list(state["next"])) == ({"n": 1, "log": ["first"]}, ["second"])
    assert thread["status"] == "interrupted"
    after: Any = await sdk.runs.wait(thread["thread_id"], "count", input=None)
    assert after == {"n": 2, "log": ["first", "second"]}


@pytest.mark.parametrize(
    ("graph_id", "node", "named"), [("", "first", "metadata.graph_id"), ("count", "nowhere", "nowhere")]
)
async def test_supersteps_that_no_graph_takes_leave_nothing(
    sdk: LangGraphClient, graph_id: str, node: str, named: str
) -> None:
    thread_id = str(uuid.uuid4())
    steps: list[dict[str, Any]] = [{"updates": [{"values": {"n": 1}, "as_node": node}]}]
    with pytest.raises(UnprocessableEntityError, match=named):
        await sdk.threads.create(thread_id=thread_id, graph_id=graph_id, supersteps=steps)
    with pytest.raises(NotFoundError):
        await sdk.threads.get(thread_id)


async def test_a_time_to_live_is_set_shown_and_changed(sdk: LangGraphClient) -> None:
    thread = await sdk.threads.create(ttl=60)
    found: Any = await sdk.threads.get(thread["thread_id"], include=["ttl"])
    assert (found["ttl"]["strategy"], found["ttl"]["ttl_minutes"]) == ("delete", 60)
    hour = datetime.fromisoformat(found["ttl"]["expires_at"]) - datetime.fromisoformat(found["updated_at"])
    assert hour == timedelta(minutes=60)
    assert "ttl" not in await sdk.threads.get(thread["thread_id"])
    await sdk.threads.update(thread["thread_id"], metadata={}, ttl={"ttl": 5, "strategy": "keep_latest"})
    found = await sdk.threads.get(thread["thread_id"], include=["ttl"])
    assert (found["ttl"]["strategy"], found["ttl"]["ttl_minutes"]) == ("keep_latest", 5)


async def test_what_expired_is_swept(live: Live, sdk: LangGraphClient) -> None:
    gone = (await sdk.threads.create(ttl=1))["thread_id"]
    cut = await ran(sdk)
    await sdk.threads.update(cut, metadata={}, ttl={"ttl": 1, "strategy": "keep_latest"})
    assert live.runtime.sweeper is not None
    assert await live.runtime.sweeper.sweep(datetime.now(UTC)) == 0
    assert await live.runtime.sweeper.sweep(datetime.now(UTC) + timedelta(minutes=2)) == 2
    with pytest.raises(NotFoundError):
        await sdk.threads.get(gone)
    assert len(await sdk.threads.get_history(cut)) == 1
    assert (await sdk.threads.get(cut))["values"] == {"n": 2, "log": ["first", "second"]}


async def test_threads_are_pruned_by_id(sdk: LangGraphClient) -> None:
    first, second, third = [await ran(sdk) for _ in range(3)]
    assert await sdk.threads.prune([first, str(uuid.uuid4())]) == {"pruned_count": 1}
    with pytest.raises(NotFoundError):
        await sdk.threads.get(first)
    assert await sdk.threads.prune([second, third, third], strategy="keep_latest") == {"pruned_count": 2}
    assert len(await sdk.threads.get_history(second)) == 1
    assert (await sdk.threads.get(second))["values"] == {"n": 2, "log": ["first", "second"]}

    busy = await sdk.threads.create()
    gate = str(uuid.uuid4())
    run = await sdk.runs.create(busy["thread_id"], "gate", input={"gate": gate})
    with pytest.raises(ConflictError):
        await sdk.threads.prune([busy["thread_id"]], strategy="keep_latest")
    GATES[gate].set()
    await sdk.runs.join(busy["thread_id"], run["run_id"])


async def test_a_search_extracts_what_it_is_asked_for(sdk: LangGraphClient) -> None:
    mark = str(uuid.uuid4())
    thread_id = await ran(sdk, mark=mark, deep={"list": [{"x": 1}]})
    paths = {"last": "values.log[-1]", "x": "metadata.deep.list[0].x", "none": "values.nothing[3].at.all"}
    found: Any
    [found] = await sdk.threads.search(metadata={"mark": mark}, select=["thread_id"], extract=paths)
    assert found == {"thread_id": thread_id, "extracted": {"last": "second", "x": 1, "none": None}}
    for wrong in ("", "[0]", "values..n", "values[x]", "values[0", ".values"):
        with pytest.raises(UnprocessableEntityError, match="extract"):
            await sdk.threads.search(extract={"wrong": wrong})
    with pytest.raises(UnprocessableEntityError, match="extract"):
        await sdk.threads.search(extract={f"p{n}": "values.n" for n in range(11)})


async def test_metadata_can_be_patched_at_the_state(live: Live, sdk: LangGraphClient) -> None:
    thread_id = await ran(sdk, team="blue")
    async with httpx.AsyncClient(base_url=live.url) as client:
        answer = await client.patch(f"/threads/{thread_id}/state", json={"metadata": {"seen": True}})
    assert answer.status_code == 200
    metadata = (await sdk.threads.get(thread_id))["metadata"] or {}
    assert (metadata["team"], metadata["seen"]) == ("blue", True)


async def test_the_thread_of_a_stateless_run_is_kept_only_when_asked(live: Live, sdk: LangGraphClient) -> None:
    kept = await sdk.runs.create(None, "count", input={"n": 0}, on_completion="keep")
    gone = await sdk.runs.create(None, "count", input={"n": 0}, on_completion="delete")
    plain = await sdk.runs.create(None, "count", input={"n": 0})
    for run in (kept, gone, plain):
        assert await sdk.runs.join(run["thread_id"], run["run_id"]) == {"n": 2, "log": ["first", "second"]}
    ids = [run["thread_id"] for run in (kept, gone, plain)]
    assert [thread["thread_id"] for thread in await sdk.threads.search(ids=ids)] == [kept["thread_id"]]
    with pytest.raises(NotFoundError):
        await sdk.threads.get(gone["thread_id"])
    frames = [part async for part in sdk.runs.join_stream(gone["thread_id"], gone["run_id"], last_event_id="0")]
    assert frames[-1].data == {"n": 2, "log": ["first", "second"]}
    thread = await sdk.threads.create()
    async with httpx.AsyncClient(base_url=live.url) as client:
        asked = {"assistant_id": "count", "input": {}, "on_completion": "delete"}
        refused = await client.post(f"/threads/{thread['thread_id']}/runs", json=asked)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "on_completion")


async def test_a_batch_is_all_or_nothing(sdk: LangGraphClient) -> None:
    mark = {"mark": str(uuid.uuid4())}
    payload: Any = {"assistant_id": "count", "input": {"n": 0}, "metadata": mark, "on_completion": "keep"}
    runs = await sdk.runs.create_batch([payload, payload, payload])
    done = await asyncio.gather(*(sdk.runs.join(run["thread_id"], run["run_id"]) for run in runs))
    assert done == [{"n": 2, "log": ["first", "second"]}] * 3
    wrong: Any = {**payload, "interrupt_before": ["nowhere"]}
    with pytest.raises(UnprocessableEntityError, match="nowhere"):
        await sdk.runs.create_batch([payload, wrong])
    assert len({run["thread_id"] for run in runs}) == 3


async def test_a_run_begins_later(live: Live, sdk: LangGraphClient) -> None:
    thread = (await sdk.threads.create())["thread_id"]
    late = await sdk.runs.create(thread, "count", input={}, after_seconds=3600)
    assert await sdk.runs.wait(thread, "count", input={"n": 0}) == {"n": 2, "log": ["first", "second"]}
    assert (await sdk.runs.get(thread, late["run_id"]))["status"] == "pending"
    await sdk.runs.cancel(thread, late["run_id"])
    asked = {"assistant_id": "count", "input": {}, "after_seconds": 0.3}
    async with httpx.AsyncClient(base_url=live.url) as client:
        run = (await client.post(f"/threads/{thread}/runs", json=asked)).json()
    assert run["status"] == "pending"
    joined: Any = await sdk.runs.join(thread, run["run_id"])
    assert joined["n"] == 4
    first = (await sdk.threads.get_history(thread, limit=3))[-1]
    began = datetime.fromisoformat(str(first["created_at"])) - datetime.fromisoformat(run["created_at"])
    assert began >= timedelta(seconds=0.3)


async def test_many_runs_are_cancelled_by_id_or_by_status(sdk: LangGraphClient) -> None:
    thread = (await sdk.threads.create())["thread_id"]
    gate = str(uuid.uuid4())
    runs = [await sdk.runs.create(thread, "gate", input={"gate": gate}) for _ in range(4)]
    ids = [run["run_id"] for run in runs]
    with pytest.raises(NotFoundError):
        await sdk.runs.cancel_many(thread_id=thread, run_ids=[ids[3], str(uuid.uuid4())])
    assert (await sdk.runs.get(thread, ids[3]))["status"] == "pending"
    await sdk.runs.cancel_many(thread_id=thread, run_ids=[ids[3]])
    assert (await sdk.runs.get(thread, ids[3]))["status"] == "interrupted"
    await sdk.runs.cancel_many(thread_id=thread, status="pending")
    assert [(await sdk.runs.get(thread, run_id))["status"] for run_id in ids[1:]] == ["interrupted"] * 3
    await sdk.runs.cancel_many(thread_id=thread, status="all")
    await sdk.runs.join(thread, ids[0])
    assert (await sdk.runs.get(thread, ids[0]))["status"] == "interrupted"
    with pytest.raises(UnprocessableEntityError):
        await sdk.runs.cancel_many(thread_id=thread)
