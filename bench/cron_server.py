"""A process that the cron bench kills: a runtime that fires crons and runs them, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from multiprocessing.connection import Connection
from typing import TypedDict

from langgraph.graph import START, StateGraph

from stemma.graphs.catalog import Catalog
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.settings import GraphSettings


class State(TypedDict, total=False):
    n: int


async def _count(state: State) -> State:
    return {"n": state.get("n", 0) + 1}


def catalog() -> Catalog:
    """One graph of one step."""
    made = Catalog()
    made.register("count", StateGraph(State).add_node("count", _count).add_edge(START, "count"))
    return made


def serve(database: str, orders: Connection) -> None:
    """Say when it is ready, then work until an order comes or its giver is gone."""
    asyncio.run(_serve(database, orders))


async def _serve(database: str, orders: Connection) -> None:
    async with await open_runtime(catalog(), GraphSettings(database_url=f"sqlite:///{database}")):
        orders.send("ready")
        with contextlib.suppress(EOFError):
            await asyncio.to_thread(orders.recv)
