"""What `stemma memory contradictions` and `resolve` do and print.

Decides the terminal's wording. What a sweep found before Ctrl-C stays, and it says how to go on.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import typer
from rich.progress import TextColumn

from stemma.memory.contradictions.model import Resolution, SweepProgress
from stemma.memory.contradictions.record import contradiction_record, lines
from stemma.memory.lineage.captions import counted
from stemma.memory.model import DEFAULT_TENANT, Node, Scope
from stemma.memory.open import open_memory
from stemma.memory.progress import watched
from stemma.memory.retraction_shell import login_name
from stemma.memory.shell import EMPTY, INTERRUPTED


def list_contradictions(shown: Mapping[str, int], *, sweep: bool, after: str, user: str, as_json: bool) -> int:
    """Sweep if asked to, then print a page; the exit code: 0, or 130 after Ctrl-C.

    `shown` are the page's `open_only`, `limit` and `offset`.
    """
    scope = Scope(DEFAULT_TENANT, user)
    swept: SweepProgress | None = None
    if sweep:
        reached = SweepProgress(after=after)

        def remember(progress: SweepProgress) -> None:
            nonlocal reached
            reached = progress

        try:
            swept = asyncio.run(_sweep(scope, after, remember))
        except KeyboardInterrupt:
            there = f" --after {reached.after}" if reached.after else ""
            kept = f"{counted(reached.found, 'contradiction')} found in {counted(reached.claims, 'claim')} stay"
            typer.echo(f"stopped: {kept}; go on with: stemma memory contradictions --sweep{there}", err=True)
            return INTERRUPTED
    asyncio.run(_print(scope, shown, swept, as_json=as_json))
    return 0


async def resolve_one(
    contradiction_id: str, resolution: str, *, by: str, reason: str, user: str, as_json: bool
) -> None:
    """Decide about one and print it. Raises `UnknownItem`, `WiderItem`, `AlreadyResolved`."""
    async with await open_memory() as memory:
        weighed = await memory.contradictions.resolve(
            Scope(DEFAULT_TENANT, user),
            contradiction_id,
            Resolution(resolution),
            actor=by or login_name(),
            reason=reason,
        )
    if as_json:
        typer.echo(json.dumps(contradiction_record(weighed)))
        return
    typer.echo("\n".join(lines(weighed)))
    if weighed.conflict.decision:
        typer.echo(f"undo: stemma memory restore {weighed.conflict.decision}")


async def _sweep(scope: Scope, after: str, remember: Callable[[SweepProgress], None]) -> SweepProgress:
    async with await open_memory() as memory:
        with _shown_progress() as show:

            def on_progress(progress: SweepProgress) -> None:
                remember(progress)
                show(progress)

            return await memory.contradictions.sweep(scope, after=after, on_progress=on_progress)


async def _print(scope: Scope, shown: Mapping[str, int], swept: SweepProgress | None, *, as_json: bool) -> None:
    limit, offset, open_only = shown["limit"], shown["offset"], bool(shown["open_only"])
    async with await open_memory() as memory:
        found, total = await memory.contradictions.page(scope, open_only=open_only, limit=limit, offset=offset)
        claims = 0 if total else (await memory.statistics(scope)).by_node[Node.CLAIM]
    if as_json:
        page: dict[str, Any] = {"contradictions": [contradiction_record(one) for one in found], "total": total}
        sweep = {"sweep": {"claims": swept.claims, "found": swept.found}} if swept else {}
        typer.echo(json.dumps({**page, "offset": offset, **sweep}))
        return
    if swept:
        typer.echo(f"{counted(swept.claims, 'claim')} compared, {counted(swept.found, 'new contradiction')}")
    for one in found:
        typer.echo("\n".join(lines(one)))
    _closing(len(found), total, offset, claims, swept=bool(swept), open_only=open_only)


def _closing(shown: int, total: int, offset: int, claims: int, *, swept: bool, open_only: bool) -> None:
    """What there is besides, or what to type where there is nothing."""
    if not total:
        typer.echo(f"no {'open ' if open_only else ''}contradictions are known" if claims else EMPTY)
        if claims and not (open_only or swept):
            typer.echo("what was stored before they were looked for: stemma memory contradictions --sweep")
    elif offset + shown < total:
        typer.echo(f"{offset + 1} to {offset + shown} of {total}; go on with --offset {offset + shown}")
    elif shown:
        typer.echo("decide: stemma memory resolve ID keep-older|keep-newer|both-hold")


@contextmanager
def _shown_progress() -> Iterator[Callable[[SweepProgress], None]]:
    """A line on standard error where a person watches, gone at the end."""
    with watched(TextColumn("{task.completed:,.0f} claims compared, {task.fields[found]:,} new contradictions")) as bar:
        task = bar.add_task("", total=None, found=0)

        def show(progress: SweepProgress) -> None:
            bar.update(task, completed=progress.claims, found=progress.found)

        yield show
