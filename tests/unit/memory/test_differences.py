"""Claims compared: what the alignment of two sentences finds, and what it keeps silent about."""

from __future__ import annotations

import pytest

from stemma.memory.contradictions.differences import difference
from stemma.memory.grounding.contradiction import Slot
from stemma.memory.grounding.frame import frame_of
from tests.unit.memory.contradictory_pairs import KINDS, pairs


@pytest.mark.parametrize(
    ("first", "second", "slot"),
    [
        ("Norda Rail is a freight line formed in 1991.", "Norda Rail is a freight line formed in 1997.", Slot.DATE),
        (
            "The Winter Quay is a silent film directed by Anna Berg and Leo Fisk.",
            "The Winter Quay is a silent film directed by Mona Dahl and Leo Fisk.",
            Slot.NAME,
        ),
        (
            "Norda Rail sold 85 million tickets in Hallin, more than any other line of its time.",
            "It is on record that Norda Rail sold 128 million tickets in Hallin, more than any other line of its time.",
            Slot.NUMBER,
        ),
        ("In May the Calder Bridge did not carry lorries.", "In May the Calder Bridge carried lorries.", Slot.NEGATION),
        (
            "Norda Rail was closed to freight, as the local archive has it.",
            "Norda Rail was never closed to freight.",
            Slot.NEGATION,
        ),
    ],
)
def test_one_slot_differs(first: str, second: str, slot: Slot) -> None:
    for one, two in ((first, second), (second, first)):
        found = difference(frame_of(one), frame_of(two))
        assert found is not None
        assert found.slot is slot


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("The Winter Quay is a film starring Anna Berg.", "The Winter Quay is a film starring Mona Dahl."),
        ("Leo Fisk played for Norda Rail in 1991.", "Leo Fisk played for Norda Rail in 1997."),
        ("Norda Rail sold 85 tickets in 1991.", "Norda Rail sold 128 tickets in 1997."),
        ("Norda Rail was formed in 1991.", "Calder Mills was formed in 1997."),
        ("Norda Rail opened a pier.", "Norda Rail opened a pier, and the records were never lost."),
        ("Norda Rail opened a pier.", "It is not in doubt that Norda Rail opened a pier."),
        ("Norda Rail opened in May.", "Norda Rail was not opened until May."),
        ("The average fee of Norda Rail is 12 euros.", "The minimum fee of Norda Rail is 4 euros."),
        ("The Norda 36 was a trainer developed in Hallin.", "The Norda 38 was a trainer developed in Hallin."),
        ("Norda Rail has 12 cranes for timber.", "Norda Rail has twelve cranes for timber."),
        ("Norda Rail ships timber with Anna Berg.", "Norda Rail ships timber with Mona Dahl."),
    ],
)
def test_what_excludes_nothing(first: str, second: str) -> None:
    assert difference(frame_of(first), frame_of(second)) is None
    assert difference(frame_of(second), frame_of(first)) is None


def test_what_the_plain_rules_find_is_kept() -> None:
    """On the pairs from templates that the rules of grounding are measured with."""
    made = pairs(5, 12)
    found = [pair for pair in made if difference(frame_of(pair.first), frame_of(pair.second))]
    right = sum(pair.contradictory for pair in found)
    assert right >= 0.9 * len(found)
    assert right >= 0.85 * 12 * sum(contradictory for _make, contradictory in KINDS.values())
