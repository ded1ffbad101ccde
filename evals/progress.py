"""How far an evaluation has come, for the person who waits. It goes to standard error and decides nothing.

Divergence, on purpose: nothing is drawn when standard error is not a terminal, so that logs and pipes stay clean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], None]
"""Called with how many are done so far."""
Phase = Callable[[str, int], Advance]
"""Called with what begins and how many there will be."""


def silent(_title: str, _total: int) -> Advance:
    """A `Phase` that shows nothing."""
    return lambda _done: None


@contextmanager
def terminal_progress() -> Iterator[Phase]:
    """A `Phase` that draws bars on a terminal's standard error while the context is open."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:

        def phase(title: str, total: int) -> Advance:
            bar = bars.add_task(title, total=total)
            return lambda done: bars.update(bar, completed=done)

        yield phase
