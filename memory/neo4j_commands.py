"""`stemma neo4j start | stop | status | install`: the Neo4j of this project, without Docker.

Decides what is printed, which is never a password; `neo4j_local.py` does the work. Progress goes to standard error, the
answer to standard output.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stemma.memory.neo4j_folder import LocalServer
    from stemma.memory.neo4j_jars import Release
    from stemma.memory.neo4j_local import LocalNeo4j

neo4j_app = typer.Typer(no_args_is_help=True, help="Run a real Neo4j without Docker.", rich_markup_mode=None)

_Folder = Annotated[Path | None, typer.Option(help="Data, log and state (default: MEMORY_NEO4J_FOLDER).")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]
_Version = Annotated[
    str | None, typer.Option("--version", help="2026.08 or 5.26, the long-term line (default: MEMORY_NEO4J_VERSION).")
]
_Port = Annotated[int, typer.Option(min=0, max=65535, help="Bolt port on 127.0.0.1; 0 takes a free one.")]


@neo4j_app.command()
def start(folder: _Folder = None, port: _Port = 7687, version: _Version = None, as_json: _Json = False) -> None:
    """Start it and wait until it answers. The first time fetches 150 MB of program files."""
    server = _local(folder, port, version).start(_show)
    _tell(server, as_json)


@neo4j_app.command()
def stop(folder: _Folder = None, as_json: _Json = False) -> None:
    """End it cleanly and wait for it."""
    stopped = _local(folder).stop()
    if as_json:
        typer.echo(json.dumps({"running": False, "stopped": stopped}))
    else:
        typer.echo("Neo4j is stopped." if stopped else "Neo4j was not running.")


@neo4j_app.command()
def status(folder: _Folder = None, as_json: _Json = False) -> None:
    """Say whether it runs, and how to use it. Exit code 1 when it does not run."""
    _tell(_local(folder).status(), as_json)


@neo4j_app.command()
def install(version: _Version = None, as_json: _Json = False) -> None:
    """Fetch the program files now, so that a later start needs no network."""
    from stemma.memory.neo4j_jars import install as fetch
    from stemma.memory.neo4j_jars import java

    runtime, jars, release = java(), _jars(), _release(version)
    fetched = fetch(jars, release, _show)
    if as_json:
        told = {"version": release.version, "fetched": fetched, "folder": str(jars), "java": str(runtime)}
        typer.echo(json.dumps(told))
    else:
        typer.echo(f"Neo4j {release.version} is installed in {jars} ({fetched} files fetched).")


def _local(folder: Path | None, port: int = 0, version: str | None = None) -> LocalNeo4j:
    from stemma.memory.neo4j_local import LocalNeo4j
    from stemma.memory.settings import MemorySettings

    return LocalNeo4j(folder or MemorySettings().neo4j_folder, jars=_jars(), port=port, release=_release(version))


def _release(version: str | None) -> Release:
    from stemma.memory.neo4j_jars import release_named
    from stemma.memory.settings import MemorySettings

    return release_named(version or MemorySettings().neo4j_version)


def _jars() -> Path:
    from stemma.memory.settings import MemorySettings

    return MemorySettings().model_folder / "neo4j"


def _show(done: int, total: int) -> None:
    typer.echo(f"\rfetching Neo4j: {done} of {total} files", nl=done == total, err=True)


def _tell(server: LocalServer | None, as_json: bool) -> None:
    if as_json:
        known = _named(server) if server else {}
        typer.echo(json.dumps({"running": server is not None, **known}))
    elif server is None:
        typer.echo("Neo4j is not running. Start it with: stemma neo4j start")
    else:
        typer.echo(f"Neo4j {server.version} runs at {server.url} (pid {server.pid}, files in {server.folder}).")
        typer.echo(f"Use it with: export MEMORY_URL={server.url}")
        typer.echo(_password_line(server))
        typer.echo("Stop it with: stemma neo4j stop")
    if server is None:
        raise typer.Exit(1)


def _named(server: LocalServer) -> dict[str, object]:
    where = {"url": server.url, "password_file": str(server.password_file)}
    return {**where, "pid": server.pid, "version": server.version}


def _password_line(server: LocalServer) -> str:
    from stemma.memory.settings import MemorySettings

    export = f'export MEMORY_PASSWORD="$(cat {shlex.quote(str(server.password_file))})"'
    found = MemorySettings().neo4j_folder.resolve() == Path(server.folder)
    return f"Its password is found by itself here; elsewhere: {export}" if found else f"and: {export}"
