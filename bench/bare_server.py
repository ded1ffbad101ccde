"""The yardstick: what a competent engineer writes in an hour with FastAPI, sse-starlette and LangGraph's own saver.

It has checkpoints (AsyncSqliteSaver, synchronous=FULL, durability sync) and a stream. It has no run row, no event log,
no lease, no queue, no reconnect: a run lives and dies with its connection.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from fastapi import FastAPI
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from pydantic import BaseModel
from sse_starlette.sse import EventSourceResponse

from bench.pragmas import BARE_PRAGMAS
from bench.three_steps import build


class RunBody(BaseModel):
    """The part of a run's body that this server knows."""

    assistant_id: str
    input: dict[str, Any] | None = None
    stream_mode: list[str] = ["updates"]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with AsyncSqliteSaver.from_conn_string(os.environ["BENCH_DATABASE"]) as saver:
        await saver.setup()
        for pragma in BARE_PRAGMAS:
            await saver.conn.execute(f"PRAGMA {pragma}")
        app.state.graph = build().compile(checkpointer=saver)
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/ok")
async def ok() -> dict[str, bool]:
    return {"ok": True}


@app.post("/threads/{thread_id}/runs/stream")
async def stream(thread_id: str, body: RunBody) -> EventSourceResponse:
    config: Any = {"configurable": {"thread_id": thread_id}}

    async def events() -> AsyncIterator[dict[str, str]]:
        parts = app.state.graph.astream(body.input, config, stream_mode=body.stream_mode, durability="sync")
        async for mode, chunk in parts:
            yield {"event": mode, "data": orjson.dumps(chunk).decode()}

    return EventSourceResponse(events())
