"""Readers that lose their connection at given places and come back: what they got, in order, event by event.

One for each way a client reads: the first protocol with Last-Event-ID; the thread-centric one with `since`, without it
(as the JavaScript SDK does, which drops what it has seen by event id), and over WebSocket.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from itertools import pairwise
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

Got = tuple[int, str]
"""(number, what was told)."""
BROKEN = (httpx.TransportError, httpx.HTTPStatusError, OSError, WebSocketException)
CHANNELS = ["custom", "lifecycle", "updates"]
MODES = ["custom", "updates"]
Open = Callable[[int], AsyncGenerator[Got | None, None]]
"""From a cursor on; None when the run has ended and all was told."""


async def cut_reader(opened: Open, places: Sequence[int], *, keeps_cursor: bool = True) -> list[Got]:
    """What a reader got that was cut after so many events, each time, and reads to the end at last.

    Without a cursor it begins anew and leaves out what it has.
    """
    got: list[Got] = []
    seen: set[int] = set()
    cuts = [*places, 0]
    while True:
        place, fresh = cuts[0], 0
        try:
            async with aclosing(opened(got[-1][0] if got and keeps_cursor else 0)) as events:
                async for event in events:
                    if event is None:
                        return got
                    if not keeps_cursor and event[0] in seen:
                        continue
                    seen.add(event[0])
                    got.append(event)
                    fresh += 1
                    if ends(event[1]):
                        return got
                    if place and fresh >= place:
                        break
        except BROKEN:
            await asyncio.sleep(0.05)  # the server is away
            continue
        if len(cuts) > 1:
            cuts.pop(0)


def first_protocol(http: httpx.AsyncClient, thread_id: str, run_id: str) -> Open:
    async def events(cursor: int) -> AsyncGenerator[Got | None, None]:
        path, headers = f"/threads/{thread_id}/runs/{run_id}/stream", {"Last-Event-ID": str(cursor)}
        async with http.stream("GET", path, params={"stream_mode": MODES}, headers=headers) as answer:
            answer.raise_for_status()
            async with aclosing(_frames(answer)) as frames:
                async for event in frames:
                    yield int(event["id"]), f"{event['event']} {event['data']}"
        status = (await http.get(f"/threads/{thread_id}/runs/{run_id}")).json()["status"]
        if status not in ("pending", "running"):
            yield None

    return events


def thread_protocol(http: httpx.AsyncClient, thread_id: str) -> Open:
    async def events(cursor: int) -> AsyncGenerator[Got | None, None]:
        body: dict[str, Any] = {"channels": CHANNELS, **({"since": cursor} if cursor else {})}
        async with http.stream("POST", f"/threads/{thread_id}/stream/events", json=body) as answer:
            answer.raise_for_status()
            async with aclosing(_frames(answer)) as frames:
                async for event in frames:
                    yield _told(event["data"])

    return events


def thread_socket(http: httpx.AsyncClient, thread_id: str) -> Open:
    async def events(cursor: int) -> AsyncGenerator[Got | None, None]:
        url = str(http.base_url).rstrip("/").replace("http", "ws", 1) + f"/threads/{thread_id}/stream/events"
        async with connect(url, max_queue=None) as socket:  # otherwise it reads no close while events wait
            params = {"channels": CHANNELS, **({"since": cursor} if cursor else {})}
            await socket.send(json.dumps({"id": 1, "method": "subscription.subscribe", "params": params}))
            async for text in socket:
                if '"type":"event"' in str(text):
                    yield _told(str(text))

    return events


def ends(text: str) -> bool:
    """Whether this is the last event of a run in the thread-centric protocol."""
    if '"method":"lifecycle"' not in text:
        return False
    params = json.loads(text)["params"]
    return not params["namespace"] and params["data"]["event"] in ("completed", "failed", "interrupted")


def _told(text: str) -> Got:
    return json.loads(text)["seq"], text


async def _frames(answer: httpx.Response) -> AsyncGenerator[dict[str, str], None]:
    """Server-sent events as they come; one that was cut off is none."""
    left = ""
    async for text in answer.aiter_text():
        *blocks, left = (left + text).split("\n\n")
        for block in blocks:
            fields = dict(line.partition(": ")[::2] for line in block.split("\n") if not line.startswith(":"))
            if fields.get("data"):
                yield fields


def faults(got: Sequence[Got], whole: Sequence[Got]) -> dict[str, int]:
    """How a reader's events differ from those of one that was never cut."""
    numbers = [number for number, _ in got]
    return {
        "missing": len(set(whole) - set(got)),
        "unknown": len(set(got) - set(whole)),
        "duplicated": len(numbers) - len(set(numbers)),
        "reordered": sum(after < before for before, after in pairwise(numbers)),
    }
