"""A real server in this process: real sockets, real SQLite, the server class that `stemma serve` runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from stemma.api import create_app
from stemma.api.listening import bind
from stemma.api.serving import Server
from stemma.api.settings import ApiSettings
from stemma.graphs.catalog import Catalog
from stemma.graphs.policy import LOCAL
from stemma.graphs.runs.model import Run
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings
from stemma.graphs.webhooks.settings import WebhookSettings
from stemma.memory.long_term import LongTermMemory
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings
from tests.integration.commits import Commits
from tests.integration.toy_graphs import toy_graphs

KEY = "a-key-for-tests"


@dataclass(frozen=True)
class Live:
    """A server that takes requests."""

    url: str
    runtime: Runtime
    commits: Commits
    app: FastAPI
    memory: LongTermMemory
    key: str | None = None

    async def ended(self, cron_id: str) -> list[Run]:
        """The runs of a cron that have ended, newest first."""
        runs = await self.runtime.list_runs(LOCAL, limit=1000)
        return [run for run in runs if run.metadata.get("cron_id") == cron_id and run.status.ended]

    def client(self) -> LangGraphClient:
        """The official SDK, talking to this server."""
        return get_client(url=self.url, api_key=self.key)


@asynccontextmanager
async def toy_runtime(
    folder: Path, memory: LongTermMemory | None = None, webhooks: WebhookSettings | None = None
) -> AsyncIterator[Runtime]:
    """A running runtime over the toy graphs, its store in the folder; with a memory, graphs get a store."""
    catalog = Catalog()
    for name, graph in toy_graphs().items():
        catalog.register(name, graph)
    settings = GraphSettings(database_url=f"sqlite:///{folder / 'runs.db'}")
    async with await open_runtime(catalog, settings, memory=memory, webhooks=webhooks) as runtime:
        yield runtime


@asynccontextmanager
async def toy_memory(folder: Path) -> AsyncIterator[LongTermMemory]:
    """An open memory whose embedder needs no model, its store in the folder."""
    settings = MemorySettings(embedder="hashing")
    async with await open_memory(settings, url=f"sqlite:///{folder / 'memory.db'}") as memory:
        yield memory


@asynccontextmanager
async def live_server(folder: Path, *, webhooks: WebhookSettings | None = None, **given: Any) -> AsyncIterator[Live]:
    """Serve the toy graphs and an empty memory on a free port until the block ends. `given` are ApiSettings."""
    settings = ApiSettings(**{"port": 0, "heartbeat_seconds": 0.2, **given})
    async with toy_memory(folder) as memory, toy_runtime(folder, memory, webhooks) as runtime:
        app = create_app(runtime, settings, memory=memory)
        listener = bind(settings)
        started = asyncio.Event()
        server = Server(app, settings, started.set)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await started.wait()
            port = listener.getsockname()[1]
            key = settings.key.get_secret_value() if settings.key else None
            yield Live(f"http://127.0.0.1:{port}", runtime, Commits(runtime), app, memory, key)
        finally:
            server.should_exit = True
            await serving
