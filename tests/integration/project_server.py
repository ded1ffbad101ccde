"""A real server over a project, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from stemma.api.app import create_app
from stemma.api.listening import bind
from stemma.api.project import open_project
from stemma.api.serving import Server
from stemma.api.settings import ApiSettings
from stemma.graphs.local import open_local
from stemma.graphs.projects.read import read_project
from stemma.graphs.settings import GraphSettings


@asynccontextmanager
async def serving_of(file: Path, **settings: Any) -> AsyncIterator[str]:
    """The address of a server over a project."""
    api = ApiSettings(port=0, heartbeat_seconds=0.2, **settings)
    stores = GraphSettings(database_url=f"sqlite:///{file.with_name('runs.db')}")
    project = await open_project(read_project(file))
    async with project.entered() as entered, open_local(settings=stores, project=entered.loaded) as local:
        app = create_app(local.runtime, api, memory=local.memory, project=entered)
        listener, started = bind(api), asyncio.Event()
        server = Server(app, api, started.set)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await started.wait()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
