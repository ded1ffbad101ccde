"""One line for each run that ends: what `stemma dev` shows. It reads the run list; runs do not know of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from stemma.graphs.errors import StoreUnavailable
from stemma.graphs.policy import LOCAL
from stemma.graphs.runs.model import Run
from stemma.graphs.runs.runtime import Runtime

SECONDS_BETWEEN_LOOKS = 0.5
RUNS_A_LOOK = 100


async def report_runs(runtime: Runtime, report: Callable[[str], None]) -> None:
    """Report every run that ends from now on, also those of other processes on the same store. Ends when cancelled."""
    told: set[str] | None = None
    while True:
        # The log is a convenience: when the store cannot be read, the next look may see what this one missed.
        with contextlib.suppress(StoreUnavailable):
            newest = await runtime.list_runs(LOCAL, limit=RUNS_A_LOOK)
            ended = [run for run in reversed(newest) if run.status.ended]
            for run in ended:
                if told is not None and run.run_id not in told:
                    report(line(run))
            told = {run.run_id for run in ended}
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


def line(run: Run) -> str:
    """When it ended, which graph, how, and how long it took from being asked for."""
    milliseconds = (run.updated_at - run.created_at).total_seconds() * 1000
    ended = run.updated_at.astimezone().strftime("%H:%M:%S")
    error = f"  {' '.join(run.error.split())[:100]}" if run.error else ""
    return f"{ended}  {run.graph_id:<12} {run.status.value:<11} {milliseconds:>7.0f} ms{error}"
