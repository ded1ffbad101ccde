"""By which entities a claim is looked up, and found, when claims are compared."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stemma.memory.contradictions.model import ComparedClaim
from stemma.memory.contradictions.pairs import told_of

AT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "names", "told"),
    [
        ("Orlo Bank moved to Kessel in 1990.", ["Orlo Bank", "Kessel"], ["Orlo Bank"]),
        ("The Orlo Bank moved to Kessel.", ["Orlo Bank", "Kessel"], ["Orlo Bank"]),
        ("Ana Roth is the chair of Orlo Bank.", ["Ana Roth", "Orlo Bank", "Kessel"], ["Ana Roth", "Orlo Bank"]),
        ("The chair of Orlo Bank is Ana Roth.", ["Orlo Bank", "Ana Roth"], ["Orlo Bank", "Ana Roth"]),
        ("Records show that Orlo Bank moved to Kessel.", ["Orlo Bank", "Kessel"], ["Orlo Bank", "Kessel"]),
        ("According to Ana Roth, Orlo Bank moved.", ["Ana Roth", "Orlo Bank"], ["Ana Roth", "Orlo Bank"]),
        ("Kessel is small.", ["Kessel"], ["Kessel"]),
        ("Nothing moved.", [], []),
    ],
)
def test_a_claim_is_found_by_what_it_begins_with_and_whose_relation_it_states(
    text: str, names: list[str], told: list[str]
) -> None:
    assert list(told_of(ComparedClaim("one", "", text, AT, entities=names))) == told


def test_a_subject_that_the_text_does_not_name_is_what_it_begins_with() -> None:
    claim = ComparedClaim("one", "", "It moved to Kessel.", AT, entities=["Orlo Bank", "Kessel"], subject="Orlo Bank")
    assert list(told_of(claim)) == ["Orlo Bank"]
