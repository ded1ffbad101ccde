"""The commands `stemma memory why`, `reach`, `tainted`, `retract`, `quarantine` and `restore`: names, arguments, help.

Decides what can be typed. What a command does and prints stands in `lineage_shell.py` and `retraction_shell.py`, which
are imported only when a command runs, so that help answers at once.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from stemma.memory.history.commands import KnownAt, moment

lineage_app = typer.Typer(rich_markup_mode=None)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
User = Annotated[str, typer.Option("--user", help="Narrow to one user's memory.")]
ItemId = Annotated[str, typer.Argument(metavar="ID", help="A source, passage, claim or answer, as ls or ask named it.")]
Decided = Annotated[str, typer.Argument(metavar="ID", help="A source or a claim.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="Draw at most so many items, the nearest first.")]
Picture = Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Write a picture of it to this file.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with the decision.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides; without it, your login name.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what it would change, and change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]


@lineage_app.command("why")
def why(
    item_id: ItemId,
    picture: Picture = None,
    limit: Limit = 200,
    known_at: KnownAt = "",
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """Show what something rests on. Its reasons are followed down to the quote, the page and the source."""
    from stemma.memory.lineage.model import Direction
    from stemma.memory.lineage_shell import Look, print_lineage

    look = Look(Direction.UPSTREAM, limit, moment(known_at, "--known-at"))
    asyncio.run(print_lineage(item_id, look, user=user, picture=picture, as_json=as_json))


@lineage_app.command("reach")
def reach(
    item_id: ItemId,
    picture: Picture = None,
    limit: Limit = 200,
    known_at: KnownAt = "",
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """Show what something reached. Claims that were derived from it, and answers with their runs and threads."""
    from stemma.memory.lineage.model import Direction
    from stemma.memory.lineage_shell import Look, print_lineage

    look = Look(Direction.DOWNSTREAM, limit, moment(known_at, "--known-at"))
    asyncio.run(print_lineage(item_id, look, user=user, picture=picture, as_json=as_json))


@lineage_app.command("tainted")
def tainted(
    stale: Annotated[bool, typer.Option("--stale", help="Also those that rest on what is no longer current.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 20,
    offset: Annotated[int, typer.Option(min=0)] = 0,
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """List answers that rest on what was taken back. Each with its run, its thread, and what is wrong below it."""
    from stemma.memory.lineage_shell import print_tainted

    asyncio.run(print_tainted(user=user, stale=stale, limit=limit, offset=offset, as_json=as_json))


@lineage_app.command("retract")
def retract(
    item_id: Decided,
    reason: Reason,
    by: By = "",
    user: User = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Withdraw a source or a claim. What rests on it alone goes too; all is kept, and can be given back.

    Says first what it takes, and asks; without a terminal it needs --yes. Ends with 1 when the answer was no.
    """
    _decide(item_id, reason, by, quarantine=False, user=user, dry_run=dry_run, yes=yes, as_json=as_json)


@lineage_app.command("quarantine")
def quarantine(
    item_id: Decided,
    reason: Reason,
    by: By = "",
    user: User = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Set a source or a claim apart. Until a person has looked at it, it counts as withdrawn.

    Says first what it takes, and asks; without a terminal it needs --yes. Ends with 1 when the answer was no.
    """
    _decide(item_id, reason, by, quarantine=True, user=user, dry_run=dry_run, yes=yes, as_json=as_json)


@lineage_app.command("restore")
def restore(
    retraction_id: Annotated[str, typer.Argument(metavar="RETRACTION", help="As retract or ls retractions named it.")],
    by: By = "",
    user: User = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Lift a retraction or a quarantine. Exactly what it took comes back.

    Says first what comes back, and asks; without a terminal it needs --yes. Ends with 1 when the answer was no.
    """
    from stemma.memory.retraction_shell import Manner, give_back

    manner = Manner(user, dry_run, yes, as_json)
    raise typer.Exit(asyncio.run(give_back(retraction_id, by=by, manner=manner)))


def _decide(
    item_id: str, reason: str, by: str, *, quarantine: bool, user: str, dry_run: bool, yes: bool, as_json: bool
) -> None:
    from stemma.memory.retraction_shell import Manner, take_back

    if not reason.strip():
        raise typer.BadParameter("say why: it is kept with the decision", param_hint="--reason")
    manner = Manner(user, dry_run, yes, as_json)
    raise typer.Exit(asyncio.run(take_back(item_id, reason=reason, by=by, quarantine=quarantine, manner=manner)))
