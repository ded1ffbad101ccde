"""`stemma eval nightly`: what it takes, prints, and exits with.

Decides the words on the terminal. Progress and notes go to standard error; with --json standard output gets one JSON
object: what night.json holds, and the metrics of all suites.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from stemma.evals.nightly.plan import NightPlan
    from stemma.evals.nightly.record import Night


def nightly(
    date: Annotated[str, typer.Option("--date", help="Which night, YYYY-MM-DD (default: today, UTC).")] = "",
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data", help="Data folder; repeat it (default: EVALS_DATA, or the demo's corpus if it is here)."
        ),
    ] = None,
    baselines: Annotated[
        Path | None, typer.Option("--baselines", help="Folder of promoted baselines (default: EVALS_BASELINES).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder that holds the nights (default: EVALS_FOLDER).")
    ] = None,
    suite: Annotated[list[str] | None, typer.Option("--suite", help="Only this suite; repeat it.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Questions of each set; 0 is all.")] = 600,
    again: Annotated[bool, typer.Option("--again", help="Do the night anew, also if it is done.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object as the last line of standard output.")
    ] = False,
) -> None:
    """Harvest, measure, gate against the baselines, look for what is false, report. Once a date; goes on where it was.

    Exit 0 pass, 1 regression, 2 wrong usage, 3 inconclusive, 4 not measured; the worst of the suites: 4, 1, 3, 0.
    """
    from stemma.evals.nightly.plan import plan_night
    from stemma.evals.nightly.record import folder_of
    from stemma.evals.settings import EvalSettings

    plan = plan_night(date, data or (), suite or (), EvalSettings(), baselines=baselines, out=out, limit=limit)
    night = _done(plan, again=again)
    for line in lines_of(night, folder_of(plan.out, plan.date)):
        typer.echo(line, err=as_json)
    if as_json:
        typer.echo(json.dumps({**summary_of(night), "out": str(folder_of(plan.out, plan.date))}, ensure_ascii=False))
    raise typer.Exit(night.exit_code)


def summary_of(night: Night) -> dict[str, Any]:
    """What --json prints: the record, and what every evaluation prints (metrics as "suite/metric", failures, data)."""
    metrics = {f"{step.name}/{name}": figure for step in night.steps for name, figure in step.metrics.items()}
    failures = sum(step.failures for step in night.steps)
    return {"metrics": metrics, "failures": failures, "data": night.plan["data"], **night.as_json()}


def _done(plan: NightPlan, *, again: bool) -> Night:
    """The night, done now or before. What is heavy is imported only when there is something to do."""
    from stemma.evals.nightly.lock import night_lock
    from stemma.evals.nightly.plan import begun_night
    from stemma.evals.nightly.record import Status

    with night_lock(plan.out, plan.date):
        begun = None if again else begun_night(plan)
        if begun is not None and begun.status is Status.DONE:
            text = f"the night of {plan.date} is done since {begun.finished_at}: nothing to do (--again does it anew)"
            typer.echo(text, err=True)
            return begun
        return asyncio.run(_with_progress(plan, begun))


async def _with_progress(plan: NightPlan, begun: Night | None) -> Night:
    from stemma.evals.nightly.line import run_night
    from stemma.evals.progress import terminal_progress

    with terminal_progress() as phase:
        return await run_night(plan, begun, phase, lambda line: typer.echo(line, err=True))


def lines_of(night: Night, folder: Path) -> Iterator[str]:
    """What a person reads in the end."""
    from stemma.evals.nightly.outcome import outcome, outcome_of
    from stemma.memory.terminal import shortened

    yield ""
    for step in night.steps:
        yield f"{step.name:14}{outcome(step):14}{shortened(step.note, 140)}"
    for step in night.steps:
        if step.advice:
            yield f"  {step.name}: {step.advice}"
    yield ""
    yield f"night of {night.date}: {outcome_of(night)} (exit {int(night.exit_code)})"
    if night.exit_code == 130:
        yield "interrupted: the same command goes on after the last finished step"
    yield f"results: {folder}/report.html"
