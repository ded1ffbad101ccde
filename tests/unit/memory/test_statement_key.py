"""When two texts are one statement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.identifiers import claim_id, statement_key
from stemma.memory.model import Scope

SAID = "Tomas Reyl's pilot boat costs 1,200.50 € at -5 °C"


@pytest.mark.parametrize(
    "other",
    [
        SAID.upper(),
        SAID + ".",
        SAID + " [1] [12].",
        "Tomas Reyl’s “pilot  boat” costs, 1,200.50 € (at -5 °C)!",
        "**Tomas Reyl's** pilot boat\ncosts 1,200.50 € at −5 °C.",
    ],
)
def test_case_spacing_punctuation_and_marks_make_no_difference(other: str) -> None:
    assert claim_id(Scope("t"), other) == claim_id(Scope("t"), SAID)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It is 1.5 m", "It is 15 m"),
        ("It is -5 degrees", "It is 5 degrees"),
        ("It is 5 %", "It is 5"),
        ("It costs 5 €", "It costs 5 $"),
        ("It is open", "It is not open"),
        ("from 5-6", "from 56"),
        ("वह की है", "वह का है"),
        ("Crane [2026] stands", "Crane [2027] stands"),
    ],
)
def test_what_changes_the_meaning_stays(one: str, other: str) -> None:
    assert statement_key(one) != statement_key(other)


@given(st.text())
def test_a_key_is_its_own_key_and_empty_only_for_nothing(text: str) -> None:
    key = statement_key(text)
    assert statement_key(key) == key
    assert bool(key) == bool(text.strip()) or not text.casefold().split()
    assert statement_key(f"  {text} ") == key
