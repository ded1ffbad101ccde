"""What `stemma memory reindex` does and prints: another embedder for a memory that is filled.

Decides the terminal's wording. What was embedded before Ctrl-C stays, and the same command goes on from there.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.progress import BarColumn, TextColumn

from stemma.memory.ingest.reindexing import ReindexProgress
from stemma.memory.open import open_memory
from stemma.memory.progress import watched
from stemma.memory.settings import MemorySettings
from stemma.memory.shell import INTERRUPTED


def reindex(embedder: str, *, abandon: bool, as_json: bool) -> int:
    """Embed everything with the embedder of this name ("": MEMORY_EMBEDDER); the exit code: 0, or 130 after Ctrl-C.

    Raises `NothingToReindex`, `EmbedderMismatch`, `EmbedderUnavailable`, `InvalidSetting`.
    """
    settings = MemorySettings()
    name = embedder or settings.embedder
    chosen = settings.model_copy(update={"embedder": name})
    if abandon:
        asyncio.run(_abandon(chosen))
        typer.echo(json.dumps({"abandoned": True}) if as_json else "what a reindexing had made so far is dropped")
        return 0
    reached = ReindexProgress(0, 0, 0)

    def remember(progress: ReindexProgress) -> None:
        nonlocal reached
        reached = progress

    try:
        done = asyncio.run(_reindex(chosen, remember))
    except KeyboardInterrupt:
        kept = f"{reached.items:,} of {reached.total:,} items are embedded and stay; recall still uses the old embedder"
        typer.echo(f"stopped: {kept}; type the same command again to go on", err=True)
        return INTERRUPTED
    if as_json:
        typer.echo(json.dumps({"embedder": name, "items": done.items, "texts": done.texts}))
        return 0
    typer.echo(f"{done.items:,} items embedded by {name} ({done.texts:,} texts); recall uses it from now on")
    if name != settings.embedder:
        typer.echo(f"set MEMORY_EMBEDDER={name}, or what is stored will not be recalled by meaning")
    return 0


async def _reindex(settings: MemorySettings, remember: Callable[[ReindexProgress], None]) -> ReindexProgress:
    async with await open_memory(settings) as memory:
        with _shown_progress() as show:

            def on_progress(progress: ReindexProgress) -> None:
                remember(progress)
                show(progress)

            return await memory.reindex(memory.embedder, on_progress=on_progress)


async def _abandon(settings: MemorySettings) -> None:
    async with await open_memory(settings) as memory:
        await memory.graph.abandon_reindex()


@contextmanager
def _shown_progress() -> Iterator[Callable[[ReindexProgress], None]]:
    """A bar on standard error that moves where a person watches, and is gone at the end."""
    with watched(BarColumn(), TextColumn("{task.completed:,.0f} of {task.total:,.0f} items embedded")) as line:
        task = line.add_task("", total=0)

        def show(progress: ReindexProgress) -> None:
            line.update(task, completed=progress.items, total=progress.total)

        yield show
