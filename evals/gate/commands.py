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
    from stemma.evals.gate.baseline import Candidate
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
    list[Path] | None,
    typer.Option(
        "--repeat",
        help="Results of the same configuration again; repeat it. A case counts with its mean, and what "
        "is lost only now and then is named as flaky.",
    ),
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
    repeats = [candidate, *(read_candidate(folder, candidate.variant) for folder in repeat or ())]
    for each in repeats[1:]:
        refuse_strangers(candidate, each)
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
    from stemma.evals.gate.baseline import gated_metrics, read_candidate, refuse_strangers

    old = read_candidate(before, variant)
    new = read_candidate(after, variant or old.variant)
    if old.kind != new.kind:
        raise InvalidResults(f"{before} is a {old.kind} evaluation, {after} a {new.kind} one")
    refuse_strangers(old, new)
    if old.finished_at > new.finished_at:
        raise InvalidResults(
            f"{before} was measured after {after}: the wrong way round, a loss would look like a gain",
            hint="name the older one first",
        )
    policy = _policy(metric or gated_metrics(old.cases), margin or ())
    _judge(after, f"{new.kind}, {new.variant}", old.cases, [new], policy, as_json=as_json)


def promote(
    results: Annotated[Path, typer.Argument(help="The folder of an evaluation, or the file of a tuning proposal.")],
    reason: Annotated[str, typer.Option("--reason", help="Why this is what holds from now on.")],
    baseline: Annotated[Path | None, typer.Option("--baseline", help="The file to write; commit it.")] = None,
    numbers: Annotated[
        Path | None, typer.Option("--numbers", help="Of a proposal: the file to write; MEMORY_NUMBERS names it.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who decides (default: the login name).")] = "",
    variant: Variant = "",
) -> None:
    """Make an evaluation the baseline, or accept a proposal of `tune`. Who did it, when and why stands in the file."""
    from stemma.evals.errors import EvalFailure
    from stemma.evals.gate.baseline import promote as write
    from stemma.evals.gate.baseline import read_candidate

    if results.is_file():
        _accept(results, numbers, by or getuser(), reason)
        return
    if baseline is None:
        raise EvalFailure("say which baseline to write", hint="--baseline baselines/SUITE.json; commit it")
    made = write(read_candidate(results, variant), baseline, by=by or getuser(), reason=reason)
    typer.echo(f"{baseline}: {len(made.cases)} cases of {made.kind}, {made.variant}, at revision {made.revision}")
    typer.echo(f"commit it, then: stemma eval gate RESULTS --baseline {baseline}")


def _accept(file: Path, numbers: Path | None, by: str, reason: str) -> None:
    from stemma.evals.errors import EvalFailure
    from stemma.evals.tuning.accepting import accept
    from stemma.evals.tuning.proposal import read_proposal

    if numbers is None:
        raise EvalFailure("say which file the accepted numbers go to", hint="--numbers numbers.json; commit it")
    done = accept(read_proposal(file), numbers, by=by, reason=reason)
    typer.echo(
        f"{numbers}: accepted {', '.join(done.taken)}" + (f"; left out {', '.join(done.left)}" * bool(done.left))
    )
    typer.echo(f"they are used where the settings name them: MEMORY_NUMBERS={numbers}")


def _policy(metrics: Sequence[str], given: Sequence[str]) -> Policy:
    from stemma.evals.errors import EvalFailure
    from stemma.evals.gate.policy import policy_of
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
    return policy_of(settings, margins)


def _judge(
    folder: Path,
    title: str,
    baseline: Sequence[Scored],
    repeats: Sequence[Candidate],
    policy: Policy,
    *,
    as_json: bool,
) -> None:
    """Judge the first of the repeats, write the verdict beside its results, print it, and exit with its code."""
    from stemma.evals.gate.changed import changed_cases
    from stemma.evals.gate.page import page_of_verdict
    from stemma.evals.gate.pairing import paired
    from stemma.evals.gate.reports import as_json as to_json
    from stemma.evals.gate.reports import as_junit, as_markdown
    from stemma.evals.gate.verdict import judge
    from stemma.evals.results import write_json, write_text

    again = [each.cases for each in repeats[1:]]
    pairs = [paired(baseline, repeats[0].cases, metric, again) for metric in policy.margins]
    promises = list(dict.fromkeys(promise for each in repeats for promise in each.broken))
    verdict = judge(pairs, policy).with_broken(promises)
    changed = changed_cases(pairs, repeats[0].records)
    record = to_json(verdict)
    write_json(folder / "verdict.json", {**record, "changed": [each.as_json() for each in changed]})
    write_text(folder / "verdict.md", as_markdown(title, verdict))
    write_text(folder / "verdict.xml", as_junit(title, verdict))
    past = _courses(folder, repeats[0].kind, list(policy.margins))
    write_text(folder / "verdict.html", page_of_verdict(title, verdict, changed, past))
    for line in _lines(title, verdict):
        typer.echo(line, err=as_json)
    typer.echo(f"  cases that changed: {folder}/verdict.html", err=as_json)
    if as_json:
        typer.echo(json.dumps(record, ensure_ascii=False))
    raise typer.Exit(verdict.outcome.exit_code)


def _courses(folder: Path, kind: str, metrics: Sequence[str]) -> dict[str, list[float | None]]:
    """Each metric over the evaluations that are kept beside these results."""
    from stemma.evals.archive import Archive
    from stemma.graphs.policy import LOCAL

    beside = Archive(folder.resolve().parent)
    return {metric: [point["mean"] for point in beside.trend(LOCAL, metric, kind, limit=30)] for metric in metrics}


def _lines(title: str, verdict: Verdict) -> list[str]:
    lines = [f"{title}: {verdict.outcome.value}"]
    lines += [
        f"  {each.metric:22} {each.outcome.value:13} {each.difference:+.4f}  {each.reason}" for each in verdict.metrics
    ]
    if not verdict.metrics:
        lines.append("  no metric could be compared")
    lines += [f"  broken: {promise}" for promise in verdict.broken]
    if unsteady := verdict.flaky:
        lines.append(f"  {len(unsteady)} flaky cases: {', '.join(unsteady[:5])}")
    return lines
