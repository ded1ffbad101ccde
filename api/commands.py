"""`stemma dev`, `serve`, `openapi` and `doctor`. Decides what they print; what they do stands beside.

Heavy imports stand inside the commands: this module is on the path of `--help`.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from stemma.api.settings import ApiSettings
    from stemma.graphs.runs.runtime import Runtime

app = typer.Typer(rich_markup_mode=None)

Port = Annotated[int | None, typer.Option(help="Port; API_PORT or 2024 otherwise. 0 takes a free one.")]

INTERRUPTED = 130


@app.command()
def dev(port: Port = None) -> None:
    """Serve on this machine only, and print one line for each run."""
    settings = _settings(host="127.0.0.1", port=port)
    _run(settings, report=True)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address; API_HOST or 127.0.0.1 otherwise.")] = None,
    port: Port = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Answer other machines without a key.")] = False,
) -> None:
    """Serve. Other machines are answered only with API_KEY."""
    settings = _settings(host=host, port=port, insecure=insecure or None)
    _run(settings, report=False)


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


def _settings(**given: Any) -> ApiSettings:
    from stemma.api.settings import ApiSettings

    return ApiSettings(**{name: value for name, value in given.items() if value is not None})


def _run(settings: ApiSettings, *, report: bool) -> None:
    from stemma.api.listening import bind

    # Before the rest is loaded: a port in use is told at once.
    listener = bind(settings)
    from stemma.api.serving import run_server

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

    def announce(address: str, runtime: Runtime) -> None:
        typer.echo(f"serving {', '.join(runtime.catalog.ids())} on {address}")
        needed = "required" if settings.key or settings.require_key else "not set"
        typer.echo(f"  routes {address}/docs   key {needed}   Ctrl-C stops")
        sys.stdout.flush()

    try:
        run_server(settings, listener, announce=announce, report=_say if report else None)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def _say(text: str) -> None:
    typer.echo(text)
    sys.stdout.flush()
