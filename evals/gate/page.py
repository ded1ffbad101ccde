"""A verdict as one HTML page: a row a metric with its bounds and its course, then every case that changed.

It links to the evaluation's own page beside it, where each case shows its answer, its run and its thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stemma.evals.gate.changed import Changed
from stemma.evals.gate.verdict import MetricVerdict, Outcome, Verdict
from stemma.evals.nightly.sparkline import sparkline
from stemma.evals.page.cases import anchor
from stemma.evals.page.figures import label
from stemma.evals.page.frame import framed
from stemma.evals.page.markup import Html, html, joined
from stemma.evals.results import PAGE

_MOST = 200
"""Changed cases that the page shows; all of them are in verdict.json."""
_KINDS = {Outcome.OK: "", Outcome.REGRESSION: "bad", Outcome.INCONCLUSIVE: "warn"}


def page_of_verdict(
    title: str, verdict: Verdict, changed: Sequence[Changed], past: Mapping[str, Sequence[float | None]]
) -> str:
    """The whole page; `past` has each metric's means of earlier evaluations and of this one, the oldest first."""
    alert = Html("")
    if kind := _KINDS[verdict.outcome]:
        reasons = [f"{each.metric}: {each.reason}" for each in verdict.metrics if each.outcome is verdict.outcome]
        text = "; ".join([*verdict.broken, *reasons]) or "no metric could be compared"
        alert = html('<p class="alert {kind}">{text}</p>', kind=kind, text=text)
    facts = {
        "outcome": f"{verdict.outcome.value}, exit code {int(verdict.outcome.exit_code)}",
        "bounds": "one-sided, cluster bootstrap of the paired difference; Holm over the metrics for a regression",
    }
    body = joined([alert, _metrics(verdict.metrics, past), _cases(changed)])
    return framed(f"Gate: {verdict.outcome.value}", title, body, facts)


def _metrics(verdicts: Sequence[MetricVerdict], past: Mapping[str, Sequence[float | None]]) -> Html:
    rows = joined(
        html(
            '<tr><th scope="row">{name}</th><td>{outcome}</td><td class="number">{change}</td><td>{bounds}</td>'
            '<td class="number">{margin}</td><td class="number">{pairs}</td><td class="number">{detectable}</td>'
            "<td>{line}</td></tr>",
            name=label(each.metric),
            outcome=each.outcome.value,
            change=_points(each.difference),
            bounds=f"{_points(each.low)} to {_points(each.high)}" if each.pairs else "–",
            margin=f"{each.margin * 100:g}",
            pairs=str(each.pairs) if each.pairs == each.clusters else f"{each.pairs} of {each.clusters} sources",
            detectable=f"{each.detectable * 100:.1f}",
            line=sparkline(past.get(each.metric, ())),
        )
        for each in verdicts
    )
    return html(
        '<section><h2>Metrics</h2><p class="quiet">Percentage points against the baseline. A loss of the size under '
        "“would be caught” is called a regression four times of five.</p>"
        '<div class="scroll"><table class="compare"><thead><tr><th></th><th scope="col">outcome</th><th scope="col">'
        'change</th><th scope="col">bounds</th><th scope="col">margin</th><th scope="col">pairs</th><th scope="col">'
        'would be caught</th><th scope="col">course</th></tr></thead><tbody>{rows}</tbody></table></div></section>',
        rows=rows,
    )


def _cases(changed: Sequence[Changed]) -> Html:
    if not changed:
        return Html(
            '<section><h2>Cases</h2><p class="quiet">No case scored otherwise than in the baseline.</p></section>'
        )
    more = f" {len(changed) - _MOST} more stand in verdict.json." if len(changed) > _MOST else ""
    return html(
        '<section><h2>Cases that changed</h2><p class="quiet">Losses first, by metric.{more}</p><div class="scroll">'
        '<table class="compare"><thead><tr><th scope="col">case</th><th scope="col">metric</th><th scope="col">change'
        '</th><th scope="col">why</th><th scope="col">run</th><th scope="col">thread</th></tr></thead><tbody>{rows}'
        "</tbody></table></div></section>",
        more=more,
        rows=joined(map(_case, changed[:_MOST])),
    )


def _case(case: Changed) -> Html:
    return html(
        '<tr><td class="wide"><a href="{page}#{anchor}">{question}</a></td><td>{metric}</td><td class="number">{change}'
        "</td><td>{why}</td><td><small>{run}</small></td><td><small>{thread}</small></td></tr>",
        page=PAGE,
        anchor=anchor(case.id),
        question=case.question or case.id,
        metric=label(case.metric),
        change=_points(case.difference),
        why="; ".join(filter(None, [case.failure, "flaky" if case.flaky else ""])),
        run=case.run_id or "–",
        thread=case.thread_id or "–",
    )


def _points(value: float) -> str:
    return f"{value * 100:+.1f}"
