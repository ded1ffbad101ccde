"""Each client gets each event once and in order (G8), whatever happens to its connection; an answer is taken once.

    python -m bench.reconnect [--rounds 100] [--answers 50] [--seed 7]

In each round a run tells 200 events while four readers, one for each way to read, are cut three times at seeded random
places; the server is killed with SIGKILL and started again in every tenth round. Then so many clients answer one
interrupt at once. Figures go to `bench/results/reconnect.json`; ends with 1 when a promise is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from bench.cut_readers import cut_reader, faults, first_protocol, thread_protocol, thread_socket

ROOT = Path(__file__).resolve().parents[1]
EVENTS, CUTS, KILL_EVERY = 200, 3, 10


class Server:
    """A server process on one port and one store, that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._folder = folder
        self._places = {
            "GRAPHS_DATABASE_URL": f"sqlite:///{folder}/runs.db",
            "MEMORY_URL": f"sqlite:///{folder}/memory.db",
            "MEMORY_EMBEDDER": "hashing",
            "PYTHONPATH": str(ROOT),
        }

    async def start(self, http: httpx.AsyncClient) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "uvicorn", "bench.reconnect_server:app", "--port", str(self.port), "--no-access-log",
            "--log-level", "error", env=os.environ | self._places, cwd=self._folder,
        )  # fmt: skip
        async with asyncio.timeout(120):
            await _ready(http)

    async def kill(self) -> None:
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> None:
        self._process.terminate()
        await self._process.wait()


async def _ready(http: httpx.AsyncClient) -> None:
    while True:
        try:
            (await http.get("/ok")).raise_for_status()
            return
        except (httpx.TransportError, httpx.HTTPStatusError):
            await asyncio.sleep(0.05)


async def command(http: httpx.AsyncClient, thread_id: str, method: str, **params: Any) -> dict[str, Any]:
    sent = {"id": 1, "method": method, "params": params}
    reply: dict[str, Any] = (await http.post(f"/threads/{thread_id}/commands", json=sent)).raise_for_status().json()
    return reply


async def one_round(server: Server, http: httpx.AsyncClient, chance: random.Random, *, kill: bool) -> Counter[str]:
    """What is wrong with what the readers of one run got."""
    thread_id = str(uuid4())
    run_id = (await command(http, thread_id, "run.start", assistant_id="tell", input={}))["result"]["run_id"]
    v1, v2, ws = (
        first_protocol(http, thread_id, run_id),
        thread_protocol(http, thread_id),
        thread_socket(http, thread_id),
    )
    places = [[chance.randrange(1, EVENTS // CUTS) for _ in range(CUTS)] for _ in range(4)]
    readers = [
        cut_reader(v1, places[0]),
        cut_reader(v2, places[1]),
        cut_reader(v2, places[2], keeps_cursor=False),
        cut_reader(ws, places[3]),
    ]
    reading = asyncio.gather(*readers)
    if kill:
        await asyncio.sleep(chance.random() * 0.3)
        await server.kill()
        await server.start(http)
    async with asyncio.timeout(120):
        got = await reading
        whole = [await cut_reader(v1, ()), *[await cut_reader(v2, ())] * 3]
    found: Counter[str] = Counter()
    for name, events, all_of_them in zip(("v1", "v2", "v2 without since", "socket"), got, whole, strict=True):
        for fault, count in faults(events, all_of_them).items():
            found[f"{name}: {fault}"] += count
        found["events"] += len(events)
        told = [text for _, text in all_of_them if '"number"' in text]
        found[f"{name}: missing"] += max(0, EVENTS - len(told))
    return found


async def one_answer(http: httpx.AsyncClient, clients: int) -> dict[str, Any]:
    """So many clients answer the same interrupt at once."""
    thread_id = str(uuid4())
    started = await command(http, thread_id, "run.start", assistant_id="ask", input={})
    await http.get(f"/threads/{thread_id}/runs/{started['result']['run_id']}/join")
    asked = (await http.get(f"/threads/{thread_id}/state")).json()["interrupts"][0]["id"]
    answers = [
        command(http, thread_id, "input.respond", namespace=[], interrupt_id=asked, response=number)
        for number in range(clients)
    ]
    told = Counter(reply.get("error", "taken") for reply in await asyncio.gather(*answers))
    return {"clients": clients, **told}


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[Server, httpx.AsyncClient]]:
    server = Server(folder)
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=60, limits=limits) as http:
        await server.start(http)
        try:
            yield server, http
        finally:
            await server.stop()


async def measured(folder: Path, rounds: int, clients: int, seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    async with running(folder) as (server, http):
        found: Counter[str] = Counter()
        for number in range(rounds):
            found += await one_round(server, http, chance, kill=number % KILL_EVERY == KILL_EVERY - 1)
        answers = await one_answer(http, clients)
    events = found.pop("events")
    broken = {name: count for name, count in found.items() if count}
    reconnects, kills = rounds * 4 * CUTS, rounds // KILL_EVERY
    return {
        "seed": seed,
        "rounds": rounds,
        "reconnects": reconnects,
        "kills": kills,
        "events": events,
        "faults": broken,
        "answers": answers,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Readers that are cut, and answers that race.")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--answers", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path("bench/results/reconnect.json"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stemma-reconnect-") as folder:
        figures = asyncio.run(measured(Path(folder), asked.rounds, asked.answers, asked.seed))
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))
    sys.exit(1 if figures["faults"] or figures["answers"].get("taken") != 1 else 0)


if __name__ == "__main__":
    main()
