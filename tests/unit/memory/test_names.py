"""Names as spans of capitalised words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.names import names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They left the Port of Rotterdam.", ["Port of Rotterdam"]),
        ("It bought U.S. Steel and met J. Smith near St. Louis.", ["U.S. Steel", "J. Smith", "St. Louis"]),
        ("We ship KM-7 for Harrow's pumps.", ["KM-7", "Harrow"]),
        ("In 2014 IBM bought Red Hat 7.", ["IBM", "Red Hat 7"]),
        ("It reached Saltrey Harbour 5 days late.", ["Saltrey Harbour"]),
        ("- Ludwig van Beethoven\n- Brenholt", ["Ludwig van Beethoven", "Brenholt"]),
        ("They sold an iPhone to Bank of the West by the x-Ray.", ["iPhone", "Bank of the West"]),
        ("However, it rained in the morning.", []),
        ("THE PORT IS CLOSED NOW", []),
        ("all in lower case", []),
    ],
)
def test_names_are_found(text: str, expected: list[str]) -> None:
    assert [name.text for name in names(text)] == expected


def test_a_name_that_opens_a_sentence_is_marked() -> None:
    assert [name.initial for name in names("Prague is old. She likes Prague.")] == [True, False]


@given(
    st.text() | st.lists(st.sampled_from(["A", "Of", "of", "Port", " ", ".", "\n", "U.S.", "7", "the"])).map(" ".join)
)
def test_names_are_exact_ordered_ranges(text: str) -> None:
    end = 0
    for name in names(text):
        assert end <= name.start < name.end
        assert text[name.start : name.end] == name.text
        end = name.end
