"""Curves as inline SVG: a rate in [0, 1] over sessions, shares or nights, one line for each name.

Decides the drawing only: a point without a value is a gap, not a zero. Lines differ in dashes as well as in colour, and
every point tells its value when it is pointed at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stemma.evals.page.markup import Html, html, joined

_WIDTH, _HEIGHT = 640, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 14, 34
_LOOKS = 6
"""So many lines look different (style.css)."""
Points = Mapping[str, float | None]


def curves(title: str, note: str, series: Mapping[str, Points], across: str, *, at: float | None = None) -> Html:
    """A section with one chart. `across` names the x axis; `at` marks a place on it, in its numbers.

    The keys of `series` are numbers in words ("0.25"), the same for every line where a line has them.
    """
    places = sorted({float(x) for points in series.values() for x in points})
    if len(places) < 2:
        return Html("")
    lines = joined(_line(number, name, points, places) for number, (name, points) in enumerate(series.items()))
    legend = joined(
        html(
            '<li class="curve{look}"><svg viewBox="0 0 30 8" width="30" height="8"><path d="M0 4H30"/></svg>{name}'
            "</li>",
            look=number % _LOOKS,
            name=name,
        )
        for number, name in enumerate(series)
    )
    return html(
        '<section><h2>{title}</h2><p class="quiet">{note}</p><figure class="curves">'
        '<svg viewBox="0 0 {width} {height}" role="img" aria-label="{title}">{grid}{mark}{lines}'
        '<text class="across" x="{middle}" y="{foot}">{across}</text></svg><ul class="legend">{legend}</ul></figure>'
        "</section>",
        title=title,
        note=note,
        width=_WIDTH,
        height=_HEIGHT,
        grid=_grid(places),
        mark=_mark(at, places) if at is not None else Html(""),
        lines=lines,
        middle=(_LEFT + _WIDTH - _RIGHT) // 2,
        foot=_HEIGHT - 3,
        across=across,
        legend=legend,
    )


def _line(number: int, name: str, points: Points, places: Sequence[float]) -> Html:
    drawn, pen = [], "M"
    dots = []
    for key, value in sorted(points.items(), key=lambda point: float(point[0])):
        if value is None:
            pen = "M"
            continue
        x, y = _x(float(key), places), _y(value)
        drawn.append(f"{pen}{x:.1f} {y:.1f}")
        dots.append(
            html(
                '<circle cx="{x}" cy="{y}" r="3"><title>{text}</title></circle>',
                x=f"{x:.1f}",
                y=f"{y:.1f}",
                text=f"{name}, {key}: {value:.1%}",
            )
        )
        pen = "L"
    return html(
        '<g class="curve{look}"><path d="{path}"/>{dots}</g>',
        look=number % _LOOKS,
        path=" ".join(drawn),
        dots=joined(dots),
    )


def _grid(places: Sequence[float]) -> Html:
    across = joined(
        html(
            '<line class="grid" x1="{left}" y1="{y}" x2="{right}" y2="{y}"/><text class="up" x="{at}" y="{base}">{text}'
            "</text>",
            left=_LEFT,
            right=_WIDTH - _RIGHT,
            y=f"{_y(share):.1f}",
            at=_LEFT - 6,
            base=f"{_y(share) + 4:.1f}",
            text=f"{share:.0%}",
        )
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    )
    ticks = joined(
        html(
            '<text class="tick" x="{x}" y="{y}">{text}</text>',
            x=f"{_x(place, places):.1f}",
            y=_HEIGHT - _BOTTOM + 15,
            text=f"{place:g}",
        )
        for place in places
    )
    return joined([across, ticks])


def _mark(at: float, places: Sequence[float]) -> Html:
    return html(
        '<line class="mark" x1="{x}" y1="{top}" x2="{x}" y2="{foot}"/>',
        x=f"{_x(at, places):.1f}",
        top=_TOP,
        foot=_HEIGHT - _BOTTOM,
    )


def _x(place: float, places: Sequence[float]) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (place - places[0]) / (places[-1] - places[0])


def _y(value: float) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1.0 - min(1.0, max(0.0, value)))
