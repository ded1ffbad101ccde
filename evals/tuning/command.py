"""`stemma eval tune`: what it takes, prints, and exits with.

Decides the words and the exit code: 0 when there is something to accept or nothing better was found, 3 when the cases
are too few to tell. It changes nothing but the file of the proposal.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stemma.evals.exits import ExitCode

if TYPE_CHECKING:
    from stemma.evals.settings import EvalSettings
    from stemma.evals.tuning.proposal import Entry


def tune(
    marked: Annotated[
        Path | None,
        typer.Option("--marked", help="Answers that people marked: tunes the calibration (default: EVALS_MARKED)."),
    ] = None,
    data: Annotated[
        list[Path] | None, typer.Option("--data", help="Data folder; repeat it: tunes the weights of recall.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The file of the proposal.")] = Path("tuning.json"),
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object as the last line of standard output.")
    ] = False,
) -> None:
    """Propose numbers in place of those in use, judged by the gate on other cases. Nothing is changed."""
    from datetime import UTC, datetime

    from stemma.evals.errors import EvalFailure
    from stemma.evals.revision import revision
    from stemma.evals.settings import EvalSettings
    from stemma.evals.tuning.proposal import Proposal, write_proposal

    settings = EvalSettings()
    file = marked or settings.marked
    if file is None and not data:
        raise EvalFailure("there is nothing to tune on", hint="--marked FILE, --data DIR, or both")
    proposal = Proposal(
        datetime.now(UTC).isoformat(timespec="seconds"), revision(), tuple(_entries(file, data or (), settings))
    )
    write_proposal(out, proposal)
    for line in lines_of(proposal.entries, out):
        typer.echo(line, err=as_json)
    code = exit_code(proposal.entries)
    if as_json:
        record = json.loads(out.read_text("utf-8")) | {"exit_code": int(code), "out": str(out)}
        typer.echo(json.dumps(record, ensure_ascii=False))
    raise typer.Exit(code)


def _entries(marked: Path | None, data: Sequence[Path], settings: EvalSettings) -> list[Entry]:
    from stemma.evals.dataset import read_dataset
    from stemma.evals.gate.policy import policy_of
    from stemma.evals.labelled import read_labelled
    from stemma.evals.progress import terminal_progress
    from stemma.evals.tuning.calibration import METRIC, tune_calibration
    from stemma.evals.tuning.recipes import tune_recipes
    from stemma.memory.settings import MemorySettings
    from stemma.memory.tuned import read_tuned, recipes_of

    in_use = read_tuned(MemorySettings().numbers)
    entries: list[Entry] = []
    if marked is not None:
        entries += tune_calibration(read_labelled(marked), in_use, policy_of(settings, {METRIC: settings.margin}))
    if data:
        policy = policy_of(settings, {f"ndcg@{settings.k}": settings.margin})

        async def recipes() -> list[Entry]:
            with terminal_progress() as phase:
                return await tune_recipes(read_dataset(data), recipes_of(in_use), policy, settings.k, phase)

        entries += asyncio.run(recipes())
    return entries


def exit_code(entries: Sequence[Entry]) -> ExitCode:
    """Inconclusive where something looked better, the cases were too few to tell, and nothing may be accepted."""
    if any(entry.acceptable for entry in entries):
        return ExitCode.PASS
    undecided = any(entry.changed and entry.better and entry.verdict["outcome"] != "pass" for entry in entries)
    return ExitCode.INCONCLUSIVE if undecided else ExitCode.PASS


def lines_of(entries: Sequence[Entry], file: Path) -> Iterator[str]:
    """What a person reads."""
    for entry in entries:
        if not entry.changed:
            yield f"{entry.name}: what is in use is the best that was tried"
            continue
        changes = ", ".join(f"{name} {entry.old[name]:.4g} -> {entry.new[name]:.4g}" for name in entry.new)
        outcome = entry.verdict["outcome"] if entry.better else "no better"
        yield f"{entry.name}: {outcome}: {changes}"
        for metric in entry.verdict["metrics"]:
            yield f"  {metric['metric']} {metric['difference']:+.4f}: {metric['reason']}"
        for name, figures in entry.figures.items():
            yield f"  {name}: " + ", ".join(f"{metric} {value:.4f}" for metric, value in figures.items())
    if any(entry.acceptable for entry in entries):
        yield f'to accept what passed: stemma eval promote {file} --numbers numbers.json --reason "…"'
    else:
        yield "there is nothing to accept"
