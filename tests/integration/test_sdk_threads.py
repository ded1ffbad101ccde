"""The official SDK on threads, states and history."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import ConflictError, NotFoundError, UnprocessableEntityError
from langgraph_sdk.schema import ThreadState

pytestmark = pytest.mark.asyncio(loop_scope="module")


def values(state: ThreadState) -> dict[str, Any]:
    """The state's values, which are a list only for graphs of another kind."""
    assert isinstance(state["values"], dict)
    return state["values"]


async def test_a_thread_is_created_found_changed_counted_and_deleted(sdk: LangGraphClient) -> None:
    thread = await sdk.threads.create(metadata={"owner": "ada"})
    thread_id = thread["thread_id"]
    assert str(uuid.UUID(thread_id)) == thread_id
    assert thread["status"] == "idle"
    assert (await sdk.threads.get(thread_id))["metadata"] == {"owner": "ada"}

    changed = await sdk.threads.update(thread_id, metadata={"topic": "ports"})
    assert changed["metadata"] == {"owner": "ada", "topic": "ports"}
    await sdk.threads.update(thread_id, metadata={"topic": "ships"}, return_minimal=True)

    found = await sdk.threads.search(metadata={"topic": "ships"})
    assert [t["thread_id"] for t in found] == [thread_id]
    assert await sdk.threads.count(metadata={"topic": "ships"}) == 1

    await sdk.threads.delete(thread_id)
    with pytest.raises(NotFoundError):
        await sdk.threads.get(thread_id)


async def test_a_client_may_mint_the_id(sdk: LangGraphClient) -> None:
    thread_id = str(uuid.uuid4())
    await sdk.threads.create(thread_id=thread_id)
    with pytest.raises(ConflictError):
        await sdk.threads.create(thread_id=thread_id)
    again = await sdk.threads.create(thread_id=thread_id, if_exists="do_nothing")
    assert again["thread_id"] == thread_id


async def test_search_pages_sorts_and_selects(sdk: LangGraphClient) -> None:
    mark = {"mark": str(uuid.uuid4())}
    ids = [(await sdk.threads.create(metadata=mark))["thread_id"] for _ in range(5)]

    async def page(offset: int) -> list[str]:
        found = await sdk.threads.search(
            metadata=mark, limit=2, offset=offset, sort_by="created_at", sort_order="asc", select=["thread_id"]
        )
        assert all(set(thread) == {"thread_id"} for thread in found)
        return [thread["thread_id"] for thread in found]

    assert await page(0) + await page(2) + await page(4) == ids
    named = await sdk.threads.search(ids=ids[:2], metadata=mark)
    assert {thread["thread_id"] for thread in named} == set(ids[:2])


async def test_history_goes_back_checkpoint_by_checkpoint(sdk: LangGraphClient) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    await sdk.runs.wait(thread_id, "count", input={"n": 0})
    history = await sdk.threads.get_history(thread_id)
    assert [values(state).get("n", 0) for state in history] == [2, 1, 0, 0]
    assert [list(state["next"]) for state in history] == [[], ["second"], ["first"], ["__start__"]]
    for newer, older in itertools.pairwise(history):
        parent = newer["parent_checkpoint"]
        assert parent is not None
        assert parent["checkpoint_id"] == older["checkpoint"]["checkpoint_id"]
    before = await sdk.threads.get_history(thread_id, before=history[1]["checkpoint"], limit=1)
    assert before[0]["checkpoint"]["checkpoint_id"] == history[2]["checkpoint"]["checkpoint_id"]

    head = await sdk.threads.get_state(thread_id)
    assert head["values"] == {"n": 2, "log": ["first", "second"]}
    old = await sdk.threads.get_state(thread_id, checkpoint=history[1]["checkpoint"])
    assert values(old)["n"] == 1
    by_id = await sdk.threads.get_state(thread_id, checkpoint_id=history[1]["checkpoint"]["checkpoint_id"])
    assert by_id["values"] == old["values"]


async def test_a_fork_runs_on_from_edited_state_and_leaves_the_old_branch(sdk: LangGraphClient) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    await sdk.runs.wait(thread_id, "count", input={"n": 0})
    history = await sdk.threads.get_history(thread_id)
    before_second = history[1]["checkpoint"]

    forked = await sdk.threads.update_state(thread_id, {"n": 40}, checkpoint=before_second)
    final = await sdk.runs.wait(thread_id, "count", checkpoint_id=forked["checkpoint"]["checkpoint_id"])
    assert isinstance(final, dict)
    assert final["n"] == 41

    every = await sdk.threads.get_history(thread_id, limit=100)
    ids = [state["checkpoint"]["checkpoint_id"] for state in every]
    assert set(ids) > {state["checkpoint"]["checkpoint_id"] for state in history}
    old_head = await sdk.threads.get_state(thread_id, checkpoint=history[0]["checkpoint"])
    assert values(old_head)["n"] == 2


async def test_a_rerun_from_a_checkpoint_runs_its_steps_again(sdk: LangGraphClient) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    await sdk.runs.wait(thread_id, "count", input={"n": 5})
    history = await sdk.threads.get_history(thread_id)
    again = await sdk.runs.wait(thread_id, "count", checkpoint=history[2]["checkpoint"])
    assert again == {"n": 7, "log": ["first", "second"]}
    assert len(await sdk.threads.get_history(thread_id, limit=100)) > len(history)


async def test_what_is_not_there_is_404_and_what_cannot_be_is_422(sdk: LangGraphClient) -> None:
    with pytest.raises(NotFoundError):
        await sdk.threads.get_state(str(uuid.uuid4()))
    thread_id = (await sdk.threads.create())["thread_id"]
    with pytest.raises(NotFoundError):
        await sdk.threads.get_state(thread_id, checkpoint_id=str(uuid.uuid4()))
    with pytest.raises(UnprocessableEntityError, match="thread_id"):
        await sdk.threads.get("not-a-uuid")


async def test_assistants_are_the_graphs(sdk: LangGraphClient) -> None:
    found = await sdk.assistants.search(graph_id="count")
    assert len(found) == 1
    assistant_id = found[0]["assistant_id"]
    assert (await sdk.assistants.get("count"))["assistant_id"] == assistant_id
    assert (await sdk.assistants.get(assistant_id))["graph_id"] == "count"
    drawing = await sdk.assistants.get_graph(assistant_id)
    assert {node["id"] for node in drawing["nodes"]} >= {"first", "second"}
    assert drawing["edges"]
    schemas = await sdk.assistants.get_schemas("count")
    assert schemas["input_schema"] is not None
    assert "n" in schemas["input_schema"]["properties"]
    assert await sdk.assistants.count(graph_id="count") == 1
    page = await sdk.assistants.search(limit=2, response_format="object")
    assert len(page["assistants"]) == 2
    assert page["next"] == "2"
    subgraphs = await sdk.assistants.get_subgraphs("nested")
    assert set(subgraphs) == {"inner"}
    with pytest.raises(NotFoundError):
        await sdk.assistants.get("nobody")
