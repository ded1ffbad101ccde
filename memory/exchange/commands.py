"""The commands `stemma memory export` and `import`: names, arguments and help.

Decides what can be typed. What a command does and prints stands in `shell.py`, imported only when a command runs.
"""

from __future__ import annotations

from typing import Annotated

import typer

exchange_app = typer.Typer(rich_markup_mode=None)

AsJson = Annotated[bool, typer.Option("--json", help="Print a summary as JSON (of an export to -, on standard error).")]
Target = Annotated[str, typer.Argument(metavar="FILE|-", help="A file, or - for standard output.")]
Origin = Annotated[str, typer.Argument(metavar="FILE|-", help="A file, or - for standard input.")]


@exchange_app.command("export")
def export(
    target: Target,
    tenant: Annotated[str, typer.Option(help="Whose memory.")] = "default",
    user: Annotated[str, typer.Option("--user", help="Only what belongs to one user.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write memory as JSON lines. Sources, passages, claims, answers, decisions, lineage, vectors and store items.

    The file appears when it is whole. It is noted in MEMORY_COPIES, so that `stemma erase` finds it.
    """
    from stemma.memory.exchange.shell import export_to

    raise typer.Exit(export_to(target, tenant=tenant, user=user, as_json=as_json))


@exchange_app.command("import")
def import_(origin: Origin, as_json: AsJson = False) -> None:
    """Take an export into memory. What is there stays; the same command again goes on where it stopped.

    Flags are worked out anew; ends with 1 when some come out otherwise than the file says, or records name what is not
    there.
    """
    from stemma.memory.exchange.shell import import_from

    raise typer.Exit(import_from(origin, as_json=as_json))
