"""A server around the application: how it starts and stops.

Starting: the stores first, so that a start that cannot succeed says why, then requests. Stopping: open streams end and
waits are cut, requests drain, then the runtime requeues what runs. Nothing accepted is lost. A project's own lifespan
is entered before the stores and left after them.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import uvicorn
import uvloop

from stemma.api.app import create_app
from stemma.api.project import ServedProject, open_project
from stemma.api.run_log import report_runs
from stemma.api.services import Services
from stemma.api.settings import ApiSettings
from stemma.graphs.local import open_local
from stemma.graphs.projects.model import Project
from stemma.graphs.runs.runtime import Runtime


def run_server(
    settings: ApiSettings,
    listener: socket.socket,
    *,
    announce: Callable[[str, Runtime], None],
    graphs: Mapping[str, Any] | None = None,
    project: Project | None = None,
    report: Callable[[str], None] | None = None,
    imported: Callable[[], None] | None = None,
) -> None:
    """Serve until a signal. `announce` gets the address and the runtime once requests are taken, `report` a line a run.
    `imported` is called when the project's code is, before the stores are opened.

    Raises: what opening the stores raises; InvalidProject. KeyboardInterrupt after Ctrl-C.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, _terminated_last() as terminable:
        served = runner.run(open_project(project)) if project is not None else None
        if imported is not None:
            imported()
        runner.run(_serve(settings, listener, announce, graphs or {}, served, report, terminable))


async def _serve(
    settings: ApiSettings,
    listener: socket.socket,
    announce: Callable[[str, Runtime], None],
    graphs: Mapping[str, Any],
    project: ServedProject | None,
    report: Callable[[str], None] | None,
    terminable: Callable[[], None],
) -> None:
    async with AsyncExitStack() as stack:
        if project is not None:
            project = await stack.enter_async_context(project.entered())
        loaded = project.loaded if project is not None else None
        local = await stack.enter_async_context(open_local(graphs=graphs, project=loaded))
        runtime = local.runtime
        app = create_app(runtime, settings, memory=local.memory, project=project)
        host, port = listener.getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        server = Server(app, settings, lambda: announce(address, runtime))
        terminable()
        if report is None:
            await server.serve(sockets=[listener])
            return
        reporting = asyncio.create_task(report_runs(runtime, report))
        try:
            await server.serve(sockets=[listener])
        finally:
            reporting.cancel()
            await asyncio.gather(reporting, return_exceptions=True)


@contextmanager
def _terminated_last() -> Iterator[Callable[[], None]]:
    """uvicorn raises SIGTERM again when it has stopped, before the stores are closed: from the call of what this gives,
    the process ends by it only after the block.
    """
    caught: list[int] = []
    before = signal.getsignal(signal.SIGTERM)

    def begin() -> None:
        signal.signal(signal.SIGTERM, lambda number, _: caught.append(number))

    try:
        yield begin
    finally:
        signal.signal(signal.SIGTERM, before)
        if caught:
            signal.raise_signal(signal.SIGTERM)


class Server(uvicorn.Server):
    """uvicorn, which ends long answers before it waits for them."""

    def __init__(self, app: Any, settings: ApiSettings, started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="httptools",
                ws="websockets-sansio",
                ws_max_size=settings.max_body_bytes,
                ws_per_message_deflate=False,
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=settings.drain_seconds,
            )
        )
        self.app = app
        self.on_started = started
        logging.getLogger("uvicorn.error").addFilter(_not_a_cut_answer)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        services: Services = self.app.state.services
        services.answers.stop()
        await super().shutdown(sockets)


def _not_a_cut_answer(record: logging.LogRecord) -> bool:
    # uvicorn's only way to cut a connection is an answer without an end, and it calls that an error.
    return "without completing response" not in record.getMessage()
