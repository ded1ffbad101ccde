"""A suite of the night beside its baseline: one committed file a suite, judged as `stemma eval gate` judges.

Decides what a suite without a baseline is: inconclusive, with the command that makes one. A baseline that was edited,
or is of something else, is refused before anything is measured.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from stemma.evals.errors import InvalidResults
from stemma.evals.exits import ExitCode
from stemma.evals.gate.baseline import gated_metrics, read_baseline, read_candidate, refuse_strangers
from stemma.evals.gate.pairing import paired
from stemma.evals.gate.policy import policy_of
from stemma.evals.gate.reports import as_json, as_markdown
from stemma.evals.gate.verdict import judge
from stemma.evals.nightly.plan import NightPlan
from stemma.evals.results import Evaluation, write_json, write_text
from stemma.evals.summary import Json


@dataclass(frozen=True, slots=True)
class Judged:
    """What the gate makes of a suite."""

    exit_code: ExitCode
    note: str
    advice: str = ""
    verdict: Json | None = None


def refuse_wrong_baseline(plan: NightPlan, suite: str, kind: str, variant: str) -> None:
    """Raises `InvalidResults` for a baseline that is not as it was promoted, or is of something else than the suite."""
    file = plan.baseline(suite)
    if not file.exists():
        return
    baseline = read_baseline(file)
    if baseline.kind != kind or (variant and baseline.variant != variant):
        raise InvalidResults(
            f"{file} is the baseline of {baseline.kind}, {baseline.variant}, and not of {kind}, {variant or 'any'}",
            hint="promote results of this suite to it, or keep baselines elsewhere: --baselines DIR",
        )


def judged(suite: str, variant: str, folder: Path, evaluation: Evaluation, plan: NightPlan) -> Judged:
    """The verdict on a suite whose results are in `folder`, also written there (verdict.json, verdict.md).

    What the evaluation itself found (failure rows, a broken promise) stands beside it: the caller takes the worse.
    Raises `InvalidResults` when the baseline is not one of this suite.
    """
    file = plan.baseline(suite)
    if evaluation.failures or not evaluation.rows:
        failed = f"{evaluation.failures} rows failed" if evaluation.failures else "no case was scored"
        return Judged(ExitCode.EXECUTION, f"{failed}: it was not judged")
    if not file.exists():
        note = f"there is no baseline {file}: nothing to compare with"
        return Judged(ExitCode.INCONCLUSIVE, note, promotion(folder, file, variant))
    baseline = read_baseline(file)
    candidate = read_candidate(folder, variant or baseline.variant)
    refuse_strangers(baseline, candidate)
    margins = dict.fromkeys(gated_metrics(baseline.cases), plan.settings.margin)
    policy = policy_of(plan.settings, margins)
    verdict = judge([paired(baseline.cases, candidate.cases, metric) for metric in policy.margins], policy)
    record = as_json(verdict)
    write_json(folder / "verdict.json", record)
    write_text(folder / "verdict.md", as_markdown(f"{baseline.kind}, {baseline.variant}", verdict))
    worst = [each for each in verdict.metrics if each.outcome is verdict.outcome]
    note = f"{worst[0].metric}: {worst[0].reason}" if worst else "no metric could be compared"
    if len(worst) > 1 and verdict.outcome.exit_code:
        note += f" (and {len(worst) - 1} more)"
    if not verdict.outcome.exit_code:
        held = f"all {len(verdict.metrics)} metrics hold" if len(verdict.metrics) > 1 else "its metric holds"
        note = f"{held} against the baseline of {baseline.promoted_at[:10]}"
    return Judged(verdict.outcome.exit_code, note, verdict=record)


def promotion(folder: Path, file: Path, variant: str) -> str:
    """What to type to make these results the baseline."""
    chosen = f" --variant {shlex.quote(variant)}" if variant else ""
    place = f"{shlex.quote(str(folder))} --baseline {shlex.quote(str(file))}"
    return f'stemma eval promote {place}{chosen} --reason "…"'
