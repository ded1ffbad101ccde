"""`stemma dev`, `serve`, `openapi` and `doctor`. Decides what they print; what they do stands beside.

Heavy imports stand inside the commands: this module is on the path of `--help`.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from stemma.api.settings import ApiSettings
    from stemma.graphs.projects.model import Project
    from stemma.graphs.runs.runtime import Runtime

app = typer.Typer(rich_markup_mode=None)

Port = Annotated[int | None, typer.Option(help="Port; API_PORT or 2024 otherwise. 0 takes a free one.")]
Config = Annotated[
    Path | None,
    typer.Option(help="The project: a langgraph.json, or its folder; the one here otherwise, if there is one."),
]

INTERRUPTED = 130
LOOPBACK_PAGES = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"
"""Pages served from this machine may call `stemma dev`."""


@app.command()
def dev(
    port: Port = None,
    config: Config = None,
    reload: Annotated[bool, typer.Option(help="Serve a project's files anew when they change.")] = True,
) -> None:
    """Serve on this machine only, and print one line for each run."""
    project = _project(config)
    given: dict[str, Any] = {"host": "127.0.0.1", "port": port, "cors_pattern": LOOPBACK_PAGES}
    if project is None or not reload:
        _run(_settings(**given), project, report=True)
        return
    from stemma.api.listening import bind
    from stemma.api.reloading import Reloader
    from stemma.graphs.projects.dependencies import resolve

    settings = _settings(**given)
    listener = bind(settings)
    folders = resolve(project).folders
    arguments = {
        "config": str(project.file),
        "settings": {"host": settings.host, "cors_pattern": settings.cors_pattern},
    }
    try:
        Reloader(listener, arguments, folders, _say).run()
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def serve_project(
    config: Path, listener: socket.socket, imported: Callable[[], None], *, settings: dict[str, Any]
) -> None:
    """What a child of `stemma dev` does. Raises what `run_server` raises."""
    project = _project(config)
    _serve(_settings(**settings), listener, project, report=True, imported=imported)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address; API_HOST or 127.0.0.1 otherwise.")] = None,
    port: Port = None,
    config: Config = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Answer other machines without a key.")] = False,
) -> None:
    """Serve. Other machines are answered only with API_KEY."""
    project = _project(config)
    _run(_settings(host=host, port=port, insecure=insecure or None), project, report=False)


@app.command()
def openapi() -> None:
    """Print the API's OpenAPI document."""
    from stemma.api.app import create_app

    typer.echo(json.dumps(create_app().openapi(), indent=2))


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Check that everything that is needed is there. Exit code 1 when a check fails."""
    import asyncio

    from stemma.api.doctor import examine

    checks = asyncio.run(examine(_settings()))
    failed = [check for check in checks if not check.ok]
    if as_json:
        typer.echo(json.dumps({"ok": not failed, "checks": [check.as_dict() for check in checks]}))
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            typer.echo(f"{'ok  ' if check.ok else 'FAIL'}  {check.name:<{width}}  {check.finding}")
            if check.hint and not check.ok:
                typer.echo(f"      {'':<{width}}  try: {check.hint}")
    if failed:
        raise typer.Exit(1)


def _project(config: Path | None) -> Project | None:
    """The project to serve, its variables set: before any settings are read, because they may be among them."""
    from stemma.graphs.projects.read import FILE, read_project

    if config is None and not Path(FILE).is_file():
        return None
    from stemma.graphs.projects.settings import set_variables, variables

    project = read_project(config or Path(FILE))
    set_variables(variables(project))
    return project


def _settings(**given: Any) -> ApiSettings:
    from stemma.api.settings import ApiSettings

    return ApiSettings(**{name: value for name, value in given.items() if value is not None})


def _run(settings: ApiSettings, project: Project | None, *, report: bool) -> None:
    from stemma.api.listening import bind

    # Before the rest is loaded: a port in use is told at once.
    listener = bind(settings, asks=project is not None and project.auth.path is not None)
    try:
        _serve(settings, listener, project, report=report)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def _serve(
    settings: ApiSettings,
    listener: socket.socket,
    project: Project | None,
    *,
    report: bool,
    imported: Callable[[], None] | None = None,
) -> None:
    from stemma.api.serving import run_server

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

    def announce(address: str, runtime: Runtime) -> None:
        typer.echo(f"serving {', '.join(runtime.catalog.ids())} on {address}")
        needed = "required" if settings.key or settings.require_key else "not set"
        typer.echo(f"  routes {address}/docs   key {needed}   Ctrl-C stops")
        sys.stdout.flush()

    reporting = _say if report else None
    run_server(settings, listener, announce=announce, project=project, report=reporting, imported=imported)


def _say(text: str) -> None:
    typer.echo(text)
    sys.stdout.flush()
