"""A real server in a process of its own, as `stemma serve` runs it, over the graphs and the project that clients are
tested with.

Run as a module it serves until SIGTERM: `python -m tests.clients.server`. Its settings are environment variables.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from stemma.api.listening import bind
from stemma.api.serving import run_server
from stemma.api.settings import ApiSettings
from stemma.graphs.projects.read import read_project
from tests.clients.graphs import client_graphs

ROOT = Path(__file__).parents[2]
PROJECT = Path(__file__).parent / "project"


@asynccontextmanager
async def served(folder: Path, port: int = 0) -> AsyncIterator[str]:
    """The address of a server whose stores are in the folder, until the block ends."""
    own = {
        "API_PORT": str(port),
        "API_HEARTBEAT_SECONDS": "1",
        "GRAPHS_DATABASE_URL": f"sqlite:///{folder / 'runs.db'}",
        "MEMORY_EMBEDDER": "hashing",
        "MEMORY_URL": f"sqlite:///{folder / 'memory.db'}",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.clients.server",
        cwd=ROOT,
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            address = (await process.stdout.readline()).decode().strip()
        assert address, "the server did not start"
        yield address
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.communicate()


def main() -> None:
    settings = ApiSettings()

    def announce(address: str, _: object) -> None:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()

    project = read_project(PROJECT)
    run_server(settings, bind(settings), announce=announce, graphs=client_graphs(), project=project)


if __name__ == "__main__":
    main()
