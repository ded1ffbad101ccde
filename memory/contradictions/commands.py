"""The commands `stemma memory contradictions` and `resolve`: names, arguments and help.

Decides what can be typed. What a command does and prints stands in `shell.py`, imported only when a command runs.
"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

contradictions_app = typer.Typer(rich_markup_mode=None)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
User = Annotated[str, typer.Option("--user", help="Narrow to one user's memory.")]
ResolutionName = Literal["keep-older", "keep-newer", "both-hold"]


@contradictions_app.command("contradictions")
def contradictions(
    sweep: Annotated[bool, typer.Option("--sweep", help="First compare all claims that are there.")] = False,
    after: Annotated[str, typer.Option(metavar="ID", help="Let the sweep go on after this claim.")] = "",
    open_only: Annotated[bool, typer.Option("--open", help="Only those that nobody has resolved.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 20,
    offset: Annotated[int, typer.Option(min=0)] = 0,
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """List claims that exclude each other. Each with both quotes, and which side has more for it.

    Ctrl-C ends a sweep (exit code 130); what it found stays, and it says how to go on.
    """
    from stemma.memory.contradictions.shell import list_contradictions

    if after and not sweep:
        raise typer.BadParameter("it is where a sweep goes on: add --sweep", param_hint="--after")
    shown = {"open_only": open_only, "limit": limit, "offset": offset}
    raise typer.Exit(list_contradictions(shown, sweep=sweep, after=after, user=user, as_json=as_json))


@contradictions_app.command("resolve")
def resolve(
    contradiction_id: Annotated[str, typer.Argument(metavar="ID", help="As contradictions named it.")],
    resolution: Annotated[ResolutionName, typer.Argument(help="Which claim is kept, or that both hold.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept with the contradiction.")] = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides; without it, your login name.")] = "",
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """Decide about a contradiction, for good. It is not raised again.

    keep-older withdraws the newer claim; keep-newer lets it stand in the older one's place; both-hold gives back what
    was set apart on account of it.
    """
    import asyncio

    from stemma.memory.contradictions.shell import resolve_one

    asyncio.run(
        resolve_one(contradiction_id, resolution, by=by.strip(), reason=reason.strip(), user=user, as_json=as_json)
    )
