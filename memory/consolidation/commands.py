"""The command `stemma memory consolidate`: its name, options and help.

Decides what can be typed. What it does and prints stands in `shell.py`, which is imported only when it runs, so that
help answers at once.
"""

from __future__ import annotations

from typing import Annotated

import typer

consolidation_app = typer.Typer(rich_markup_mode=None)


@consolidation_app.command("consolidate")
def consolidate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would do, and change nothing.")] = False,
    undo: Annotated[str, typer.Option("--undo", metavar="ID", help="Take back exactly what one run did.")] = "",
    runs: Annotated[bool, typer.Option("--list", help="List the runs there were, newest first.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="List at most so many.")] = 20,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides; without it, your login name.")] = "",
    user: Annotated[str, typer.Option("--user", help="One user's memory, in place of everybody's.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what says the same once, and put what nobody used below the rest. Nothing is deleted.

    Ctrl-C keeps what is done (exit code 130); the same command goes on from there. What is unused is older than
    MEMORY_DEMOTE_AFTER_DAYS (90; 0 demotes nothing).
    """
    from stemma.memory.consolidation import shell

    if sum((dry_run, bool(undo), runs)) > 1:
        raise typer.BadParameter("choose one of them", param_hint="--dry-run, --undo, --list")
    if runs:
        shell.print_runs(user=user, limit=limit, as_json=as_json)
    elif undo:
        shell.undo_run(undo, by=by, user=user, as_json=as_json)
    else:
        raise typer.Exit(shell.consolidate(dry_run=dry_run, by=by, user=user, limit=limit, as_json=as_json))
