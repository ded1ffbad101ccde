"""The figures of the page: tiles, intervals drawn on a common scale, tables of recipes, sets and latencies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stemma.evals.page.markup import Html, html, joined

Figure = Mapping[str, Any]
LABELS = {
    "mrr": "MRR",
    "map": "MAP",
    "exact_match": "exact match",
    "token_f1": "token F1",
    "answer_token_f1": "token F1, whole answer",
    "citation_precision": "citation precision",
    "citation_recall": "citation recall",
    "citation_verbatim": "citations verbatim",
    "abstained": "abstained",
    "abstention_accuracy": "abstention right",
}


def label(metric: str) -> str:
    """A metric's name for people."""
    return LABELS.get(metric, metric.replace("ndcg", "nDCG").replace("_", " "))


def percent(value: float) -> str:
    """0.8125 as "81.2"."""
    return f"{value * 100:.1f}"


def interval(figure: Figure, low: float = 0.0, high: float = 1.0) -> Html:
    """A dot with its interval on a scale from `low` to `high`, as inline SVG."""

    def place(value: float) -> str:
        return f"{4 + 152 * min(1.0, max(0.0, (value - low) / (high - low))):.1f}"

    zero = html('<line class="zero" x1="{x}" y1="2" x2="{x}" y2="18"/>', x=place(0.0)) if low < 0 else Html("")
    return html(
        '<svg class="interval" viewBox="0 0 160 20" width="160" height="20" role="img" aria-label="{text}">'
        '<line class="axis" x1="4" y1="10" x2="156" y2="10"/>{zero}'
        '<line class="span" x1="{left}" y1="10" x2="{right}" y2="10"/>'
        '<circle class="mean" cx="{mean}" cy="10" r="4"/></svg>',
        text=f"{percent(figure['mean'])}, from {percent(figure['low'])} to {percent(figure['high'])}",
        zero=zero,
        left=place(figure["low"]),
        right=place(figure["high"]),
        mean=place(figure["mean"]),
    )


def tiles(metrics: Mapping[str, Figure], level: float) -> Html:
    """One tile for each metric: the mean, its interval, and over how many cases."""
    return html(
        '<section class="tiles">{tiles}</section>',
        tiles=joined(
            html(
                '<div class="tile"><div class="name">{name}</div><div class="value">{mean}<small>%</small></div>'
                '{interval}<div class="note">{low} – {high} <span>({level}%, n = {n})</span></div></div>',
                name=label(metric),
                mean=percent(figure["mean"]),
                interval=interval(figure),
                low=percent(figure["low"]),
                high=percent(figure["high"]),
                level=f"{level * 100:g}",
                n=figure["n"],
            )
            for metric, figure in metrics.items()
        ),
    )


def comparison(title: str, columns: Mapping[str, Figure], note: str = "") -> Html:
    """Configurations or sets beside each other: a row a metric, a column a name, each cell with its interval."""
    metrics = list(dict.fromkeys(metric for column in columns.values() for metric in column["metrics"]))
    head = joined(
        html('<th scope="col">{name}<small>{cases} cases{failed}</small></th>', name=name, **_counts(column))
        for name, column in columns.items()
    )
    body = joined(
        html(
            '<tr><th scope="row">{name}</th>{cells}</tr>',
            name=label(metric),
            cells=joined(_cell(column["metrics"].get(metric)) for column in columns.values()),
        )
        for metric in metrics
    )
    return html(
        '<section><h2>{title}</h2>{note}<div class="scroll"><table class="compare"><thead><tr><th></th>{head}</tr>'
        "</thead><tbody>{body}</tbody></table></div></section>",
        title=title,
        note=html('<p class="quiet">{note}</p>', note=note) if note else Html(""),
        head=head,
        body=body,
    )


def differences(title: str, figures: Mapping[str, Figure], note: str) -> Html:
    """Paired differences on a scale around zero."""
    body = joined(
        html(
            '<tr><th scope="row">{name}</th><td><b>{mean}</b> {interval} <span class="quiet">{low} – {high}</span></td>'
            "</tr>",
            name=label(metric),
            mean=f"{figure['mean'] * 100:+.1f}",
            interval=interval(figure, -1.0, 1.0),
            low=f"{figure['low'] * 100:+.1f}",
            high=f"{figure['high'] * 100:+.1f}",
        )
        for metric, figure in figures.items()
    )
    return html(
        '<section><h2>{title}</h2><p class="quiet">{note}</p><div class="scroll"><table class="compare"><tbody>{body}'
        "</tbody></table></div></section>",
        title=title,
        note=note,
        body=body,
    )


def latencies(rows: Mapping[str, Mapping[str, Any]]) -> Html:
    """p50 and p95 of wall times in milliseconds, a row for each thing that was timed."""
    body = joined(
        html(
            '<tr><th scope="row">{name}</th><td class="number">{p50}</td><td class="number">{p95}</td>'
            '<td class="number">{n}</td></tr>',
            name=name,
            p50=f"{times['p50']:,.1f}",
            p95=f"{times['p95']:,.1f}",
            n=times["n"],
        )
        for name, times in rows.items()
        if times
    )
    if not body:
        return Html("")
    return html(
        '<section><h2>Latency</h2><div class="scroll"><table class="times"><thead><tr><th></th><th scope="col">p50 ms'
        '</th><th scope="col">p95 ms</th><th scope="col">n</th></tr></thead><tbody>{body}</tbody></table></div>'
        "</section>",
        body=body,
    )


def _counts(column: Figure) -> dict[str, object]:
    failures = column["failures"]
    return {"cases": column["cases"], "failed": f", {failures} failed" if failures else ""}


def _cell(figure: Figure | None) -> Html:
    if figure is None:
        return Html('<td class="quiet">–</td>')
    return html(
        '<td><b>{mean}</b> {interval} <span class="quiet">{low} – {high}</span></td>',
        mean=percent(figure["mean"]),
        interval=interval(figure),
        low=percent(figure["low"]),
        high=percent(figure["high"]),
    )
