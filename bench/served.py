"""Server processes of the benches that test guarantees: several over one store, each on a free port."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
Event = tuple[int, str, str]


@asynccontextmanager
async def served(folder: Path, **settings: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a new server process over the store in this folder; stopped at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {
        "BENCH_LEDGER": str(folder / "ledger"),
        "GRAPHS_DATABASE_URL": f"sqlite:///{folder}/runs.db",
        "MEMORY_URL": f"sqlite:///{folder}/memory.db",
        "MEMORY_EMBEDDER": "hashing",
        "PYTHONPATH": str(ROOT),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "uvicorn", "bench.guarantee_server:app", "--port", str(port), "--no-access-log",
        "--log-level", "warning", "--timeout-keep-alive", "120", env=os.environ | places | settings, cwd=folder,
    )  # fmt: skip
    try:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, limits=limits) as client:
            await _ready(client, process)
            yield client
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _ready(client: httpx.AsyncClient, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(300):
        while process.returncode is None:
            try:
                if (await client.get("/ok")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)
    raise SystemExit("the server did not start")


async def thread(client: httpx.AsyncClient) -> str:
    """A new thread's id."""
    return str((await client.post("/threads", json={})).raise_for_status().json()["thread_id"])


def events(text: str) -> list[Event]:
    """(id, name, data) of each event of a whole stream; heartbeats are none."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.partition(": ")[::2] for line in block.split("\n") if line and not line.startswith(":"))
        if fields:
            found.append((int(fields["id"]), fields["event"], fields["data"]))
    return found


def ledger(folder: Path) -> list[list[str]]:
    """What the steps noted, in order."""
    file = folder / "ledger"
    return [line.split() for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def percentile(seconds: list[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(seconds)
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else 0.0


def written(file: Path, figures: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
