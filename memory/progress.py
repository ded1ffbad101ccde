"""The progress bar of an ingestion, on standard error, and only where a person watches.

Decides what the bar shows. It never shows text that came from a document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from stemma.memory.ingest.pipeline import IngestProgress


@contextmanager
def shown_progress() -> Iterator[Callable[[IngestProgress], None]]:
    """A function to call with each step; the bar is gone at the end."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("reading"),
        BarColumn(),
        TextColumn(
            "{task.completed:.0f} of {task.total:.0f} passages embedded, {task.fields[documents]} documents done"
        ),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("", total=0, documents=0)

        def show(progress: IngestProgress) -> None:
            known, embedded = progress.passages_known, progress.passages_embedded
            bar.update(task, total=known, completed=embedded, documents=progress.documents)

        yield show
