"""G17: on one thread one run at a time, whatever clients ask for at the same moment, through whichever process."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from bench.served import ledger, served, thread

STRATEGIES = ("reject", "enqueue", "interrupt", "rollback")


async def overlaps(folder: Path, *, clients: int, threads: int, posts: int, seed: int) -> dict[str, Any]:
    """Each client posts runs one after the other, to a random thread with a random strategy."""
    async with served(folder) as first, served(folder) as second:
        ids = [await thread(first) for _ in range(threads)]
        asked = [
            _client((first, second)[number % 2], ids, random.Random(seed * 1000 + number), posts)
            for number in range(clients)
        ]
        answers: Counter[int] = sum(await asyncio.gather(*asked), Counter())
        ends = await asyncio.gather(*(_ends(first, thread_id) for thread_id in ids))
    faults = {"overlaps": overlapping(ledger(folder)), "unfinished": sum(ends)}
    faults["other answers"] = sum(count for status, count in answers.items() if status not in (200, 409))
    sizes = {"clients": clients, "threads": threads, "posts a client": posts, "seed": seed}
    started = len({tuple(words[1:3]) for words in ledger(folder) if words[0] == "start"})
    return {**sizes, "accepted": answers[200], "rejected": answers[409], "runs started": started, "faults": faults}


def overlapping(lines: list[list[str]]) -> int:
    """How often a step began while another run's was open on its thread, or after a later run had begun there."""
    found, open_steps, over, latest = 0, Counter[str](), set[str](), dict[str, str]()
    for kind, thread_id, run_id, *_ in lines:
        if kind == "end":
            open_steps[thread_id] -= 1
            continue
        if latest.get(thread_id) not in (None, run_id):
            over.add(latest[thread_id])
        found += open_steps[thread_id] > 0 or run_id in over
        latest[thread_id] = run_id
        open_steps[thread_id] += 1
    return found


async def _client(client: httpx.AsyncClient, threads: list[str], chance: random.Random, posts: int) -> Counter[int]:
    answers: Counter[int] = Counter()
    for _ in range(posts):
        body = {"assistant_id": "intervals", "input": {}, "multitask_strategy": chance.choice(STRATEGIES)}
        answers[(await client.post(f"/threads/{chance.choice(threads)}/runs", json=body)).status_code] += 1
        await asyncio.sleep(chance.uniform(0.0, 0.02))
    return answers


async def _ends(client: httpx.AsyncClient, thread_id: str) -> int:
    """Wait for every run of the thread; how many have not ended after a minute."""
    live: list[str] = []
    try:
        async with asyncio.timeout(60):
            while True:
                listed = (await client.get(f"/threads/{thread_id}/runs", params={"limit": 1000})).json()
                live = [run["run_id"] for run in listed if run["status"] in ("pending", "running")]
                if not live:
                    return 0
                for run_id in live:
                    await client.get(f"/threads/{thread_id}/runs/{run_id}/join")
    except TimeoutError:
        return len(live)
