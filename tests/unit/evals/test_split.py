"""Halves by hash: whole, disjoint, with no source on both sides, whatever else is there or what it is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stemma.evals.case import Case
from stemma.evals.split import Part, part_of

CASES = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.lists(st.integers(0, 12), max_size=3, unique=True)), max_size=25
)


def cases_of(drawn: Sequence[tuple[str, list[int]]], name: str = "set") -> list[Case]:
    return [
        Case(f"{name}/q{number}", name, f"What about {word}{number // 3}?", tuple(f"{name}/d{each}" for each in gold))
        for number, (word, gold) in enumerate(drawn)
    ]


@given(CASES)
def test_every_case_is_in_one_half_and_no_source_in_two(drawn: Sequence[tuple[str, list[int]]]) -> None:
    cases = cases_of(drawn)
    dev, test = part_of(cases, Part.DEV, {}), part_of(cases, Part.TEST, {})
    assert sorted(case.id for case in (*dev, *test)) == sorted(case.id for case in cases)
    assert not {each for case in dev for each in case.gold} & {each for case in test for each in case.gold}
    assert not {case.question for case in dev} & {case.question for case in test}


@given(CASES)
def test_a_folder_may_be_called_otherwise(drawn: Sequence[tuple[str, list[int]]]) -> None:
    one = part_of(cases_of(drawn), Part.DEV, {})
    two = part_of(cases_of(drawn, "other"), Part.DEV, {})
    assert [case.question for case in one] == [case.question for case in two]


def test_documents_of_one_title_are_one_source() -> None:
    cases = [Case(f"s/q{n}", "s", f"Question {n}?", (f"s/p{n}",)) for n in range(40)]
    titles = {f"s/p{n}": "The same article" for n in range(40)}
    assert {len(part_of(cases, part, titles)) for part in Part} == {0, 40}


def test_the_halves_are_halves_and_stay_when_others_come() -> None:
    cases = [Case(f"s/q{n}", "s", f"Question {n}?", (f"s/p{n}",)) for n in range(400)]
    dev = part_of(cases, Part.DEV, {})
    assert 150 < len(dev) < 250
    assert {case.id for case in part_of(cases[:100], Part.DEV, {})} == {c.id for c in dev} & {c.id for c in cases[:100]}
    reworded = [replace(case, question=case.question.upper()) for case in cases]
    assert [case.id for case in part_of(reworded, Part.DEV, {})] == [case.id for case in dev]
