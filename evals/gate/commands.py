"""`stemma eval gate | compare | promote`: what they take, print, and exit with.

Decides the words and the exit code. The verdict is `verdict.py`'s; a command that cannot compare two things says so and
exits with 2, and never with 0.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stemma.evals.gate.pairing import Scored
    from stemma.evals.gate.verdict import Policy, Verdict

Results = Annotated[Path, typer.Argument(help="The folder that an evaluation wrote.")]
Variant = Annotated[str, typer.Option("--variant", help="Recipe or graph (default: the evaluation's main one).")]
Metric = Annotated[
    list[str] | None, typer.Option("--metric", help="Only these metrics; repeat it. All of them otherwise.")
]
Margin = Annotated[
    list[str] | None,
    typer.Option("--margin", help="A loss that does not matter: METRIC=0.02, or 0.02 for all; repeat it."),
]
Repeat = Annotated[
    list[Path] | None, typer.Option("--repeat", help="Results of the same configuration again: names the flaky cases.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object as the last line of standard output.")]


def gate(
    results: Results,
    baseline: Annotated[Path, typer.Option("--baseline", help="The file that `stemma eval promote` wrote.")],
    variant: Variant = "",
    metric: Metric = None,
    margin: Margin = None,
    repeat: Repeat = None,
    as_json: AsJson = False,
) -> None:
    """Is it as good as the baseline? Exit 0 pass, 1 regression, 2 wrong usage, 3 inconclusive, 4 not measured."""
    from stemma.evals.gate.baseline import gated_metrics, read_baseline, read_candidate, refuse_strangers

    known = read_baseline(baseline)
    candidate = read_candidate(results, variant or known.variant)
    refuse_strangers(known, candidate)
    repeats = [candidate.cases, *(read_candidate(folder, candidate.variant).cases for folder in repeat or ())]
    policy = _policy(metric or gated_metrics(known.cases), margin or ())
    _judge(results, f"{known.kind}, {known.variant}", known.cases, repeats, policy, as_json=as_json)


def compare(
    before: Annotated[Path, typer.Argument(help="The folder of the evaluation to compare with.")],
    after: Annotated[Path, typer.Argument(help="The folder of the evaluation that is judged.")],
    variant: Variant = "",
    metric: Metric = None,
    margin: Margin = None,
    as_json: AsJson = False,
) -> None:
    """Compare two evaluations case by case, without a baseline. Exits as gate does."""
    from stemma.evals.errors import InvalidResults
    from stemma.evals.gate.baseline import gated_metrics, read_candidate

    old = read_candidate(before, variant)
    new = read_candidate(after, variant or old.variant)
    if old.kind != new.kind:
        raise InvalidResults(f"{before} is a {old.kind} evaluation, {after} a {new.kind} one")
    policy = _policy(metric or gated_metrics(old.cases), margin or ())
    _judge(after, f"{new.kind}, {new.variant}", old.cases, [new.cases], policy, as_json=as_json)


def promote(
    results: Results,
    baseline: Annotated[Path, typer.Option("--baseline", help="The file to write; commit it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why these results are what later ones have to reach.")],
    by: Annotated[str, typer.Option("--by", help="Who decides (default: the login name).")] = "",
    variant: Variant = "",
) -> None:
    """Make an evaluation the baseline. Who did it, when, why and what it replaces stands in the file."""
    from stemma.evals.gate.baseline import promote as write
    from stemma.evals.gate.baseline import read_candidate

    made = write(read_candidate(results, variant), baseline, by=by or getuser(), reason=reason)
    typer.echo(f"{baseline}: {len(made.cases)} cases of {made.kind}, {made.variant}, at revision {made.revision}")
    typer.echo(f"commit it, then: stemma eval gate RESULTS --baseline {baseline}")


def _policy(metrics: Sequence[str], given: Sequence[str]) -> Policy:
    from stemma.evals.errors import EvalFailure
    from stemma.evals.gate.verdict import Policy
    from stemma.evals.settings import EvalSettings

    settings = EvalSettings()
    margins = dict.fromkeys(metrics, settings.margin)
    for each in given:
        name, _, value = each.rpartition("=")
        try:
            size = float(value)
        except ValueError:
            size = -1.0
        if not 0 <= size <= 1 or (name and name not in margins):
            hint = f"METRIC=0.02 with one of: {', '.join(margins)}"
            raise EvalFailure(f"--margin {each!r} is not a margin in [0, 1] of a metric here", hint=hint)
        margins |= {name: size} if name else dict.fromkeys(margins, size)
    return Policy(
        margins,
        alpha=settings.alpha,
        least_pairs=settings.least_pairs,
        coverage=settings.coverage,
        seed=settings.seed,
    )


def _judge(
    folder: Path,
    title: str,
    baseline: Sequence[Scored],
    repeats: Sequence[Sequence[Scored]],
    policy: Policy,
    *,
    as_json: bool,
) -> None:
    """Judge the first of the repeats, write the verdict beside its results, print it, and exit with its code."""
    from stemma.evals.gate.pairing import flaky, paired
    from stemma.evals.gate.reports import as_json as to_json
    from stemma.evals.gate.reports import as_junit, as_markdown
    from stemma.evals.gate.verdict import judge

    verdict = judge([paired(baseline, repeats[0], metric) for metric in policy.margins], policy)
    unsteady = sorted({case for metric in policy.margins for case in flaky(repeats, metric)})
    record = to_json(verdict, unsteady)
    _write(folder, "verdict.json", json.dumps(record, ensure_ascii=False, indent=1) + "\n")
    _write(folder, "verdict.md", as_markdown(title, verdict, unsteady))
    _write(folder, "verdict.xml", as_junit(title, verdict))
    for line in _lines(title, verdict, unsteady):
        typer.echo(line, err=as_json)
    if as_json:
        typer.echo(json.dumps(record, ensure_ascii=False))
    raise typer.Exit(verdict.outcome.exit_code)


def _lines(title: str, verdict: Verdict, unsteady: Sequence[str]) -> list[str]:
    lines = [f"{title}: {verdict.outcome.value}"]
    lines += [
        f"  {each.metric:22} {each.outcome.value:13} {each.difference:+.4f}  {each.reason}" for each in verdict.metrics
    ]
    if not verdict.metrics:
        lines.append("  no metric could be compared")
    if unsteady:
        lines.append(f"  {len(unsteady)} flaky cases: {', '.join(unsteady[:5])}")
    return lines


def _write(folder: Path, name: str, text: str) -> None:
    from stemma.evals.errors import InvalidResults

    try:
        (folder / name).write_text(text, "utf-8", newline="\n")
    except OSError as problem:
        raise InvalidResults(f"{folder / name} cannot be written: {problem.strerror or problem}") from problem
