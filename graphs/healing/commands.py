"""The command `stemma memory heal`: its name, arguments and help.

Decides what can be typed. What it does and prints stands in `shell.py`, which is imported only when it runs, so that
help answers at once.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command("heal")
def heal(
    retraction_id: Annotated[str, typer.Argument(metavar="RETRACTION", help="As retract or ls retractions named it.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would run, and run nothing.")] = False,
    move_head: Annotated[
        bool, typer.Option("--move-head", help="Let threads go on from the new answer, where nothing came after it.")
    ] = False,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="Give so many answers again at once.")] = 4,
    user: Annotated[str, typer.Option("--user", help="Heal one user's answers.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Answer again what a retraction tainted. On the memory as it is now; the old answers stay as they are.

    Ctrl-C lets what runs come to its end and begins no more (exit code 130); the same command goes on from there, also
    after a crash. Ends with 1 when an answer could not be given again because its run failed.
    """
    from stemma.graphs.healing.shell import look, run

    if dry_run:
        asyncio.run(look(retraction_id, user=user, as_json=as_json))
        return
    code = asyncio.run(run(retraction_id, move_head=move_head, parallel=parallel, user=user, as_json=as_json))
    raise typer.Exit(code)
