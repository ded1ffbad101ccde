"""Progress of long work, on standard error, and only where a person watches.

Decides where a line of progress goes, and what that of an ingestion shows. It never shows text of a document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn

from stemma.memory.ingest.pipeline import IngestProgress


@contextmanager
def watched(*columns: ProgressColumn) -> Iterator[Progress]:
    """A line of these columns and the time so far; it is gone at the end."""
    console = Console(stderr=True)
    elapsed = TimeElapsedColumn()
    with Progress(*columns, elapsed, console=console, transient=True, disable=not console.is_terminal) as line:
        yield line


@contextmanager
def shown_progress() -> Iterator[Callable[[IngestProgress], None]]:
    """A function to call with each step; the bar is gone at the end."""
    done = "{task.completed:.0f} of {task.total:.0f} passages embedded, {task.fields[documents]} documents done"
    with watched(TextColumn("reading"), BarColumn(), TextColumn(done)) as bar:
        task = bar.add_task("", total=0, documents=0)

        def show(progress: IngestProgress) -> None:
            known, embedded = progress.passages_known, progress.passages_embedded
            bar.update(task, total=known, completed=embedded, documents=progress.documents)

        yield show
