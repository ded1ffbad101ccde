"""Curves: a missing value is a gap, places are where they belong, and names stay text."""

from __future__ import annotations

import re

from stemma.evals.page.curves import curves


def drawn(page: str) -> list[str]:
    return re.findall(r'<g class="curve\d"><path d="([^"]*)"', page)


def test_a_rate_is_drawn_from_bottom_to_top() -> None:
    (path,) = drawn(curves("T", "", {"a": {"0": 0.0, "1": 0.5, "2": 1.0}}, "session"))
    points = [tuple(map(float, point.split())) for point in re.split("[ML]", path)[1:]]
    (x0, y0), (x1, y1), (x2, y2) = points
    assert x0 < x1 < x2
    assert x1 - x0 == x2 - x1
    assert y0 > y1 > y2
    assert abs((y0 - y1) - (y1 - y2)) < 0.2


def test_a_missing_value_is_a_gap_and_no_zero() -> None:
    (path,) = drawn(curves("T", "", {"a": {"0": 0.2, "1": None, "2": 0.2, "3": 0.2}}, "session"))
    assert re.sub(r"[\d. ]", "", path) == "MML"


def test_what_is_pointed_at_tells_its_value_and_names_are_escaped() -> None:
    page = curves("T", "a note", {"<b>": {"0": 0.5, "0.25": 0.125}}, "share", at=0.1)
    assert "<title>&lt;b&gt;, 0.25: 12.5%</title>" in page
    assert "<b>" not in page
    assert 'class="mark"' in page


def test_one_place_is_no_curve() -> None:
    assert curves("T", "", {"a": {"0": 0.5}}, "session") == ""
    assert curves("T", "", {}, "session") == ""
