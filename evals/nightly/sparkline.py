"""A metric's course over nights as a small line of inline SVG. Pure.

Decides the scale: the values' own range, at least a tenth wide, so that noise of a flat metric looks flat. A night
without the metric is a gap, never a zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stemma.evals.page.figures import percent
from stemma.evals.page.markup import Html, html, joined

_WIDTH, _HEIGHT, _EDGE = 160.0, 28.0, 4.0
_LEAST_RANGE = 0.1


def sparkline(values: Sequence[float | None], shown: Callable[[float], str] = percent) -> Html:
    """The oldest value on the left, the last one marked; empty without any value. `shown` puts a value into words."""
    known = [value for value in values if value is not None]
    if not known:
        return Html("")
    middle = (min(known) + max(known)) / 2
    half = max(max(known) - min(known), _LEAST_RANGE) / 2
    step = (_WIDTH - 2 * _EDGE) / max(1, len(values) - 1)

    def place(number: int, value: float) -> tuple[float, float]:
        x = _EDGE + step * number if len(values) > 1 else _WIDTH - _EDGE
        return x, _EDGE + (_HEIGHT - 2 * _EDGE) * (middle + half - value) / (2 * half)

    points = [None if value is None else place(number, value) for number, value in enumerate(values)]
    lines = joined(
        html('<polyline class="course" points="{points}"/>', points=" ".join(f"{x:.1f},{y:.1f}" for x, y in run))
        for run in _runs(points)
        if len(run) > 1
    )
    dots = joined(
        html('<circle class="night" cx="{x}" cy="{y}" r="1.5"/>', x=f"{run[0][0]:.1f}", y=f"{run[0][1]:.1f}")
        for run in _runs(points)
        if len(run) == 1
    )
    x, y = next(point for point in reversed(points) if point is not None)
    return html(
        '<svg class="sparkline" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        'aria-label="{text}">{lines}{dots}<circle class="mean" cx="{x}" cy="{y}" r="3"/></svg>',
        width=f"{_WIDTH:g}",
        height=f"{_HEIGHT:g}",
        text=f"{len(known)} nights, from {shown(min(known))} to {shown(max(known))}, last {shown(known[-1])}",
        lines=lines,
        dots=dots,
        x=f"{x:.1f}",
        y=f"{y:.1f}",
    )


def _runs(points: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """The points between gaps."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is not None:
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]
