"""The smallest graph that can be served: one step that reads the state and returns what changes."""

from __future__ import annotations

from typing import TypedDict

from langgraph.graph import END, START, StateGraph


class State(TypedDict, total=False):
    """What the graph takes in and gives back."""

    name: str
    greeting: str


async def greet(state: State) -> State:
    return {"greeting": f"Hello, {state.get('name') or 'world'}!"}


builder = StateGraph(State)
builder.add_node("greet", greet)
builder.add_edge(START, "greet")
builder.add_edge("greet", END)
graph = builder.compile()
