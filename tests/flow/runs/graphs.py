"""Small graphs whose every move a test controls: steps wait for gates, and count how often they ran."""

from __future__ import annotations

import asyncio
import operator
from collections import Counter
from typing import Annotated, Any, TypedDict

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AnyMessage
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import interrupt

from stemma.graphs.catalog import Catalog

TICKS: Counter[str] = Counter()
"""How often each (tag, step) ran."""
GATES: dict[str, asyncio.Event] = {}
"""Steps named `gate` wait for the event of their tag."""
ARRIVED: dict[str, asyncio.Event] = {}
"""Set when the step named `gate` is reached."""


class State(TypedDict, total=False):
    tag: str
    n: int
    log: Annotated[list[str], operator.add]
    answer: Any


def gate(tag: str) -> asyncio.Event:
    """Make the gate that runs with this tag wait at."""
    ARRIVED[tag] = asyncio.Event()
    GATES[tag] = asyncio.Event()
    return GATES[tag]


def _step(name: str) -> Any:
    async def step(state: State) -> State:
        TICKS[f"{state.get('tag', '')}/{name}"] += 1
        get_stream_writer()({"at": name})
        return {"n": state.get("n", 0) + 1, "log": [name]}

    return step


async def _wait(state: State) -> State:
    tag = state.get("tag", "")
    TICKS[f"{tag}/gate"] += 1
    if tag in GATES:
        ARRIVED[tag].set()
        await GATES[tag].wait()
    return {"log": ["gate"]}


async def _fail(_state: State) -> State:
    raise ValueError("the step is broken")


async def _ask(state: State) -> State:
    TICKS[f"{state.get('tag', '')}/ask"] += 1
    return {"answer": interrupt({"question": "go on?"}), "log": ["ask"]}


def _sequence(builder: StateGraph[Any], steps: list[tuple[str, Any]]) -> None:
    before = START
    for name, step in steps:
        builder.add_node(name, step)
        builder.add_edge(before, name)
        before = name


def chain() -> StateGraph[State]:
    """a -> b -> c."""
    builder = StateGraph(State)
    _sequence(builder, [(name, _step(name)) for name in "abc"])
    return builder


def gated() -> StateGraph[State]:
    """a -> gate -> c."""
    builder = StateGraph(State)
    _sequence(builder, [("a", _step("a")), ("gate", _wait), ("c", _step("c"))])
    return builder


def broken() -> StateGraph[State]:
    builder = StateGraph(State)
    _sequence(builder, [("a", _step("a")), ("fail", _fail)])
    return builder


def asking() -> StateGraph[State]:
    """a -> ask (interrupts) -> c."""
    builder = StateGraph(State)
    _sequence(builder, [("a", _step("a")), ("ask", _ask), ("c", _step("c"))])
    return builder


def endless() -> StateGraph[State]:
    builder = StateGraph(State)
    builder.add_node("a", _step("a"))
    builder.add_edge(START, "a")
    builder.add_edge("a", "a")
    return builder


def nested() -> StateGraph[State]:
    """a -> inner (a graph: x -> y) -> c."""
    inner = StateGraph(State)
    _sequence(inner, [("x", _step("x")), ("y", _step("y"))])
    builder = StateGraph(State)
    _sequence(builder, [("a", _step("a")), ("inner", inner.compile()), ("c", _step("c"))])
    return builder


class Chat(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]


def chat() -> StateGraph[Chat]:
    """A model that streams, then a step that answers without one."""

    async def talk(state: Chat) -> Chat:
        model = GenericFakeChatModel(messages=iter([AIMessage("one two three", id="talk")]))
        return {"messages": [await model.ainvoke(state["messages"])]}

    async def note(_state: Chat) -> Chat:
        return {"messages": [AIMessage("noted", id="note")]}

    builder = StateGraph(Chat)
    _sequence(builder, [("talk", talk), ("note", note)])
    builder.add_edge("note", END)
    return builder


def catalog() -> Catalog:
    """All of them, by name."""
    found = Catalog()
    for make in (chain, gated, broken, asking, endless, nested, chat):
        found.register(make.__name__, make())
    return found
