"""`stemma eval drift`: what it takes, prints, and exits with.

Decides the words and the exit code: 0 when nothing moved, 1 when something did, 3 when there are too few runs to tell.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from stemma.memory.terminal import shortened

if TYPE_CHECKING:
    from stemma.evals.drift import Drift


def drift(
    since: Annotated[
        datetime | None,
        typer.Option("--since", help="The recent runs are those from then on (default: the newest 200). UTC."),
    ] = None,
    recent: Annotated[int, typer.Option(min=50, help="So many of the newest runs are the recent ones.")] = 200,
    reference: Annotated[int, typer.Option(min=50, help="They are compared with so many before them.")] = 1_000,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object as the last line of standard output.")
    ] = False,
) -> None:
    """Have the runs changed of late: what is asked, which steps and tools answer it, how well? No model."""
    found = asyncio.run(_found(since, recent, reference))
    for line in lines_of(found):
        typer.echo(line, err=as_json)
    if as_json:
        typer.echo(json.dumps(found.as_json(), ensure_ascii=False))
    raise typer.Exit(found.outcome.exit_code)


async def _found(since: datetime | None, recent: int, reference: int) -> Drift:
    from datetime import UTC

    from stemma.evals.drift import DriftPolicy
    from stemma.evals.drift_runs import drift_of
    from stemma.evals.progress import terminal_progress
    from stemma.graphs.catalog import Catalog
    from stemma.graphs.policy import LOCAL
    from stemma.graphs.runs.open import open_runtime
    from stemma.graphs.settings import GraphSettings

    policy = DriftPolicy(recent=recent, reference=reference)
    start = since.replace(tzinfo=UTC) if since is not None and since.tzinfo is None else since
    async with await open_runtime(Catalog(), GraphSettings(), worker=False) as runtime:
        with terminal_progress() as phase:
            return await drift_of(runtime, LOCAL, policy, since=start, phase=phase)


def lines_of(found: Drift) -> Iterator[str]:
    """What a person reads; names that come from graphs are made harmless."""
    yield f"{found.outcome.value}: {found.recent} recent runs against {found.reference} before them"
    if not found.features:
        yield "each window takes 50 ended runs; there is nothing to compare yet"
        return
    for change in found.changes:
        sign = "changed" if change.alarm else "       "
        yield (
            f"  {sign} {change.family:7}{shortened(change.name, 60):62}"
            f"{change.before:7.1%} -> {change.now:6.1%}  p {change.p_value:.2g}"
        )
    yield (
        f"{found.features} features; a false alarm at most once in {1 / found.alpha:,.0f} looks;"
        f" a shift of {found.detectable:.0%} of the runs is found in four looks of five"
    )
