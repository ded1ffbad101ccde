"""G9 and G10: who joins late gets the whole history, also after a restart; who joins below what is kept is told so."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx

from bench.served import Event, events, served, thread

MODES = ["values", "updates", "custom", "tasks"]
NO_TIME = "0.000000001"
"""Days: everything that has ended is too old."""


async def late_readers(folder: Path, *, runs: int) -> dict[str, Any]:
    """Read runs live, after their end, after a restart, and after their events were forgotten."""
    async with served(folder) as client:
        live = dict(await asyncio.gather(*(_run(client) for _ in range(runs))))
        ended = {path: await _joined(client, path) for path in live}
    async with served(folder) as client:
        restarted = {path: await _joined(client, path) for path in live}
    silent = 0
    async with served(folder, GRAPHS_RETENTION_DAYS=NO_TIME) as client:
        for path, whole in live.items():
            for cursor in (0, whole[0][0], whole[len(whole) // 2][0]):
                silent += not await _told(client, path, cursor)
    faults = {
        "late joins that differ": sum(ended[path] != whole for path, whole in live.items()),
        "joins after a restart that differ": sum(restarted[path] != whole for path, whole in live.items()),
        "joins below the cut that were not told": silent,
    }
    return {"runs": runs, "events": sum(map(len, live.values())), "faults": faults}


async def _run(client: httpx.AsyncClient) -> tuple[str, list[Event]]:
    body = {"assistant_id": "tell", "input": {}, "stream_mode": MODES}
    answer = await client.post(f"/threads/{await thread(client)}/runs/stream", json=body)
    return answer.headers["location"], events(answer.text)


async def _joined(client: httpx.AsyncClient, path: str) -> list[Event]:
    return events((await client.get(path)).text)


async def _told(client: httpx.AsyncClient, path: str, cursor: int) -> bool:
    """Whether the first thing such a reader gets says that something is missing."""
    async with asyncio.timeout(60):
        while True:  # the server sweeps when it starts, beside the first requests
            got = events((await client.get(path, headers={"Last-Event-ID": str(cursor)})).text)
            if not got or got[0][1] != "metadata" or cursor > 0:
                return bool(got) and got[0][1] == "history_truncated"
            await asyncio.sleep(0.05)
