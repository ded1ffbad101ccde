"""Quotes and short answers, chosen by rules."""

from hypothesis import given
from hypothesis import strategies as st

from stemma.graphs.models.question import analyse
from stemma.graphs.models.selection import Excerpt, select
from stemma.graphs.models.short_answer import short_answer
from stemma.graphs.models.spans import spans

PORT = Excerpt(
    1,
    "Port Merrow",
    "Port Merrow lies on the Wend estuary. Its harbour master is Tomas Reyl. The channel is 13.4 metres deep.",
)
LINE = Excerpt(
    2, "Northwind Lines", "Northwind Lines sails weekly to Port Merrow. It was founded in 1987 by Elias Brandt."
)
REEFER = Excerpt(3, "Reefer guide", "Reefers are plugged in at once. Fruit spoils within two days.")
EXCERPTS = (PORT, LINE, REEFER)

texts = st.text(st.sampled_from("abc ABC Merrow. 1987 “the”\n[1]?!,"), max_size=200)


def quotes_of(question: str) -> list[str]:
    return [quote.text for quote in select(analyse(question), EXCERPTS)]


def short_of(question: str) -> str:
    asked = analyse(question)
    return short_answer(asked, select(asked, EXCERPTS), EXCERPTS)


def test_the_best_sentence_is_quoted() -> None:
    assert "Its harbour master is Tomas Reyl." in quotes_of("Who is the harbour master of Port Merrow?")
    assert short_of("Who is the harbour master of Port Merrow?") == "Tomas Reyl"


def test_the_kind_of_answer_decides() -> None:
    assert short_of("When was Northwind Lines founded?") == "1987"
    assert short_of("Who founded Northwind Lines?") == "Elias Brandt"
    assert short_of("How many metres deep is the channel of Port Merrow?") == "13.4"


def test_a_bridge_over_two_passages_is_quoted_from_both() -> None:
    question = analyse("Who is the harbour master of the port that the line founded by Elias Brandt sails to?")
    assert {quote.n for quote in select(question, EXCERPTS)} == {1, 2}


def test_nothing_is_quoted_when_nothing_supports() -> None:
    assert quotes_of("Which comet did Halley watch?") == []
    assert select(analyse("Who?"), ()) == []


def test_a_comparison_is_decided_by_the_years_that_the_quotes_say() -> None:
    first = Excerpt(1, "Guitar World", "Guitar World is a magazine, first published in July 1980.")
    second = Excerpt(2, "Science News", "Science News is a magazine, published since 1922.")
    question = analyse("Which magazine was published first, Guitar World or Science News?")
    assert short_answer(question, select(question, (first, second)), (first, second)) == "Science News"


def test_yes_only_when_every_quote_says_it() -> None:
    games = (Excerpt(1, "Medici", "Medici is a board game."), Excerpt(2, "Senet", "Senet is a board game from Egypt."))
    other = (games[0], Excerpt(2, "Senet", "Senet is a village in Spain."))
    question = analyse("Are Medici and Senet both board games?")
    assert short_answer(question, select(question, games), games) == "yes"
    assert short_answer(question, select(question, other), other) == "no"


def test_what_a_sentence_defines_answers_for_its_noun() -> None:
    question = analyse("Which rapper appears on the album?")
    found = spans(question, "Rakim Mayers (born 1988), known as Rocky, is an American rapper and actor from New York.")
    assert found[0].text == "Rakim Mayers"


@given(st.text(max_size=120), st.lists(st.tuples(texts, texts), max_size=5), st.integers(1, 3))
def test_quotes_and_spans_are_verbatim(asked: str, passages: list[tuple[str, str]], limit: int) -> None:
    excerpts = [Excerpt(n, title, text) for n, (title, text) in enumerate(passages, 1)]
    question = analyse(asked)
    quotes = select(question, excerpts, limit)
    assert len(quotes) <= limit
    for quote in quotes:
        assert excerpts[quote.n - 1].text[quote.start : quote.end] == quote.text
        for span in spans(question, quote.text):
            assert quote.text[span.start : span.end].strip() == span.text
    said = short_answer(question, quotes, excerpts)
    assert said in ("", "yes", "no", *question.options) or any(said in quote.text for quote in quotes)
