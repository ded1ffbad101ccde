"""What `stemma memory consolidate` does, and the words it prints.

Decides the terminal's wording. Progress goes to standard error, and only where a person watches.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.progress import TextColumn

from stemma.memory.consolidation.consolidator import Consolidator
from stemma.memory.consolidation.model import Consolidation, ConsolidationProgress, ConsolidationReport
from stemma.memory.consolidation.record import report_record, run_record
from stemma.memory.lineage.captions import counted
from stemma.memory.model import DEFAULT_TENANT, Scope
from stemma.memory.open import open_memory
from stemma.memory.progress import watched
from stemma.memory.retraction_shell import login_name
from stemma.memory.settings import MemorySettings
from stemma.memory.shell import EMPTY, INTERRUPTED
from stemma.memory.terminal import printable


def consolidate(*, dry_run: bool, by: str, user: str, limit: int, as_json: bool) -> int:
    """Run over one audience and print what was done; the exit code: 0, or 130 after Ctrl-C."""
    reached = ConsolidationProgress(0, 0, 0)

    def remember(progress: ConsolidationProgress) -> None:
        nonlocal reached
        reached = progress

    try:
        report = asyncio.run(_run(Scope(DEFAULT_TENANT, user), by.strip() or login_name(), dry_run, remember))
    except KeyboardInterrupt:
        kept = f"{reached.written:,} of {reached.found:,} findings are written and stay" if reached.found else "so far"
        typer.echo(f"stopped: {kept}; type the same command again to go on", err=True)
        return INTERRUPTED
    if as_json:
        typer.echo(json.dumps(report_record(report, dry_run=dry_run)))
    else:
        _print_report(report, dry_run=dry_run, limit=limit)
    return 0


async def _run(
    scope: Scope, actor: str, dry_run: bool, remember: Callable[[ConsolidationProgress], None]
) -> ConsolidationReport:
    settings = MemorySettings()
    async with await open_memory(settings) as memory:
        with _shown_progress() as show:

            def on_progress(progress: ConsolidationProgress) -> None:
                remember(progress)
                show(progress)

            consolidator = Consolidator(memory.graph, demote_after_days=settings.demote_after_days)
            return await consolidator.run(scope, actor=actor, dry_run=dry_run, on_progress=on_progress)


def _print_report(report: ConsolidationReport, *, dry_run: bool, limit: int) -> None:
    if not report.looked_at:
        typer.echo(EMPTY)
        return
    if not report.duplicates and not report.demotions:
        typer.echo(f"nothing to do: {report.looked_at:,} sources and claims looked at")
        return
    for merge in report.duplicates[:limit]:
        typer.echo(f"{merge.node.lower()} {merge.id}  {merge.rule} as {merge.canonical}")
    for low in report.demotions[:limit]:
        typer.echo(f"{low.node.lower()} {low.id}  demoted: {low.rule}")
    if max(len(report.duplicates), len(report.demotions)) > limit:
        typer.echo("and more: --limit N lists N of each, --json counts all")
    typer.echo(f"{'would do: ' if dry_run else ''}{_did(report.run)}; nothing deleted")
    if not dry_run:
        typer.echo(f"take it back: stemma memory consolidate --undo {report.run.id}")


def _did(run: Consolidation) -> str:
    return f"{counted(run.sources, 'source')} and {counted(run.claims, 'claim')} merged, {run.demoted:,} demoted"


def undo_run(run_id: str, *, by: str, user: str, as_json: bool) -> None:
    """Undo one run, and print what it had done. Raises `UnknownItem`, `AlreadyUndone`."""

    async def undo() -> Consolidation:
        async with await open_memory() as memory:
            scope = Scope(DEFAULT_TENANT, user)
            return await Consolidator(memory.graph).undo(scope, run_id, actor=by.strip() or login_name())

    run = asyncio.run(undo())
    typer.echo(json.dumps(run_record(run)) if as_json else f"undone, what it did: {_did(run)}")


def print_runs(*, user: str, limit: int, as_json: bool) -> None:
    """Print the runs that there were, newest first."""

    async def find() -> tuple[list[Consolidation], int]:
        async with await open_memory() as memory:
            return await Consolidator(memory.graph).runs(Scope(DEFAULT_TENANT, user), limit=limit)

    runs, total = asyncio.run(find())
    if as_json:
        typer.echo(json.dumps({"runs": [run_record(run) for run in runs], "total": total}))
        return
    for run in runs:
        whose = f"{run.id}  {run.at:%Y-%m-%d %H:%M} by {printable(run.actor)}"
        undone = f"  (undone by {printable(run.undone_by)})" if run.undone_at else ""
        typer.echo(f"{whose}: {_did(run)}{undone}")
    if not runs:
        typer.echo("no run yet: stemma memory consolidate --dry-run")
    elif len(runs) < total:
        typer.echo(f"{len(runs)} of {total:,}; --limit {total} lists all")


@contextmanager
def _shown_progress() -> Iterator[Callable[[ConsolidationProgress], None]]:
    """A line on standard error where a person watches; it is gone at the end."""
    with watched(TextColumn("{task.description}")) as line:
        task = line.add_task("looking")

        def show(progress: ConsolidationProgress) -> None:
            looked = f"{progress.looked_at:,} sources and claims looked at"
            written = f", {progress.written:,} of {progress.found:,} findings written" if progress.found else ""
            line.update(task, description=looked + written)

        yield show
