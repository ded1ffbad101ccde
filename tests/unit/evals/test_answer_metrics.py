"""Answer metrics: SQuAD's normalisation at the values its script gives, and laws that hold for any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.evals.metrics.answer import (
    Quotation,
    citation_precision,
    citation_recall,
    exact_match,
    is_verbatim,
    normalise,
    token_f1,
    without_marks,
)

words = st.lists(st.sampled_from(["port", "Merrow", "closed", "35", "days", "storm"]), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("The  Port-Merrow, Inc.", "portmerrow inc"),
        ("A theatre in an area", "theatre in area"),
        ("1.5%", "15"),
        ("the", ""),
    ],
)
def test_normalises_as_squad_does(text: str, bare: str) -> None:
    assert normalise(text) == bare


def test_citation_marks_do_not_count() -> None:
    assert without_marks("It is 35 days [1] [2]. It was closed [3, 4].") == "It is 35 days. It was closed."
    assert exact_match("35 days [1].", ["35 days"]) == 1
    assert token_f1("35 days [12]", ["35 days"]) == 1


def test_token_f1_is_over_bags_of_tokens() -> None:
    assert token_f1("the storm closed port", ["storm closed port Merrow"]) == pytest.approx(2 * 3 / (3 + 4))
    assert token_f1("port port", ["port"]) == pytest.approx(2 / 3)
    assert token_f1("", ["port"]) == 0
    assert token_f1("yes", ["no", "yes"]) == 1


@given(words, words)
def test_token_f1_is_symmetric_and_bounded(left: list[str], right: list[str]) -> None:
    one, other = " ".join(left), " ".join(right)
    assert token_f1(one, [other]) == token_f1(other, [one])
    assert 0 <= token_f1(one, [other]) <= 1
    assert token_f1(one, [other, one]) == exact_match(one, [one]) == 1


def test_citations() -> None:
    assert citation_precision(["a", "a", "x"], ["a", "b"]) == pytest.approx(2 / 3)
    assert citation_precision([], ["a"]) == 0
    assert citation_recall(["a", "a", "x"], ["a", "b"]) == 0.5


@given(st.text(min_size=1), st.data())
def test_every_slice_is_verbatim_and_nothing_else_is(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quote = text[start:end]
    assert is_verbatim(Quotation(quote, start, end), text) == bool(quote.strip())
    assert not is_verbatim(Quotation(quote + "x", start, end), text)
    assert not is_verbatim(Quotation(quote, start - len(text) - 1, end), text)


def test_answers_are_needed() -> None:
    with pytest.raises(ValueError, match="right answer"):
        token_f1("x", [])
