"""From rows to figures: means with intervals, failures, latencies, together and for each question set apart.

Decides what is averaged over what. A failure row takes part with its zeros, so no figure here is a mean over only the
rows that worked; `failures` says how many there were.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stemma.evals.case import Row
from stemma.evals.metrics.intervals import Sampling, estimate, percentile

Json = dict[str, Any]


def summarise(rows: Sequence[Row], sampling: Sampling) -> Json:
    """{"metrics", "failures", "cases", "latency_ms", "sets", "kinds"}; the last two only where there are several."""
    figures = _figures(rows, sampling)
    sets = list(dict.fromkeys(row.case.set for row in rows))
    if len(sets) > 1:
        figures["sets"] = {name: _figures([row for row in rows if row.case.set == name], sampling) for name in sets}
    kinds = list(dict.fromkeys(row.case.kind for row in rows))
    if len(kinds) > 1:
        figures["kinds"] = {
            kind or "other": _figures([row for row in rows if row.case.kind == kind], sampling) for kind in kinds
        }
    return figures


def paired_differences(rows: Sequence[Row], others: Sequence[Row], sampling: Sampling) -> Json:
    """For each metric that both score: mean and interval of (row - other), paired by case."""
    theirs = {(row.case.id, score.metric): score.value for row in others for score in row.scores}
    differences: dict[str, list[float]] = {}
    for row in rows:
        for score in row.scores:
            if (other := theirs.get((row.case.id, score.metric))) is not None:
                differences.setdefault(score.metric, []).append(score.value - other)
    return {metric: estimate(values, sampling).as_json() for metric, values in differences.items()}


def latency(milliseconds: Sequence[float]) -> Json:
    """{"p50", "p95", "n"} of wall times, empty when there are none."""
    if not milliseconds:
        return {}
    p50, p95 = percentile(milliseconds, 0.5), percentile(milliseconds, 0.95)
    return {"p50": round(p50, 3), "p95": round(p95, 3), "n": len(milliseconds)}


def _figures(rows: Sequence[Row], sampling: Sampling) -> Json:
    scores: dict[str, list[float]] = {}
    for row in rows:
        for score in row.scores:
            scores.setdefault(score.metric, []).append(score.value)
    return {
        "metrics": {metric: estimate(values, sampling).as_json() for metric, values in scores.items()},
        "failures": sum(row.failing for row in rows),
        "cases": len(rows),
        "latency_ms": latency([row.milliseconds for row in rows if row.milliseconds is not None]),
    }
