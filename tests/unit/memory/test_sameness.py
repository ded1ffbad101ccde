"""Two texts have one key only when every word, number, sign and symbol in them is the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.consolidation.sameness import claim_key, same_statement, source_key

WORDS = st.sampled_from(["quay", "rent", "the", "not", "Ägir", "of", "tons", "crane's", "percent", "May", "no."])
NUMBERS = st.one_of(
    st.integers(0, 3_000).map(str),
    st.integers(1_000, 2_000_000).map(lambda number: f"{number:,}"),
    st.decimals(0, 100, places=2).map(str),
    st.integers(0, 99).map(lambda number: f"-{number}"),
    st.integers(0, 99).map(lambda number: f"0{number}"),
    st.integers(1, 28).map(lambda number: f"{number} May 2024"),
    st.integers(0, 59).map(lambda number: f"12:{number:02}"),
    st.integers(1, 99).map(lambda number: f"${number}"),
    st.integers(1, 99).map(lambda number: f"{number}%"),
    st.integers(1, 99).map(lambda number: f"§{number}"),
    st.integers(1, 99).map(lambda number: f"[{number}]"),
    st.integers(1, 99).map(lambda number: f".{number}"),
)
TEXTS = st.lists(st.one_of(WORDS, NUMBERS), min_size=1, max_size=8).map(" ".join)
_DIGITS = re.compile(r"\d")


def key_of_source(text: str) -> bytes:
    return source_key("", [text])


@given(TEXTS, st.data())
def test_a_changed_digit_is_never_the_same(text: str, data: st.DataObject) -> None:
    places = [match.start() for match in _DIGITS.finditer(text)]
    if not places:
        return
    place = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != text[place]]))
    changed = text[:place] + other + text[place + 1 :]
    assert key_of_source(text) != key_of_source(changed)
    assert claim_key(text) != claim_key(changed)


@given(TEXTS, st.data())
def test_a_dropped_or_added_word_is_never_the_same(text: str, data: st.DataObject) -> None:
    pieces = text.split()
    place = data.draw(st.integers(0, len(pieces)))
    longer = " ".join([*pieces[:place], "never", *pieces[place:]])
    assert key_of_source(text) != key_of_source(longer)
    assert claim_key(text) != claim_key(longer)


@given(TEXTS)
def test_case_and_spacing_do_not_count(text: str) -> None:
    assert key_of_source(text) == key_of_source(f"  {text.replace(' ', chr(10))} ")
    if text.isascii():
        assert key_of_source(text.lower()) == key_of_source(text.upper()) == key_of_source(text)


ALIKE = [
    ("The quay has 1,200 bollards.", "quay has 1200 bollards"),
    ("The quay has twelve bollards.", "The quay has 12 bollards!"),
    ("It closes on 3 May 2024.", "It closes on 2024-05-03"),
    ("The fifth crane is broken.", "the 5th crane is broken"),
    ("“Ängel” is the ship's name.", '"ängel" is the ship’s name'),
]
OTHER = [
    ("Python 3.1 is used.", "Python 3.10 is used."),
    ("Room 007 is free.", "Room 7 is free."),
    ("The rent is 15.", "The rent is 1.5."),
    ("The rent is 5.", "The rent is .5"),
    ("It is -5 degrees.", "It is 5 degrees."),
    ("The balance is - 5.", "The balance is 5."),
    ("See clause [1].", "See clause [2]."),
    ("See §5.", "See 5."),
    ("The area is 10² m.", "The area is 102 m."),
    ("The rate is 5%.", "The rate is 5‰."),
    ("It costs $5.", "It costs 5."),
    ("The ship is 5' long.", 'The ship is 5" long.'),
    ("Berth 4 is open.", "Berth 4 is not open."),
    ("Plan A costs little.", "Plan costs little."),
    ("At 10:30 it opens.", "At 10.30 it opens."),
    ("It holds 5 tons.", "It holds 5 tonnes of coal."),
]


@pytest.mark.parametrize(("first", "second"), ALIKE)
def test_claims_that_say_the_same(first: str, second: str) -> None:
    assert claim_key(first) == claim_key(second)
    assert same_statement(first, second)


@pytest.mark.parametrize(("first", "second"), OTHER)
def test_claims_that_do_not(first: str, second: str) -> None:
    assert claim_key(first) != claim_key(second)
    assert key_of_source(first) != key_of_source(second)


def test_a_title_tells_sources_apart() -> None:
    assert source_key("Berth 4", ["Closed on Mondays."]) != source_key("Berth 5", ["Closed on Mondays."])
    assert source_key("berth 4", ["Closed on", "Mondays."]) == source_key("Berth 4", ["Closed on Mondays"])


def test_a_long_copy_under_another_file_name_is_the_same() -> None:
    """A short one is not: its name may be all that says what it is about."""
    long = ["The quay rent is due in May."] * 7
    assert source_key("ann", long, "file:notes/ann.md") == source_key("bob", long, "file:notes/bob.md")
    assert source_key("ann", long, "file:notes/ann.md") != source_key("Terms", long, "file:notes/bob.md")
    assert source_key("1", long, "file:m.eml#1.txt") == source_key("2", long, "upload:2.txt")
    short = ["Allergic to nuts."]
    assert source_key("ann", short, "file:notes/ann.md") != source_key("bob", short, "file:notes/bob.md")
