"""A graph whose steps use their `store` in each of the ways that LangGraph offers."""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.config import get_store
from langgraph.graph import END, START, StateGraph
from langgraph.prebuilt import InjectedStore, ToolNode
from langgraph.runtime import Runtime
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

NOTES = ("notes",)


class Noted(TypedDict, total=False):
    """What to note, and what the steps found."""

    note: str
    messages: Annotated[list[Any], operator.add]
    found: Annotated[list[str], operator.add]


async def _put(state: Noted) -> Noted:
    """By `get_store`, on the event loop."""
    await get_store().aput(NOTES, "last", {"text": state["note"]}, index=["text"])
    return {"found": [], "messages": [AIMessage("", tool_calls=[{"name": "look", "args": {"key": "last"}, "id": "1"}])]}


def _get(_: Noted, runtime: Runtime[None]) -> Noted:
    """By the runtime, in a thread of LangGraph's."""
    assert runtime.store is not None
    item = runtime.store.get(NOTES, "last")
    [nearest] = runtime.store.search(NOTES, query="harbour", limit=1)
    return {"found": [f"get {item.value['text']}" if item else "nothing", f"search {nearest.key}"]}


@tool
def look(key: str, store: Annotated[BaseStore, InjectedStore()]) -> str:
    """Look into the store."""
    item = store.get(NOTES, key)
    return f"tool {item.value['text']}" if item else "nothing"


async def _sum_up(state: Noted) -> Noted:
    return {"found": [state["messages"][-1].content]}


async def _wrong(_: Noted) -> Noted:
    get_store().get(NOTES, "last")
    return {}


def noting() -> Any:
    """Compiled with a store of its own, which a server does not use."""
    graph: Any = StateGraph(Noted)
    steps = {"put": _put, "get": _get, "tools": ToolNode([look]), "sum_up": _sum_up}
    last = START
    for name, step in steps.items():
        graph.add_node(name, step)
        graph.add_edge(last, name)
        last = name
    graph.add_edge(last, END)
    return graph.compile(store=InMemoryStore())


def blocking() -> Any:
    """Its step calls a synchronous method on the event loop."""
    graph: Any = StateGraph(Noted)
    graph.add_node("wrong", _wrong)
    graph.add_edge(START, "wrong")
    return graph
