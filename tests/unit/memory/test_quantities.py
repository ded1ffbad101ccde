"""Quantities: what is the same number, unit or date, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.quantities import missing, quantities


def found(text: str) -> list[tuple[str, str]]:
    return [(quantity.value, quantity.unit) for quantity in quantities(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,200 tons", [("1200", "tonne")]),
        ("twelve hundred tonnes", [("1200", "tonne")]),
        ("5 %, five percent, 5 per cent", [("5", "%")] * 3),
        ("$5.50, USD 900, 900 euros", [("5.5", "usd"), ("900", "usd"), ("900", "eur")]),
        ("3 May 2024; 2024-05-03; May 3, 2024", [("2024-05-03", "date")] * 3),
        ("the 3rd of May; May 2024", [("?-05-03", "date"), ("2024-05-?", "date")]),
        ("they may 5 times", [("5", "")]),
        ("3.5 million; two hundred and five days; twenty-one", [("3500000", ""), ("205", "day"), ("21", "")]),
        ("third, 2nd", [("3", "ordinal"), ("2", "ordinal")]),
        ("5-10 days at -3.5 degrees", [("5", ""), ("10", "day"), ("-3.5", "degree")]),
        ("two trucks and three trains", [("2", ""), ("3", "")]),
        ("no quantity at all", []),
    ],
)
def test_quantities_are_read(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@given(st.integers(0, 10**12))
def test_thousands_separators_do_not_matter(number: int) -> None:
    assert found(f"it cost {number:,} then") == found(f"it cost {number} then") == [(str(number), "")]


@pytest.mark.parametrize(
    ("stated", "evidence", "lacking"),
    [
        ("5 days", "five days", []),
        ("5 days", "5 weeks", ["5"]),
        ("5 days", "a five to six", []),
        ("5 percent", "5 kg", ["5"]),
        ("2024", "on 3 May 2024", []),
        ("on 3 May", "on 3 May 2024", []),
        ("on 3 May 2024", "on 3 May", ["3 May 2024"]),
        ("on 3 May 2024", "on 3 May 2023, not 2024", ["3 May 2024"]),
        ("on 3 May 2024", "on 4 May 2024", ["3 May 2024"]),
        ("one of them, first", "", []),
    ],
)
def test_missing_names_what_nothing_bears_out(stated: str, evidence: str, lacking: list[str]) -> None:
    assert [stated[q.start : q.end] for q in missing(quantities(stated), quantities(evidence))] == lacking


@given(st.text())
def test_every_text_bears_itself_out(text: str) -> None:
    own = quantities(text)
    assert missing(own, own) == []
    assert all(0 <= quantity.start < quantity.end <= len(text) for quantity in own)
