"""`stemma check` and `init`. Decides what they print; what they do stands in graphs/projects/.

Heavy imports stand inside the commands: this module is on the path of `--help`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode=None)


@app.command()
def check(
    config: Annotated[Path, typer.Option(help="A langgraph.json, or its folder.")] = Path("langgraph.json"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Import every graph of a project; one line each. Exit code 1 when one cannot be served."""
    import asyncio

    from stemma.graphs.projects.check import check_project

    lines = asyncio.run(check_project(config))
    failed = [line for line in lines if not line.ok]
    if as_json:
        typer.echo(json.dumps({"ok": not failed, "checks": [line.as_dict() for line in lines]}))
    else:
        width = max(len(line.name) for line in lines)
        for line in lines:
            where = f"{line.path}  " if line.path else ""
            typer.echo(f"{'ok  ' if line.ok else 'FAIL'}  {line.name:<{width}}  {where}{line.finding}")
            if line.hint and not line.ok:
                typer.echo(f"      {'':<{width}}  try: {line.hint}")
    if failed:
        raise typer.Exit(1)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where to write it; made if need be.")] = Path(),
    template: Annotated[str, typer.Option(help="answer, agent or own.")] = "own",
) -> None:
    """Write a project that runs. Nothing is overwritten."""
    from stemma.graphs.projects.template import TEMPLATES, write_template

    for file in write_template(template, folder):
        typer.echo(f"  {folder / file}")
    typer.echo(f"{template}: {TEMPLATES[template]}")
    typer.echo(f"  try: {'' if folder == Path() else f'cd {folder} && '}stemma check && stemma dev")
