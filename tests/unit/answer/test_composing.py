"""Marks, quotes and citations."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stemma.graphs.answer.composing import compose, locate


def passage(n: int, text: str) -> dict[str, Any]:
    return {"n": n, "id": f"p{n}", "title": f"T{n}", "uri": f"u{n}", "text": text, "source_id": "s", "document_id": ""}


def test_marks_count_in_the_order_of_citing_and_quotes_are_verbatim() -> None:
    passages = [passage(1, "Owls hunt."), passage(2, "Bread rises."), passage(3, "It rains. Bread rises well, often.")]
    kept = [{"text": "Bread rises.", "cites": [3, 2]}, {"text": "Owls hunt.", "cites": [1]}]
    answer, citations = compose(kept, passages)
    assert answer == "Bread rises. [1] [2] Owls hunt. [3]"
    assert [(c["n"], c["id"], c["quote"]) for c in citations] == [
        (1, "p3", "Bread rises well, often."),
        (2, "p2", "Bread rises."),
        (3, "p1", "Owls hunt."),
    ]


def test_two_sentences_of_one_passage_share_a_mark() -> None:
    kept = [{"text": "Owls hunt.", "cites": [1]}, {"text": "They sleep.", "cites": [1]}]
    answer, citations = compose(kept, [passage(1, "Owls hunt. They sleep.")])
    assert answer == "Owls hunt. [1] They sleep. [1]"
    assert [c["quote"] for c in citations] == ["Owls hunt.", "They sleep."]


@given(st.text(max_size=100), st.text(max_size=200))
def test_what_is_located_lies_in_the_passage(sentence: str, text: str) -> None:
    start, end = locate(sentence, text)
    assert 0 <= start <= end <= len(text)
