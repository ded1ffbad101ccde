"""G7: many POSTs at the same time with one Idempotency-Key make one run; the key with another body is a conflict."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import Any

import httpx

from bench.served import served, thread


async def one_run_a_key(folder: Path, *, keys: int, posts: int) -> dict[str, Any]:
    """`posts` requests for each key, in turn to two processes over one store."""
    async with served(folder) as first, served(folder) as second:
        faults = {"runs beyond the first": 0, "other answers": 0, "other body taken": 0, "runs on the thread": 0}
        for _ in range(keys):
            thread_id, key = await thread(first), str(uuid.uuid4())
            answers = await asyncio.gather(
                *(_post((first, second)[number % 2], thread_id, key, "tell") for number in range(posts))
            )
            made = {answer.json()["run_id"] for answer in answers if answer.status_code == 200}
            faults["runs beyond the first"] += len(made) - 1
            faults["other answers"] += sum(answer.status_code != 200 for answer in answers)
            faults["other body taken"] += (await _post(second, thread_id, key, "intervals")).status_code != 409
            listed = (await first.get(f"/threads/{thread_id}/runs", params={"limit": 100})).json()
            faults["runs on the thread"] += len(listed) - 1
    return {"keys": keys, "posts a key": posts, "faults": faults}


async def _post(client: httpx.AsyncClient, thread_id: str, key: str, graph: str) -> httpx.Response:
    body = {"assistant_id": graph, "input": {}}
    return await client.post(f"/threads/{thread_id}/runs", json=body, headers={"Idempotency-Key": key})
