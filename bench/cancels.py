"""G13: a run cancelled at a random moment through another process ends soon, leaves no child and no later event."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from bench.served import events, ledger, percentile, served, thread

WITHIN_MS = 1000.0


async def cancels(folder: Path, *, runs: int, at_once: int, seed: int) -> dict[str, Any]:
    """Submit through one process, cancel through the other."""
    chance, seconds = random.Random(seed), []
    faults = {"not interrupted": 0, "events after the end": 0, "children alive": 0}
    async with served(folder) as first, served(folder) as second:
        for start in range(0, runs, at_once):
            moments = [chance.uniform(0.0, 0.4) for _ in range(min(at_once, runs - start))]
            found = await asyncio.gather(*(_cancelled(first, second, moment) for moment in moments))
            seconds += [took for took, _, _ in found]
            for _, path, before in found:
                faults["not interrupted"] += (await first.get(path)).json()["status"] != "interrupted"
                faults["events after the end"] += events((await first.get(f"{path}/stream")).text) != before
        pids = [int(words[1]) for words in ledger(folder) if words[0] == "child"]
        faults["children alive"] = sum(map(psutil.pid_exists, pids))
    p99 = percentile(seconds, 0.99)
    faults["p99 beyond a second"] = int(p99 > WITHIN_MS)
    figures = {"ended ms p50": percentile(seconds, 0.5), "ended ms p99": p99, "ended ms max": percentile(seconds, 1.0)}
    return {"runs": runs, "at once": at_once, "seed": seed, **figures, "children": len(pids), "faults": faults}


async def _cancelled(
    first: httpx.AsyncClient, second: httpx.AsyncClient, moment: float
) -> tuple[float, str, list[tuple[int, str, str]]]:
    """Seconds until it had ended, where it is, and its events right after."""
    body = {"assistant_id": "busy", "input": {}, "stream_mode": ["custom", "updates"]}
    run = (await first.post(f"/threads/{await thread(first)}/runs", json=body)).json()
    path = f"/threads/{run['thread_id']}/runs/{run['run_id']}"
    await asyncio.sleep(moment)
    began = time.perf_counter()
    (await second.post(f"{path}/cancel", params={"wait": "true"})).raise_for_status()
    took = time.perf_counter() - began
    return took, path, events((await second.get(f"{path}/stream")).text)
