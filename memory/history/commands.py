"""The command `stemma memory diff`, and the moments that `recall` takes: names, arguments, help.

Decides what can be typed. What the command does and prints stands in `difference_shell.py`, which is imported only when
it runs, so that help answers at once.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import typer

history_app = typer.Typer(rich_markup_mode=None)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
User = Annotated[str, typer.Option("--user", help="Narrow to one user's memory.")]
AsOf = Annotated[
    str,
    typer.Option("--as-of", metavar="TIME", help="What held in the world then, as far as claims and sources say."),
]
KnownAt = Annotated[
    str, typer.Option("--known-at", metavar="TIME", help="What memory held then, whatever came or was decided since.")
]


def moment(text: str, name: str) -> datetime | None:
    """What was typed as a moment: 2026-03-01 or 2026-03-01T12:00, in UTC unless it says a zone; None for nothing.

    Raises `typer.BadParameter` for anything else.
    """
    from stemma.memory.history.belief import read_moment

    found = read_moment(text)
    if text and found is None:
        raise typer.BadParameter(f"{text!r} is no time: write 2026-03-01, or 2026-03-01T12:00+01:00", param_hint=name)
    return found


@history_app.command("diff")
def diff(
    earlier: Annotated[str, typer.Argument(metavar="T1", help="2026-03-01 or 2026-03-01T12:00, in UTC.")],
    later: Annotated[str, typer.Argument(metavar="T2", help="The same; without it, now.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    offset: Annotated[int, typer.Option(min=0)] = 0,
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """Show what changed in memory between two moments. Items that came, went, came back or became stale; decisions."""
    from datetime import UTC

    from stemma.memory.history.difference_shell import Page, print_difference

    first, second = moment(earlier, "T1"), moment(later, "T2") or datetime.now(UTC)
    if first is None:
        raise typer.BadParameter("say from when on, for example 2026-03-01", param_hint="T1")
    if second < first:
        raise typer.BadParameter("the second moment is before the first: type the earlier one first", param_hint="T2")
    page = Page(limit, offset)
    asyncio.run(print_difference(first, second, page=page, user=user, as_json=as_json))
