"""The process that the crash bench kills: a runtime with orders on standard input and answers on standard output.

Orders, a line each: `submit TAG` -> `ack TAG RUN_ID` once the run is accepted; `follow RUN_ID CURSOR` ->
`frame RUN_ID ID [left]` for every frame after the cursor and `end RUN_ID` after the last. Steps write what they did to
a ledger file.
"""

from __future__ import annotations

import asyncio
import operator
import os
import sys
import threading
from typing import Annotated, Any, TypedDict

from langgraph.graph import START, StateGraph

from stemma.graphs.catalog import Catalog
from stemma.graphs.policy import LOCAL
from stemma.graphs.runs.model import RunRequest
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings

STEPS = ("first", "left", "right", "last")
SECONDS = {"first": 0.005, "left": 0.001, "right": 0.2, "last": 0.005}
"""`left` and `right` run side by side; `right` is slower, so that a crash often falls between their ends."""
MODES = ("updates", "values", "tasks", "custom")


class State(TypedDict, total=False):
    tag: str
    log: Annotated[list[str], operator.add]


def graph(ledger: int) -> StateGraph[State]:
    """first -> (left | right) -> last."""

    def step(name: str) -> Any:
        async def run(state: State) -> State:
            os.write(ledger, f"{state['tag']} {name} start\n".encode())
            await asyncio.sleep(SECONDS[name])
            os.write(ledger, f"{state['tag']} {name} end\n".encode())
            return {"log": [name]}

        return run

    builder = StateGraph(State)
    for name in STEPS:
        builder.add_node(name, step(name))
    builder.add_edge(START, "first")
    builder.add_edge("first", "left")
    builder.add_edge("first", "right")
    builder.add_edge(["left", "right"], "last")
    return builder


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def obey(runtime: Runtime, order: list[str]) -> None:
    if order[0] == "submit":
        run = await runtime.submit(LOCAL, None, RunRequest("crash", input={"tag": order[1]}), idempotency_key=order[1])
        say("ack", order[1], run.run_id)
    else:
        run_id, cursor = order[1], int(order[2])
        async for frame in runtime.stream(LOCAL, None, run_id, modes=MODES, after=cursor):
            left = frame.event == "updates" and frame.data.startswith(b'{"left"')
            say("frame", run_id, frame.id, *(["left"] if left else []))
        say("end", run_id)


async def serve(database: str, ledger: str) -> None:
    catalog = Catalog()
    catalog.register("crash", graph(os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)))
    settings = GraphSettings(database_url=f"sqlite:///{database}")
    loop = asyncio.get_running_loop()
    orders: asyncio.Queue[str] = asyncio.Queue()

    def listen() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(orders.put_nowait, line)
        loop.call_soon_threadsafe(orders.put_nowait, "")

    threading.Thread(target=listen, daemon=True).start()
    tasks = set()
    async with await open_runtime(catalog, settings) as runtime:
        say("ready")
        while line := await orders.get():
            task = asyncio.ensure_future(obey(runtime, line.split()))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:3]))
