"""Contradictions slot by slot: on pairs from templates, and on the pairs that the rules were made for."""

from __future__ import annotations

from collections import Counter

import pytest

from stemma.memory.grounding.contradiction import Slot, contradiction, same_name
from tests.unit.memory.contradictory_pairs import KINDS, pairs

EACH = 40


def test_of_the_pairs_from_templates_few_are_wrong() -> None:
    """Prints the confusion table: `pytest -s`."""
    found: Counter[str] = Counter(
        pair.kind for pair in pairs(7, EACH) if contradiction(pair.first, pair.second) is not None
    )
    for kind, (_make, contradictory) in KINDS.items():
        print(f"{kind:28}{'contradiction' if contradictory else 'none':15}{found[kind]:>4} of {EACH} called so")
    right = sum(found[kind] for kind, (_make, contradictory) in KINDS.items() if contradictory)
    due = EACH * sum(contradictory for _make, contradictory in KINDS.values())
    print(f"precision {right / found.total():.3f}, recall {right / due:.3f}")
    assert right >= 0.9 * found.total()
    assert right >= 0.8 * due


def test_the_order_does_not_matter() -> None:
    for pair in pairs(11, 5):
        one, two = contradiction(pair.first, pair.second), contradiction(pair.second, pair.first)
        assert (one is None) == (two is None)
        assert one is None or two is None or (one.slot, one.first, one.second) == (two.slot, two.second, two.first)
        assert contradiction(pair.first, pair.first) is None


@pytest.mark.parametrize(
    ("first", "second", "slot"),
    [
        ("The chair of Orlo Bank is Tom Okafor.", "Owen Hartley is the chair of Orlo Bank.", Slot.NAME),
        ("Orlo Bank was founded in 1911.", "Orlo Bank was founded in 1921.", Slot.DATE),
        ("Orlo Bank lends 500 dollars to members.", "Orlo Bank lends 900 dollars to members.", Slot.NUMBER),
        ("Orlo Bank closes on 3 May 2024.", "Orlo Bank closes on 4 May 2024.", Slot.DATE),
        (
            "Orlo Bank moved its archive to the cellars of Kessel Rail after a fire had damaged the old one.",
            "Orlo Bank moved its archive to the cellars of Brandt Optics after a fire had damaged the old one.",
            Slot.NAME,
        ),
        ("Orlo Bank is insured.", "Orlo Bank isn't insured.", Slot.NEGATION),
    ],
)
def test_each_slot(first: str, second: str, slot: Slot) -> None:
    found = contradiction(first, second)
    assert found is not None
    assert found.slot is slot
    assert slot.value in found.reason


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("The school was founded in 2004 under Orlo Bank.", "The school was founded in 2006 under Orlo Bank."),
        ("It was released in 1979 by Orlo Records.", "It was released in 1981 by Orlo Records."),
        ("Small World is a 2003 film directed by Bruno Chiche.", "Small World is a 2010 film directed by Milos Rad."),
        ("The Heinkel HD 39 was a cargo aircraft.", "The Heinkel HD 40 was a cargo aircraft."),
        ("Orlo Bank lists films of the 1980s.", "Orlo Bank lists films of the 1990s."),
        ("Orlo Bank is 5 km from here.", "Orlo Bank is 3 miles from here."),
        ("Orlo Bank has 5 million clients.", "Orlo Bank has 5.03 million clients."),
        ("Orlo Bank lends up to 500 dollars.", "Orlo Bank lends 300 dollars."),
        ("Orlo Bank was founded in 1911.", "Orlo Bank was founded on 3 May 1911."),
    ],
)
def test_what_looks_alike_and_is_no_contradiction(first: str, second: str) -> None:
    assert contradiction(first, second) is None


def test_names_in_several_spellings() -> None:
    assert same_name("A. Roth", "Ana Roth")
    assert same_name("WHO", "World Health Organization")
    assert same_name("Dr Ana Roth", "Roth")
    assert not same_name("Ana Roth", "Ana Silva")
    assert not same_name("Acme Ltd", "Acme Inc")
