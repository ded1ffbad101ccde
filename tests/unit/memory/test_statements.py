"""Statements by rule: what is taken, what is left out, and spans that are exact on any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.ingest.entities import named_spans
from stemma.memory.ingest.ports import Excerpt
from stemma.memory.ingest.statements import STATEMENT_LIMIT, statements

WORDS = ["Port", "Merrow", "of", "the", ".", " is ", "closed", "It", "(", "1968", "was born in", "?", "\n", ", "]
TEXT = st.text() | st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join)


def of(text: str, title: str = "") -> list[str]:
    return [statement.text for statement in statements(Excerpt(title, text, named_spans(title, text)))]


@given(TEXT, TEXT)
def test_every_statement_is_a_span_of_its_passage(title: str, text: str) -> None:
    excerpt = Excerpt(title, text, named_spans(title, text))
    found = statements(excerpt)
    assert len(found) <= STATEMENT_LIMIT
    end = 0
    for statement in found:
        assert end <= statement.start
        end = statement.start + len(statement.quote)
        assert text[statement.start : end] == statement.quote == statement.text
        assert any(statement.start <= span.start < end for span in excerpt.named)
        assert bool(statement.subject) == bool(statement.predicate) == bool(statement.object)
    assert statements(excerpt) == found


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        ("The harbour master of Port Merrow is Tomas Reyl.", ("The harbour master of Port Merrow", "is", "Tomas Reyl")),
        ("Tomas Reyl was born in Veldmark in 1968.", ("Tomas Reyl", "was born in", "Veldmark in 1968")),
        ("Acme Corp (formerly Apex Ltd) supplies pumps.", ("Acme Corp", "supplies", "pumps")),
        ("Acme Corp no longer supplies valves.", ("Acme Corp no longer", "supplies", "valves")),
        ("In 1987 Elias Brandt founded Northwind Lines.", ("", "", "")),
        ("Acme Corp, which Elias Brandt owns, was founded in 1987.", ("", "", "")),
        ("Port Merrow does not close at night.", ("Port Merrow", "does not close at", "night")),
    ],
)
def test_a_statement_is_taken_apart_where_that_is_certain(sentence: str, parts: tuple[str, str, str]) -> None:
    text = f"We met Acme Corp, Port Merrow and Tomas Reyl there. {sentence}"
    found = statements(Excerpt("", text, named_spans("", text)))[-1]
    assert found.text == sentence
    assert (found.subject, found.predicate, found.object) == parts


@pytest.mark.parametrize(
    "text",
    [
        "Is Port Merrow closed on Sundays?",
        "It was founded in Port Merrow by Elias Brandt.",
        "Its harbour master at Port Merrow is Tomas Reyl.",
        "The film stars Hugh Jackman as Robert Angier.",
        "In Port Merrow, it was the largest ship of all.",
        "Call the harbour master of Port Merrow before noon.",
        "## Port Merrow berths and rates",
        "Port Merrow, Port Calder, Hallin, Veldmark, Lowmoor and Ostra are here.",
        "Harbour master of Port Merrow",
        "the port of Merrow is closed at night.",
        "The terminal closes at night on weekdays.",
        "Port Merrow is closed (see the Notice.",
        "",
    ],
)
def test_what_does_not_stand_alone_is_left_out(text: str) -> None:
    assert of(text) == []


def test_a_title_names_what_opens_a_sentence() -> None:
    assert of("Aster is a container ship built in 2009.", "Aster") == ["Aster is a container ship built in 2009."]


def test_a_long_passage_has_a_bounded_number() -> None:
    text = "We saw the Aster. " + " ".join(f"The Aster carried {n} containers to Hallin." for n in range(100))
    assert len(of(text)) == STATEMENT_LIMIT
