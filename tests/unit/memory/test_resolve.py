"""Which names are one: what a text declares, and the least that two names must share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.ingest.entities import entity_id, mentioned, merged, named_spans
from stemma.memory.ingest.ports import Excerpt, NamedSpan
from stemma.memory.ingest.resolve import declared, is_acronym, near_pairs, one_apart, resolved
from stemma.memory.model import Scope

SCOPE = Scope("t")
WORDS = ["World Health Organization", "WHO", "(", ")", "(WHO)", "also known as", ",", "Acme Corp", "Bo", "The", "."]
TEXT = st.text(max_size=80) | st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)


def excerpt(text: str, title: str = "") -> Excerpt:
    return Excerpt(title, text, named_spans(title, text))


def read(*texts: str) -> list[list[tuple[str, str]]]:
    """For each text its spans: (what is written, what it is resolved to)."""
    excerpts = [excerpt(text) for text in texts]
    same = declared(excerpts)
    return [[(one.text[s.start : s.end], s.name) for s in resolved(one, same).named] for one in excerpts]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("The World Health Organization (WHO) met.", {"WHO": "World Health Organization"}),
        ("Then WHO (World Health Organization) met.", {"WHO": "World Health Organization"}),
        ("He saw the Bank of England (BoE).", {"BoE": "Bank of England"}),
        ("He met Samuel Clemens, also known as Mark Twain, there.", {"Mark Twain": "Samuel Clemens"}),
        ("He met Acme Corp (formerly Apex Ltd) there.", {"Apex Limited": "Acme Corporation"}),
        ("The OIA, also called Oslo Island Airport, is far.", {"OIA": "Oslo Island Airport"}),
        ("The Port of Merrow (Ostra) is far.", {}),
        ("Tomas Reyl (TX) was there.", {}),
        ("He met Samuel Clemens and Mark Twain there.", {}),
        ("He met Ada Quill, also known as Bo. He met Cy Dorn, also known as Bo.", {}),
    ],
)
def test_only_what_is_declared_is_an_alias(text: str, same: dict[str, str]) -> None:
    assert declared([excerpt(text)]) == same


def test_an_alias_holds_in_every_passage_of_its_source() -> None:
    first, second = read("The World Health Organization (WHO) met in Geneva.", "Later WHO said no. The WHOLE is out.")
    name = "World Health Organization"
    assert first == [(name, name), ("WHO", name), ("Geneva", "Geneva")]
    assert second == [("WHO", name), ("WHOLE", "WHOLE")]


def test_aliases_of_aliases_lead_to_the_last_name_and_rings_lead_nowhere() -> None:
    chain = "He met Ada Quill, also known as Bo Lind. He met Bo Lind, also known as Cy Dorn."
    assert declared([excerpt(chain)]) == {"Bo Lind": "Ada Quill", "Cy Dorn": "Ada Quill"}
    ring = "He met Ada Quill, also known as Bo Lind. He met Bo Lind, also known as Ada Quill."
    assert declared([excerpt(ring)]) == {}


def test_legal_forms_are_one_firm_and_another_form_is_another_firm() -> None:
    assert {name for _, name in read("We met Acme Corp, Acme Corporation and Acme Corp. there.")[0]} == {
        "Acme Corporation"
    }
    assert len({name for _, name in read("We met Acme Inc, Acme Ltd, Acme Corp and Acme there.")[0]}) == 4


def test_spellings_become_aliases_and_one_entity_has_them_all() -> None:
    text = "We met Acme Corp and the Acme corporation."
    things, mentions = mentioned(SCOPE, "p", text, [NamedSpan(7, 16, "Acme Corporation")])
    assert [(thing.name, thing.aliases) for thing in things] == [("Acme Corporation", ("Acme Corp",))]
    assert mentions[0].entity_id == things[0].id == entity_id(SCOPE, "acme corporation")
    others, _ = mentioned(SCOPE, "q", "Apex", [NamedSpan(0, 4, "Acme Corporation")])
    assert [thing.aliases for thing in merged([*things, *others])] == [("Acme Corp", "Apex")]


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("tessaly", "tesaly", True),
        ("tessaly", "tessayl", True),
        ("tessaly", "tessoly", True),
        ("tessaly", "tessaly", False),
        ("tessaly", "tessal y", True),
        ("tessaly", "tesslay s", False),
        ("badc", "abcd", False),
    ],
)
def test_one_edit_is_near(one: str, other: str, near: bool) -> None:
    assert one_apart(one, other) is near is one_apart(other, one)


def test_a_slip_is_near_only_to_what_stands_there_far_more_often() -> None:
    often = excerpt("He saw Port Merrow. " * 3)
    assert near_pairs([often, excerpt("He saw Port Merow.")]) == [("Port Merow", "Port Merrow")]
    assert near_pairs([often, excerpt("He saw Port Merow. She saw Port Merow.")]) == []
    assert near_pairs([excerpt("He saw Pier 21 East, Pier 22 East. " * 3)]) == []


@given(st.lists(TEXT, max_size=4))
def test_resolution_never_leaves_the_text_and_is_done_once(texts: list[str]) -> None:
    excerpts = [excerpt(text) for text in texts]
    same = declared(excerpts)
    done = [resolved(one, same) for one in excerpts]
    for one in done:
        end = 0
        for span in one.named:
            assert end <= span.start < span.end <= len(one.text)
            end = span.end
    assert [resolved(one, same) for one in done] == done
    assert all(is_acronym(alias, name) or alias != name for alias, name in same.items())


def test_a_source_that_wastes_time_is_bounded() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = [f"Port {a}{b}{c}erton" for a in "MN" for b in letters for c in letters]
    crowd = [excerpt("He saw " + ". He saw ".join(f"{name} and {name} and {name}" for name in names).title() + ".")]
    assert len(near_pairs(crowd)) <= 64
    chain = [f"He met Ada{a}{b} Quill, also known as Ada{b}{c} Quill." for a in "MN" for b in letters for c in letters]
    found = declared([excerpt(" ".join(chain))])
    assert len(found) <= 256
    assert not found.keys() & set(found.values())
