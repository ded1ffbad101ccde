"""`stemma eval propagation`: what it takes. What it measures: `evaluation.py`; how it ends: `../one_evaluation.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer


def propagation(
    faults: Annotated[
        list[str] | None, typer.Option("--faults", help="Only these classes, F1 to F6: with commas, or repeated.")
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option("--baseline", help="Only these arms, by name: with commas, or repeated. All of them otherwise."),
    ] = None,
    missing: Annotated[
        list[float] | None, typer.Option("--missing", min=0, max=1, help="Also with this share of lineage lost.")
    ] = None,
    sessions: Annotated[int, typer.Option(min=6, help="Sessions; containment comes half-way.")] = 8,
    detect: Annotated[
        bool, typer.Option("--detect", help="Also an arm in which nobody tells what is false: sweeps have to find it.")
    ] = False,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="So many worlds, from seed 1 on.")] = 1,
    seed: Annotated[list[int] | None, typer.Option("--seed", help="This world; repeat it. Instead of --seeds.")] = None,
    system: Annotated[
        str, typer.Option("--system", help="Another memory instead of the plain store: FILE.py:FACTORY.")
    ] = "",
    no_passages: Annotated[bool, typer.Option("--no-passages", help="Leave out the part on real passages.")] = False,
    memory: Annotated[
        str,
        typer.Option(
            "--memory", help="Use a scratch tenant of this store, erased afterwards; a scratch file otherwise."
        ),
    ] = "",
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the results (default: a new one).")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object as the last line of standard output.")
    ] = False,
) -> None:
    """How far does a falsehood travel through memory, and what does each remedy leave of it? No model, no network."""
    from stemma.evals.one_evaluation import carried_out, finish, results_folder, sampling_of
    from stemma.evals.propagation.brought import system_named
    from stemma.evals.propagation.evaluation import measured, plan_of, plan_of_passages
    from stemma.evals.settings import EvalSettings

    settings = EvalSettings()
    chosen, arms = _parts(faults), _parts(baseline)
    brought = system_named(system) if system else None
    folder = results_folder(out, settings, "propagation")
    plan = plan_of(
        folder.resolve(), chosen, arms, missing, sessions, seed or range(1, seeds + 1), memory or None, detect=detect
    )
    if brought:
        plan = replace(plan, system=brought, system_name=system)
    beside = None if no_passages else plan_of_passages(plan, chosen)
    evaluation = carried_out(folder, lambda phase: measured(plan, sampling_of(settings), phase, passages=beside))
    finish(evaluation, folder, settings, as_json=as_json)


def _parts(typed: Sequence[str] | None) -> list[str]:
    """What was typed, with commas or repeated."""
    return [part.strip() for each in typed or () for part in each.split(",") if part.strip()]
