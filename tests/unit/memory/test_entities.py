"""Entities: deterministic, deduplicated, with exact spans."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.ingest.entities import ENTITY_LIMIT, entities, entity_id
from stemma.memory.model import Scope
from stemma.memory.text import normalise

SCOPE = Scope("t")
TEXT = st.text() | st.lists(st.sampled_from(["Port", "Merrow", "of", "the", ".", "KM-7", "\n", "is", "7"])).map(
    " ".join
)


@given(TEXT, TEXT)
def test_mentions_are_exact_spans_of_known_entities(title: str, text: str) -> None:
    found, mentions = entities(SCOPE, "item", title, text)
    names = {entity.id: entity.name for entity in found}
    assert len(names) == len(found) <= ENTITY_LIMIT
    assert {mention.entity_id for mention in mentions} == set(names)
    end = 0
    for mention in mentions:
        assert end <= mention.start < mention.end <= len(text)
        assert mention.item_id == "item"
        assert normalise(names[mention.entity_id]) == normalise(text[mention.start : mention.end])
        end = mention.end
    assert entities(SCOPE, "item", title, text) == (found, mentions)


def test_title_parts_and_capitalised_spans_are_found_once_each() -> None:
    text = "The port merrow lies north. Tessaly Foundry ships there. Delays hit Tessaly foundry and Port Merrow."
    found, mentions = entities(SCOPE, "p", "Notes > Port Merrow (city)", text)
    assert [entity.name for entity in found] == ["Port Merrow", "Tessaly Foundry", "Tessaly"]
    assert [text[m.start : m.end] for m in mentions] == [
        "port merrow",
        "Tessaly Foundry",
        "Tessaly",
        "Port Merrow",
    ]


def test_a_lone_word_that_opens_a_sentence_needs_proof() -> None:
    assert entities(SCOPE, "p", "", "Delays grew.")[0] == []
    assert [e.name for e in entities(SCOPE, "p", "", "Prague is old. He likes Prague.")[0]] == ["Prague"]


def test_ids_follow_from_scope_and_normalised_name() -> None:
    assert entity_id(SCOPE, "The Hague (city)") == entity_id(SCOPE, "hague")
    others = [Scope("u"), Scope("t", user="a"), Scope("t", agent="a"), Scope("t", thread="a")]
    assert len({entity_id(scope, "Hague") for scope in [SCOPE, *others]}) == 5


def test_a_hostile_list_of_names_stays_bounded() -> None:
    text = ", ".join(f"we met Name{n}x" for n in range(5000))
    assert len(entities(SCOPE, "p", "", text)[0]) == ENTITY_LIMIT
