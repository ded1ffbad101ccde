"""The graph both servers run: three steps that do next to nothing, so that what is measured is the machinery."""

from __future__ import annotations

import operator
from typing import Annotated, TypedDict

from langgraph.graph import END, START, StateGraph


class State(TypedDict, total=False):
    """n counts steps; log names them."""

    n: int
    log: Annotated[list[str], operator.add]


async def first(state: State) -> State:
    return {"n": state.get("n", 0) + 1, "log": ["first"]}


async def second(state: State) -> State:
    return {"n": state.get("n", 0) + 1, "log": ["second"]}


async def third(state: State) -> State:
    return {"n": state.get("n", 0) + 1, "log": ["third"]}


def build() -> StateGraph[State]:
    """start -> first -> second -> third -> end."""
    graph = StateGraph(State)
    graph.add_node("first", first)
    graph.add_node("second", second)
    graph.add_node("third", third)
    graph.add_edge(START, "first")
    graph.add_edge("first", "second")
    graph.add_edge("second", "third")
    graph.add_edge("third", END)
    return graph
