"""What a sentence speaks of without naming it: what is told, what is left open, and how the sentence reads in full."""

from __future__ import annotations

import pytest

from stemma.memory.contradictions.pairs import compared
from stemma.memory.ingest.bundling import prepared, steps_of
from stemma.memory.ingest.entities import named_spans
from stemma.memory.ingest.ports import Excerpt
from stemma.memory.ingest.statements import read_in_place, statements
from stemma.memory.ingest.subjects import Discourse, begins_with_pronoun, needs_subject, spelled_out, unnamed
from stemma.memory.model import Document, Scope
from stemma.memory.text import sentences

FREIGHT = "Corvane Freight runs trucks to Brenholt."
ANN = "Ann Berg (born 1950) is a Norwegian painter."
BAND = "The Lanterns are a rock band from Ostra."


def told(text: str, title: str = "") -> str:
    """What the last sentence speaks of, as it may stand in place of its first words; empty where that is not told."""
    excerpt = Excerpt(title, text, named_spans(title, text))
    cut = sentences(text)
    found = Discourse(excerpt, cut).subject(len(cut) - 1)
    return found.named if found else ""


@pytest.mark.parametrize(
    ("before", "sentence", "named"),
    [
        (FREIGHT, "It was founded in 1990.", "Corvane Freight"),
        (FREIGHT, "Its claims desk answers within 10 days.", "Corvane Freight's"),
        (f"{FREIGHT} It was founded in 1990.", "It also owns a ferry.", "Corvane Freight"),
        (FREIGHT.replace("Freight", "Lines"), "Its ships are late.", "Corvane Lines'"),
        ("Port Merrow handles grain.", "The port is closed at night.", "Port Merrow"),
        ("Aster is a container ship. We saw Aster.", "The ship has 12 berths.", "Aster"),
        ("Aster is a container ship. We saw Aster.", "The ship's master is Ida Vole.", "Aster's"),
        ("In March 2019, Corvane Freight moved to Ostra.", "It rents a pier.", "Corvane Freight"),
        (ANN, "She died in Ostra.", "Ann Berg"),
        (ANN, "Her works are in Hallin.", "Ann Berg's"),
        (BAND, "They broke up in 1999.", "Lanterns"),
    ],
)
def test_a_sentence_goes_on_about_the_subject_before_it(before: str, sentence: str, named: str) -> None:
    assert told(f"{before} {sentence}") == named


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        ("", "It was founded in 1990."),
        ("The clerk of Corvane Freight resigned.", "It was founded in 1990."),
        ("Corvane Freight and Harrow Line merged.", "It was founded in 1990."),
        ("Corvane Freight's desk moved.", "It was founded in 1990."),
        ("In Ostra the desk of Corvane Freight moved.", "It was founded in 1990."),
        (f"{FREIGHT} Its claims desk moved.", "It answers within 10 days."),
        (FREIGHT, "It is said that ships sink."),
        (FREIGHT, "It was Ida Vole who signed."),
        (FREIGHT, "He resigned in 1990."),
        (ANN, "It was painted in 1990."),
        (ANN, "They moved to Ostra."),
        (FREIGHT, "This was known."),
        (FREIGHT, "The port is closed at night."),
        (FREIGHT, "The company was founded in 1990."),
        (FREIGHT, "The truck drivers went on strike."),
        ("Port Merrow handles grain. Port Calder handles coal.", "The port is closed at night."),
        ("It is a novel by Ida Vole. We read It.", "It was printed in 1990."),
    ],
)
def test_nothing_is_told_in_doubt(before: str, sentence: str) -> None:
    assert told(f"{before} {sentence}") == ""


def test_a_correction_goes_on_about_what_was_asked() -> None:
    assert told("It answers within 12 days.", "How fast does Corvane Freight answer?") == "Corvane Freight"
    assert told("It answers within 12 days.", "Is Corvane Freight faster than Harrow Line?") == ""
    assert told("It answers within 12 days.", "Corvane Freight") == ""


@pytest.mark.parametrize(
    ("text", "subject", "said"),
    [
        ("Its desk opens at 9.", "Harrow Line's desk", "Harrow Line's desk opens at 9."),
        ("It opens at 9.", "Harrow Line", "Harrow Line opens at 9."),
        ("The port is closed.", "Port Merrow", "Port Merrow is closed."),
        ("The port's gate is shut.", "Port Merrow's gate", "Port Merrow's gate is shut."),
        ("The harbour master of Port Merrow is Ida Vole.", "The harbour master of Port Merrow", ""),
        ("Port Merrow is closed.", "Port Merrow", ""),
        ("It is closed.", "", ""),
    ],
)
def test_a_sentence_is_spelled_out_where_it_names_nothing(text: str, subject: str, said: str) -> None:
    assert spelled_out(text, subject) == (said or text)
    thing = subject.removesuffix(" desk").removesuffix(" gate").removesuffix("'s")
    assert unnamed(text, subject) == (thing if said else "")


def test_what_stands_alone_needs_no_subject() -> None:
    needing = ("Its desk moved.", "The port is closed.", "The standard lead time is 35 days.", "Those are late.")
    alone = (
        "Port Merrow is closed.",
        "The claims desk of Corvane Freight answers.",
        "Castings leave by air.",
        "the end",
    )
    assert [needs_subject(text) for text in (*needing, *alone)] == [True] * 4 + [False] * 4
    assert [begins_with_pronoun(text) for text in needing] == [True, False, False, True]


def test_what_nobody_could_exclude_stays_in_its_passage() -> None:
    said = (
        "It bought a ferry from Harrow Line.",
        "It is led by Ida Vole in Ostra.",
        "It bought 12 old ferries in Ostra.",
    )
    for sentence, taken in zip(said, (False, True, True), strict=True):
        text = f"{FREIGHT} {sentence}"
        found = statements(Excerpt("", text, named_spans("", text)))
        assert [one.text for one in found[1:]] == ([sentence] if taken else []), sentence
        assert all(one.about and one.topic == one.subject == "Corvane Freight" for one in found[1:])


def test_what_a_claim_is_about_is_the_first_thing_that_it_mentions() -> None:
    document = Document("file:/a.md", "", f"{FREIGHT} It is led by Ida Vole in Port Merrow.")
    [step] = steps_of(Scope("acme"), [(document, "hash")], {})
    bundle = prepared(step, by_rules=True).bundle
    assert bundle is not None
    claims = compared(bundle.claims, bundle.mentions, bundle.entities)
    told = [claim.entities for claim in claims if claim.said != claim.text]
    assert told == [("Corvane Freight", "Ida Vole", "Port Merrow")]


def test_in_place_a_sentence_is_read_with_its_title_where_nobody_can_tell() -> None:
    text = f"{FREIGHT} Its claims desk answers within 10 days. The fee is 12 euros a day."
    own, unknown = sentences(text)[1:]
    read = read_in_place(own.text, "Rates", text, own.start)
    assert (read.subject, read.predicate, read.object) == ("Corvane Freight's claims desk", "answers", "within 10 days")
    assert read.topic == read.subject
    assert read_in_place(unknown.text, "Rates", text, unknown.start).topic == "Rates"
    assert read_in_place(FREIGHT, "Rates", text, 0).topic == ""
