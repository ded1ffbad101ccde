"""The app under test of `bench/reconnect.py`: a graph that tells 200 events, fast, and one that asks a question."""

from __future__ import annotations

import asyncio
import operator
from typing import Annotated, Any, TypedDict

from langgraph.config import get_stream_writer
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt

from stemma.api import create_app

EVENTS = 200


class State(TypedDict, total=False):
    """log names the steps."""

    log: Annotated[list[str], operator.add]


async def tell(_state: State) -> State:
    write = get_stream_writer()
    for number in range(EVENTS):
        write({"number": number})
        await asyncio.sleep(0.001)
    return {"log": ["told"]}


async def ask(_state: State) -> State:
    return {"log": [str(interrupt("which?"))]}


def one_step(step: Any) -> Any:
    graph: Any = StateGraph(State)
    graph.add_node("step", step)
    graph.add_edge(START, "step")
    return graph.compile()


app = create_app(graphs={"tell": one_step(tell), "ask": one_step(ask)}, answer=False)
