"""The official SDK on assistants: versions, configuration that runs inherit, and what a graph brings by itself."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import ConflictError, NotFoundError

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def log_of(sdk: LangGraphClient, assistant_id: str, **options: Any) -> list[str]:
    """What the graph `configured` saw of its configuration."""
    values: Any = await sdk.runs.wait(None, assistant_id, input={}, **options)
    seen: list[str] = values["log"]
    return seen


async def test_an_assistant_is_created_found_changed_and_deleted(sdk: LangGraphClient) -> None:
    made = await sdk.assistants.create(
        "configured", {"configurable": {"mood": "calm"}}, metadata={"team": "blue"}, name="Ada", description="Calm."
    )
    assistant_id = made["assistant_id"]
    assert (made["version"], made["graph_id"], made["name"]) == (1, "configured", "Ada")
    assert await sdk.assistants.get(assistant_id) == made
    changed = await sdk.assistants.update(assistant_id, metadata={"size": 3}, name="Bea")
    assert (changed["version"], changed["metadata"]) == (2, {"team": "blue", "size": 3})
    assert changed["config"] == made["config"]
    assert changed["description"] == "Calm."

    versions = await sdk.assistants.get_versions(assistant_id)
    assert [(one["version"], one["name"]) for one in versions] == [(2, "Bea"), (1, "Ada")]
    assert (await sdk.assistants.set_latest(assistant_id, 1))["name"] == "Ada"
    assert (await sdk.assistants.get(assistant_id))["version"] == 1
    with pytest.raises(NotFoundError):
        await sdk.assistants.set_latest(assistant_id, 7)

    assert [one["name"] for one in await sdk.assistants.search(metadata={"team": "blue"}, name="AD")] == ["Ada"]
    await sdk.assistants.delete(assistant_id)
    for asked in (sdk.assistants.get(assistant_id), sdk.assistants.delete(assistant_id)):
        with pytest.raises(NotFoundError):
            await asked


async def test_an_id_is_used_once(sdk: LangGraphClient) -> None:
    assistant_id = str(uuid.uuid4())
    await sdk.assistants.create("count", assistant_id=assistant_id, name="first")
    with pytest.raises(ConflictError):
        await sdk.assistants.create("count", assistant_id=assistant_id, name="second")
    again = await sdk.assistants.create("count", assistant_id=assistant_id, name="third", if_exists="do_nothing")
    assert again["name"] == "first"
    with pytest.raises(NotFoundError):
        await sdk.assistants.create("nobody")


async def test_a_run_inherits_and_may_override(sdk: LangGraphClient) -> None:
    made = await sdk.assistants.create(
        "configured", {"configurable": {"mood": "calm", "size": 1}}, context={"name": "ada", "place": "port"}
    )
    assistant_id = made["assistant_id"]
    assert await log_of(sdk, assistant_id) == ["mood=calm", "size=1", "('name', 'ada')", "('place', 'port')"]
    own = await log_of(sdk, assistant_id, config={"configurable": {"size": 2}}, context={"place": "sea"})
    assert own == ["mood=calm", "size=2", "('name', 'ada')", "('place', 'sea')"]
    await sdk.assistants.update(assistant_id, config={"configurable": {"mood": "wild"}}, context={})
    assert await log_of(sdk, assistant_id) == ["mood=wild"]


async def test_a_run_remembers_its_assistant(sdk: LangGraphClient) -> None:
    made = await sdk.assistants.create("configured", {"configurable": {"mood": "calm"}})
    thread = await sdk.threads.create()
    run = await sdk.runs.create(thread["thread_id"], made["assistant_id"], input={})
    assert run["assistant_id"] == made["assistant_id"]
    await sdk.runs.join(thread["thread_id"], run["run_id"])
    # A re-run from a checkpoint is configured as the run before it, without being told.
    first = (await sdk.threads.get_history(thread["thread_id"]))[-1]["checkpoint"]
    again: Any = await sdk.runs.wait(thread["thread_id"], made["assistant_id"], checkpoint=first)
    assert again["log"] == ["mood=calm"]


async def test_the_assistant_of_a_graph_can_be_changed_but_not_deleted(sdk: LangGraphClient) -> None:
    before = await sdk.assistants.get("tell")
    with pytest.raises(ConflictError):
        await sdk.assistants.delete("tell")
    assert [one["version"] for one in await sdk.assistants.get_versions("tell")] == [1]
    changed = await sdk.assistants.update("tell", metadata={"mine": True})
    assert (changed["assistant_id"], changed["version"]) == (before["assistant_id"], 2)
    assert await sdk.assistants.get("tell") == await sdk.assistants.get(before["assistant_id"]) == changed
    assert (await sdk.assistants.set_latest("tell", 1))["metadata"] == before["metadata"]


async def test_its_threads_can_go_with_it(sdk: LangGraphClient) -> None:
    made = await sdk.assistants.create("count")
    kept = await sdk.threads.create()
    thread = await sdk.threads.create()
    await sdk.runs.wait(thread["thread_id"], made["assistant_id"], input={})
    await sdk.assistants.delete(made["assistant_id"], delete_threads=True)
    with pytest.raises(NotFoundError):
        await sdk.threads.get(thread["thread_id"])
    assert await sdk.threads.get(kept["thread_id"])


async def test_the_graph_of_an_assistant_is_drawn(sdk: LangGraphClient) -> None:
    made = await sdk.assistants.create("nested")
    assert await sdk.assistants.get_graph(made["assistant_id"]) == await sdk.assistants.get_graph("nested")
    assert (await sdk.assistants.get_schemas(made["assistant_id"]))["graph_id"] == "nested"
    assert await sdk.assistants.get_subgraphs(made["assistant_id"]) == await sdk.assistants.get_subgraphs("nested")
    context = (await sdk.assistants.get_schemas("configured"))["context_schema"]
    assert context is not None
    assert sorted(context["properties"]) == ["name", "place"]


async def test_pages_name_the_next_one(sdk: LangGraphClient) -> None:
    mark = {"mark": str(uuid.uuid4())}
    ids = [(await sdk.assistants.create("count", metadata=mark))["assistant_id"] for _ in range(3)]
    first = await sdk.assistants.search(
        metadata=mark, limit=2, sort_by="created_at", sort_order="asc", response_format="object"
    )
    assert first["next"] == "2"
    last = await sdk.assistants.search(
        metadata=mark, limit=2, offset=2, sort_by="created_at", sort_order="asc", response_format="object"
    )
    assert last["next"] is None
    assert [one["assistant_id"] for one in [*first["assistants"], *last["assistants"]]] == ids
    assert await sdk.assistants.count(metadata=mark) == 3
