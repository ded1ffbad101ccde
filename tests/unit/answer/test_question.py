"""What a question asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.graphs.models.question import NAME_WEIGHT, Kind, analyse


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Who is the harbour master of Port Merrow?", Kind.PERSON),
        ("Which actress played the captain?", Kind.PERSON),
        ("When did the strike end?", Kind.TIME),
        ("In what year was the depot built?", Kind.TIME),
        ("Where is Halden Fasteners based?", Kind.PLACE),
        ("The firm is based in what city?", Kind.PLACE),
        ("How many containers were lost?", Kind.NUMBER),
        ("What is the population of Merrow?", Kind.NUMBER),
        ("Are Medici and Senet both board games?", Kind.YES_NO),
        ("The first one has a licence. Does the second one have it?", Kind.YES_NO),
        ("Which magazine was published first, Guitar World or Science News?", Kind.CHOICE),
        ("What does the contract say about delay?", Kind.THING),
        ("How does the port handle swell?", Kind.THING),
        ("Tell me about Merrow", Kind.THING),
        ("", Kind.THING),
    ],
)
def test_kind(text: str, kind: Kind) -> None:
    assert analyse(text).kind is kind


def test_names_and_numbers_weigh_more_than_other_words() -> None:
    weights = analyse("What penalty does Halden Fasteners pay in 2024?").weights
    assert weights["halden"] == weights["fasten"] == weights["2024"] == NAME_WEIGHT
    assert weights["penalti"] == weights["pay"] == 1.0


def test_the_two_things_of_a_choice() -> None:
    assert analyse("Which band was formed first, The Exies or Circus Diablo?").options == ("Exies", "Circus Diablo")


def test_the_noun_asked_for_leaves_names_out() -> None:
    assert analyse("Which Bollywood actress is his daughter?").focus == ("actress",)
    assert analyse("What is the name of the pop band he founded?").focus == ("pop", "band")


def test_the_words_before_a_question_word_at_the_end() -> None:
    assert analyse("The brewery has had an annual output of what in 2011?").lead == ("annual", "output", "of")
    assert analyse("What is it?").lead == ()


@given(st.text(max_size=300))
def test_any_text_is_a_question(text: str) -> None:
    question = analyse(text)
    assert all(weight > 0 for weight in question.weights.values())
    assert set(question.focus) <= set(question.weights) or not question.weights
    assert question.near <= set(question.weights)
    assert len(question.options) in (0, 2)


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("Who is the harbour master of Port Merrow?", {"port", "merrow"}),
        ("What is the standard lead time of the Tessaly Foundry?", {"tessali", "foundri"}),
        ("Who was the president of The Prestige (film)?", {"prestig"}),
        ("Who is the director of the film that Ana Roth wrote?", set()),
        ("Who is the contact for claims of the trucking company?", set()),
        ("Which port did the carrier Northwind Lines reach?", set()),
    ],
)
def test_the_one_name_that_a_question_is_about(text: str, owner: set[str]) -> None:
    assert analyse(text).owner == owner
