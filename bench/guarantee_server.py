"""The app under test of `bench/guarantees.py`: small graphs that say what they do in a ledger file.

`BENCH_LEDGER` names the file; lines are appended in one write each, so that the order of several processes is theirs.
"""

from __future__ import annotations

import asyncio
import operator
import os
from typing import Annotated, Any, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.config import get_stream_writer
from langgraph.graph import START, StateGraph

from stemma.api import create_app

LEDGER = os.open(os.environ["BENCH_LEDGER"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)


class State(TypedDict, total=False):
    """log names the steps."""

    log: Annotated[list[str], operator.add]


def note(*words: object) -> None:
    os.write(LEDGER, (" ".join(map(str, words)) + "\n").encode())


async def tell(_state: State) -> State:
    write = get_stream_writer()
    for number in range(20):
        write({"number": number})
    return {"log": ["tell"]}


async def busy(_state: State) -> State:
    """Goes on for a minute, with a child process that it takes along when it is cancelled."""
    child = await asyncio.create_subprocess_exec("sleep", "60")
    note("child", child.pid)
    try:
        write = get_stream_writer()
        for number in range(6000):
            write({"number": number})
            await asyncio.sleep(0.01)
    finally:
        child.kill()
        await child.wait()
    return {"log": ["busy"]}


def interval(name: str) -> Any:
    async def step(_state: State, config: RunnableConfig) -> State:
        place = config["configurable"]["thread_id"], config["metadata"]["run_id"]
        note("start", *place, name)
        try:
            await asyncio.sleep(0.01)
        finally:
            note("end", *place, name)
        return {"log": [name]}

    return step


def line(**steps: Any) -> Any:
    graph: Any = StateGraph(State)
    before = START
    for name, step in steps.items():
        graph.add_node(name, step)
        graph.add_edge(before, name)
        before = name
    return graph.compile()


app = create_app(
    graphs={
        "tell": line(tell=tell, again=tell),
        "busy": line(busy=busy),
        "intervals": line(first=interval("first"), second=interval("second")),
    },
    answer=False,
)
