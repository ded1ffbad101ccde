"""LangGraph's own RemoteGraph: a served graph used as if it were local."""

from __future__ import annotations

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.pregel.remote import RemoteException, RemoteGraph
from langgraph_sdk.client import LangGraphClient

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
