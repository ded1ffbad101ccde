"""Graphs that call tools and run subgraphs, in every way that ends differently."""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

from langchain_core.messages import AIMessage, AnyMessage
from langchain_core.tools import tool
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import ToolNode, ToolRuntime
from langgraph.types import interrupt

from stemma.graphs.catalog import Catalog


class Chat(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]


class Log(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


@tool
async def weigh(cargo: str, runtime: ToolRuntime[Any, Any]) -> str:
    """How heavy a cargo is."""
    runtime.emit_output_delta("on the scales")
    return f"{cargo}: 12 t"


@tool
async def sink(cargo: str) -> str:
    """Lose a cargo."""
    raise ValueError(f"{cargo} is lost")


def tooled() -> StateGraph[Chat]:
    """Asks for two tools, of which one fails."""
    calls = [
        {"name": "weigh", "args": {"cargo": "salt"}, "id": "call-1", "type": "tool_call"},
        {"name": "sink", "args": {"cargo": "salt"}, "id": "call-2", "type": "tool_call"},
    ]

    async def ask(_state: Chat) -> Chat:
        return {"messages": [AIMessage("", id="ask", tool_calls=calls)]}

    builder = StateGraph(Chat)
    steps: dict[str, Any] = {"ask": ask, "tools": ToolNode([weigh, sink], handle_tool_errors=True)}
    for name, step in steps.items():
        builder.add_node(name, step)
    builder.add_edge(START, "ask")
    builder.add_edge("ask", "tools")
    return builder


def _around(step: Any) -> StateGraph[Log]:
    """outer -> middle -> inner -> the step."""
    inner = StateGraph(Log)
    inner.add_node("step", step)
    inner.add_edge(START, "step")
    middle = StateGraph(Log)
    middle.add_node("inner", inner.compile())
    middle.add_edge(START, "inner")
    outer = StateGraph(Log)
    outer.add_node("middle", middle.compile())
    outer.add_edge(START, "middle")
    return outer


def deep() -> StateGraph[Log]:
    async def step(_state: Log) -> Log:
        return {"log": ["done"]}

    return _around(step)


def deep_asking() -> StateGraph[Log]:
    async def step(_state: Log) -> Log:
        return {"log": [str(interrupt("go on?"))]}

    return _around(step)


def deep_broken() -> StateGraph[Log]:
    async def step(_state: Log) -> Log:
        raise ValueError("the step is broken")

    return _around(step)


def catalog() -> Catalog:
    found = Catalog()
    for make in (tooled, deep, deep_asking, deep_broken):
        found.register(make.__name__, make())
    return found
