"""What a claim relates: two things it names, by its own words, and nothing that only looks like it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stemma.memory.ingest.entities import entities
from stemma.memory.ingest.relations import relations
from stemma.memory.ingest.statements import read_statement
from stemma.memory.model import Claim, Entity, EntityRelation, Mention, Scope

SCOPE = Scope("t")


def claim_of(text: str, *parts: str) -> Claim:
    read = read_statement(text)
    subject, predicate, thing = parts or (read.subject, read.predicate, read.object)
    return Claim(f"claim of {text}", SCOPE, text, datetime(2026, 1, 1, tzinfo=UTC), subject, predicate, thing)


def related(text: str, *parts: str) -> tuple[str, str, str] | None:
    claim = claim_of(text, *parts)
    things, mentions = entities(SCOPE, claim.id, "", text)
    names = {thing.id: thing.name for thing in things}
    found = [(names[one.subject_id], one.predicate, names[one.object_id]) for one in relations([claim], mentions)]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("The Harrow Line owns the Port Calder Yard.", ("Harrow Line", "owns", "Port Calder Yard")),
        ("The Harrow Line is owned by Norda Group.", ("Harrow Line", "is owned by", "Norda Group")),
        ("Port Merrow is the capital of Norda.", ("Port Merrow", "is the capital of", "Norda")),
        ("Ann Berg joined Harrow Line in 1998.", ("Ann Berg", "joined", "Harrow Line")),
        ("Ann Berg joined Harrow Line, a ferry firm.", ("Ann Berg", "joined", "Harrow Line")),
        ("Ann Berg is a former pilot at the Harrow Line.", ("Ann Berg", "is a former pilot at", "Harrow Line")),
    ],
)
def test_two_things_and_the_words_between(text: str, relation: tuple[str, str, str]) -> None:
    assert related(text) == relation


@pytest.mark.parametrize(
    "text",
    [
        "Ann Berg met Port Calder's harbour master.",
        "Ann Berg bought Harrow Line shares last year.",
        "The director of Harrow Line lives in Norda.",
        "Ann Berg said that the ferries of Norda are late.",
        "Ann Berg praised Ann Berg in her memoirs.",
        "Ann Berg founded and sold Harrow Line.",
        "Ann Berg is a pilot of some renown, whom Norda honours.",
        "The berth fee of the harbour is due on arrival.",
    ],
)
def test_what_only_begins_like_it(text: str) -> None:
    assert related(text) is None


def test_a_statement_put_in_other_words_has_its_parts_from_its_extractor() -> None:
    told = related("In 1998 it was Norda Group that bought Harrow Line.", "Norda Group", "bought", "Harrow Line")
    assert told == ("Norda Group", "bought", "Harrow Line")
    assert related("In 1998 it was Norda Group that bought Harrow Line.") is None


def test_a_name_means_what_its_mention_says() -> None:
    """An alias leads to the thing it is resolved to."""
    claim = claim_of("The HL serves Port Merrow.", "The HL", "serves", "Port Merrow")
    line, port = Entity("e1", SCOPE, "Harrow Line"), Entity("e2", SCOPE, "Port Merrow")
    mentions = [Mention(claim.id, line.id, 4, 6), Mention(claim.id, port.id, 14, 25), Mention("other", line.id, 0, 3)]
    assert relations([claim], mentions) == [EntityRelation(claim.id, line.id, "serves", port.id)]
