"""What repeats a better hit, and what fits into a budget."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.model import Claim, Hit, Node, Passage, Position, Scope
from stemma.memory.recall.diversity import Novelty, Shown, tokens, within

LONG = "the harbour master of Port Merrow signs every permit for the night gate before the tide turns at noon"


def passage(source: str, text: str, start: int, end: int) -> Passage:
    return Passage(f"{source}-{start}", source, Scope("t"), 0, "", text, Position(start, end))


def test_one_source_does_not_say_a_thing_twice() -> None:
    shown = Shown()
    assert shown.show(passage("a", LONG, 0, 100)) is Novelty.NEW
    assert shown.show(passage("a", "other words, but the same place", 40, 110)) is Novelty.NOTHING
    assert shown.show(passage("a", LONG + " daily", 500, 600)) is Novelty.NOTHING
    assert shown.show(passage("a", "something else", 100, 200)) is Novelty.NEW


def test_another_source_is_another_ground() -> None:
    shown = Shown()
    shown.show(passage("a", LONG, 0, 100))
    assert shown.show(passage("b", LONG, 0, 100)) is Novelty.ANOTHER_SOURCE
    assert shown.show(passage("c", LONG + " daily", 0, 100)) is Novelty.NEW


def test_a_claim_that_repeats_a_passage_adds_nothing() -> None:
    from datetime import UTC, datetime

    shown = Shown()
    shown.show(passage("a", LONG, 0, 100))
    assert shown.show(Claim("c", Scope("t"), LONG.upper() + ".", datetime.now(UTC))) is Novelty.NOTHING


def hit(number: int, length: int) -> Hit:
    return Hit(str(number), Node.PASSAGE, "x" * length, "", -number, {}, "", "", number)


@given(st.lists(st.integers(0, 100), max_size=8), st.integers(0, 60))
def test_what_is_kept_fits_and_what_was_left_out_would_not_have(lengths: list[int], budget: int) -> None:
    hits = [hit(rank, length) for rank, length in enumerate(lengths, start=1)]
    kept = within(budget, hits)
    assert sum(tokens(one.text) for one in kept) <= budget
    assert [one.rank for one in kept] == list(range(1, len(kept) + 1))
    assert [int(one.id) for one in kept] == sorted(int(one.id) for one in kept)
    for left in hits:
        if left.id not in {one.id for one in kept}:
            before = sum(tokens(one.text) for one in kept if int(one.id) < left.rank)
            assert before + tokens(left.text) > budget
