"""LangGraph's own RemoteGraph: a served graph used as if it were local."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.constants import END, START
from langgraph.graph import StateGraph
from langgraph.pregel.remote import RemoteException, RemoteGraph
from langgraph.types import Command
from langgraph_sdk.client import LangGraphClient

from tests.integration.toy_graphs import Steps

pytestmark = pytest.mark.asyncio(loop_scope="module")


def remote(sdk: LangGraphClient, name: str) -> RemoteGraph:
    return RemoteGraph(name, client=sdk)


async def test_it_runs_streams_and_reads_states(sdk: LangGraphClient) -> None:
    graph = remote(sdk, "count")
    assert await graph.ainvoke({"n": 0}) == {"n": 2, "log": ["first", "second"]}
    thread = await sdk.threads.create()
    config: RunnableConfig = {"configurable": {"thread_id": thread["thread_id"]}}
    steps = [part async for part in graph.astream({"n": 5}, config, stream_mode="updates")]
    assert [next(iter(step)) for step in steps] == ["first", "second"]
    assert (await graph.aget_state(config)).values == {"n": 7, "log": ["first", "second"]}
    history = [state async for state in graph.aget_state_history(config)]
    assert len(history) == 4
    await graph.aupdate_state(config, {"n": 9}, as_node="second")
    assert (await graph.aget_state(config)).values["n"] == 9
    assert {"first", "second"} <= set((await graph.aget_graph()).nodes)


async def test_it_sees_subgraphs_interrupts_and_failures(sdk: LangGraphClient) -> None:
    places = [
        place async for place, _ in remote(sdk, "nested").astream({"n": 0}, stream_mode="updates", subgraphs=True)
    ]
    assert [bool(place) for place in places] == [True, True, False, False]
    asked = await remote(sdk, "ask").ainvoke({"n": 0})
    assert asked["__interrupt__"][0]["value"] == {"question": "may it go on?"}
    with pytest.raises(RemoteException, match="the toy is broken"):
        await remote(sdk, "fail").ainvoke({"n": 0})


async def new_config(sdk: LangGraphClient) -> RunnableConfig:
    return {"configurable": {"thread_id": (await sdk.threads.create())["thread_id"]}}


async def test_an_interrupt_is_answered_by_a_command(sdk: LangGraphClient) -> None:
    config = await new_config(sdk)
    graph = remote(sdk, "ask")
    await graph.ainvoke({"n": 0}, config)
    state = await graph.aget_state(config)
    assert state.next == ("ask",)
    assert state.tasks[0].interrupts[0].value == {"question": "may it go on?"}
    final = await graph.ainvoke(Command(resume="yes"), config)
    assert final["log"] == ["first", "answered yes", "second"]


async def test_going_to_the_end_leaves_what_waits(sdk: LangGraphClient) -> None:
    # Plain LangGraph stops at the same interrupt again; a chat frontend marks a question as resolved this way.
    config = await new_config(sdk)
    graph = remote(sdk, "ask")
    await graph.ainvoke({"n": 0}, config)
    await graph.ainvoke(Command(goto=END), config)
    assert (await graph.aget_state(config)).next == ()
    thread = await sdk.threads.get(config["configurable"]["thread_id"])
    assert thread["status"] == "idle"
    assert thread["values"] == {"n": 1, "log": ["first"]}


async def test_it_is_a_node_of_another_graph(sdk: LangGraphClient) -> None:
    async def before(state: Steps) -> Steps:
        return {"n": state["n"] + 100}

    outer: Any = StateGraph(Steps)
    outer.add_node("before", before)
    outer.add_node("there", remote(sdk, "count"))
    outer.add_edge(START, "before")
    outer.add_edge("before", "there")
    graph = outer.compile()
    assert (await graph.ainvoke({"n": 0}))["n"] == 102
    parts = [part async for part in graph.astream({"n": 0}, stream_mode="updates", subgraphs=True)]
    assert [next(iter(update)) for place, update in parts if place] == ["first", "second"]
