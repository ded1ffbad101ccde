"""A night as one HTML page: its outcome, every step, the course of each metric, and the way down to cases and runs.

It links to the pages of the suites beside it and to the cases there, and needs nothing else: no script, no font, no
picture from anywhere (`evals/page/document.py`, whose style and escaping it uses).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stemma.evals.nightly.found import changes_of_feedback, drifting, what_seems_false, worst_cases
from stemma.evals.nightly.outcome import outcome, outcome_of
from stemma.evals.nightly.plan import NightPlan
from stemma.evals.nightly.record import Night, Status, Step, StepStatus
from stemma.evals.nightly.sparkline import sparkline
from stemma.evals.page.figures import interval, label, percent
from stemma.evals.page.frame import framed
from stemma.evals.page.markup import Html, html, joined
from stemma.evals.results import PAGE

_KINDS = {
    "pass": "ok",
    "REGRESSION": "bad",
    "NOT MEASURED": "bad",
    "failed": "bad",
    "done": "quiet",
    "skipped": "quiet",
}
_NO_SHARES = {"propagation_factor", "time_to_clean", "time_to_detect", "containment_seconds", "containment_latency_p99"}
"""Metrics that are counts or seconds."""


def page_of_night(night: Night, past: Sequence[Night], folder: Path, plan: NightPlan) -> str:
    """The whole page; `past` are the nights before, the oldest first."""
    parts = [
        _steps(night, folder),
        *(_course(step, past) for step in night.steps if step.metrics),
        worst_cases(night, folder),
        what_seems_false(night.step("detection")),
        drifting(night.step("drift")),
        changes_of_feedback(night.step("feedback")),
    ]
    data = plan.dataset
    about = f"revision {night.revision} · begun {night.started_at.replace('T', ' ').replace('+00:00', ' UTC')}"
    facts = {
        "data": f"{', '.join(data.sets)}, SHA-256 {data.hash}" if data else "no questions",
        "baselines": str(plan.baselines),
        "nights before": str(len(past)) if past else "none: the course of the figures begins tonight",
        "version": night.version,
    }
    return framed(
        f"Night of {night.date}: {outcome_of(night)}",
        about,
        joined([_alerts(night), *parts]),
        facts,
    )


def _alerts(night: Night) -> Html:
    said = []
    if night.status is not Status.DONE:
        said.append(("warn", "This night is not finished. The same command goes on after the last finished step."))
    for step in night.steps:
        if step.exit_code or step.status is StepStatus.FAILED:
            kind = "warn" if step.exit_code == 3 else "bad"
            said.append((kind, f"{step.name}: {step.note}"))
    if (drift := night.step("drift")) and drift.found.get("outcome") == "drifted":
        said.append(("warn", f"drift: {drift.note}"))
    return joined(html('<p class="alert {kind}">{text}</p>', kind=kind, text=text) for kind, text in said)


def _steps(night: Night, folder: Path) -> Html:
    if not night.steps:
        return html('<p class="quiet">{text}</p>', text="No step is finished yet.")
    return html(
        '<section><h2>Steps</h2><div class="scroll"><table class="compare steps-of-night"><thead><tr><th scope="col">'
        'step</th><th scope="col">outcome</th><th scope="col">cases</th><th scope="col">failed</th><th scope="col">'
        'seconds</th><th scope="col">what was found</th></tr></thead><tbody>{rows}</tbody></table></div></section>',
        rows=joined(_step(step, folder) for step in night.steps),
    )


def _step(step: Step, folder: Path) -> Html:
    name = Html("")
    if step.folder and (folder / step.folder / PAGE).exists():
        name = html('<a href="{folder}/{page}">{name}</a>', folder=step.folder, page=PAGE, name=step.name)
    said = outcome(step)
    advice = html("<br><code>{advice}</code>", advice=step.advice) if step.advice else Html("")
    return html(
        '<tr><th scope="row">{name}</th><td><span class="outcome {kind}">{outcome}</span></td><td class="number">'
        '{cases}</td><td class="number">{failures}</td><td class="number">{seconds}</td><td class="wide">{note}'
        "{advice}</td></tr>",
        name=name or step.name,
        kind=_KINDS.get(said, "open"),
        outcome=said,
        cases=step.cases or "",
        failures=step.failures if step.cases else "",
        seconds=f"{step.seconds:.1f}",
        note=step.note,
        advice=advice,
    )


def _course(step: Step, past: Sequence[Night]) -> Html:
    """A row a metric: tonight with its interval, the change to the baseline, and the nights before."""
    judged = {each["metric"]: each for each in (step.verdict or {}).get("metrics", ())}
    rows = []
    for metric, figure in step.metrics.items():
        before = [_mean(night, step.name, metric) for night in past]
        against, shown = judged.get(metric), _plain if metric in _NO_SHARES else percent
        rows.append(
            html(
                '<tr><th scope="row">{name}</th><td><b>{mean}</b> {interval}</td><td class="number">{change}</td>'
                "<td>{outcome}</td><td>{line}</td></tr>",
                name=label(metric),
                mean=shown(figure["mean"]),
                interval=interval(figure) if shown is percent else Html(""),
                change=f"{against['difference'] * 100:+.1f}" if against else "–",
                outcome=against["outcome"] if against else "no baseline" if step.verdict is None else "–",
                line=sparkline([*before, figure["mean"]], shown),
            )
        )
    return html(
        '<section><h2>{name}</h2><div class="scroll"><table class="compare"><thead><tr><th></th><th scope="col">'
        'tonight</th><th scope="col">change</th><th scope="col">gate</th><th scope="col">nights</th></tr></thead>'
        "<tbody>{rows}</tbody></table></div></section>",
        name=step.name.capitalize(),
        rows=joined(rows),
    )


def _plain(value: float) -> str:
    return f"{value:.3g}"


def _mean(night: Night, suite: str, metric: str) -> float | None:
    step = night.step(suite)
    figure = step.metrics.get(metric) if step else None
    return float(figure["mean"]) if figure else None
