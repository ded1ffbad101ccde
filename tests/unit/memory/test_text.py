"""Sentences, terms and names as strings: the pure bottom of search, grounding and entities."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.text import STOP_WORDS, content_terms, fold, normalise, sentences, stem, words

MARKDOWN = """# Port notes

Dr. J. Smith of Acme Inc. visited the U.S. port. The port closed at 5 p.m. It was wet! "Was it?" he asked. He left.
- First item. Second sentence.
- Contract No. 5 holds [1]. Next one. [2] Another.
1. numbered item

| Vendor | 1,200 |
|---|---|

Vendor: Acme
Port: Rotterdam
This is a long wrapped line that goes on over more than fifty characters, and
then ends here. 東京は日本の首都です。大阪も大きい。
"""


def test_sentences_of_markdown() -> None:
    assert [sentence.text for sentence in sentences(MARKDOWN)] == [
        "Port notes",
        "Dr. J. Smith of Acme Inc. visited the U.S. port.",
        "The port closed at 5 p.m.",
        "It was wet!",
        '"Was it?" he asked.',
        "He left.",
        "First item.",
        "Second sentence.",
        "Contract No. 5 holds [1].",
        "Next one. [2]",
        "Another.",
        "numbered item",
        "Vendor | 1,200",
        "Vendor: Acme",
        "Port: Rotterdam",
        "This is a long wrapped line that goes on over more than fifty characters, and\nthen ends here.",
        "東京は日本の首都です。",
        "大阪も大きい。",
    ]


@pytest.mark.parametrize(
    "one",
    [
        "He paid Mr. Brown in full.",
        "See Fig. 3 for the vs. case.",
        "She met J. R. R. Tolkien.",
        "The firm Acme Co. Holding grew.",
        "Yahoo! announced it, e.g. Tuesday.",
        "Version 3.5 of it.",
    ],
)
def test_abbreviations_do_not_end_a_sentence(one: str) -> None:
    assert [sentence.text for sentence in sentences(f"{one} It ends.")] == [one, "It ends."]


@given(
    st.text() | st.lists(st.sampled_from(["A b.", "Mr. X", "\n", "\n\n", " ", "- ", "# ", "é", "1.", "!", "|", "> "]))
)
def test_sentences_are_exact_ordered_ranges(drawn: str | list[str]) -> None:
    text = drawn if isinstance(drawn, str) else "".join(drawn)
    cut = sentences(text)
    end = 0
    for sentence in cut:
        assert end <= sentence.start < sentence.end <= len(text)
        assert text[sentence.start : sentence.end] == sentence.text == sentence.text.strip()
        end = sentence.end
    kept = "".join(sentence.text for sentence in cut)
    lost = [c for c in text if c.isalpha()]
    assert [c for c in kept if c.isalpha()] == lost


@given(st.text())
def test_terms_are_plain_folded_words(text: str) -> None:
    for term in content_terms(text):
        assert term
        assert term.isalnum() or not term.isascii()
        assert " " not in term
    assert len(content_terms(text)) <= len(words(text))


def test_terms_are_stemmed_without_stop_words() -> None:
    assert content_terms("The shippers weren't shipping 1,200 tons to Lloyd's") == [
        "shipper",
        "ship",
        "1200",
        "ton",
        "lloyd",
    ]
    assert "not" in STOP_WORDS
    assert "won" not in STOP_WORDS
    assert stem("shipping") == stem("shipped")


def test_ideographs_give_pairs() -> None:
    assert content_terms("東京都") == ["東京", "京都"]
    assert content_terms("東") == ["東"]


def test_case_and_accents_fold() -> None:
    assert fold("Ångström STRASSE Straße") == "angstrom strasse strasse"
    assert content_terms("Zürich") == content_terms("ZURICH")


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("The Hague (city)", "hague"),
        ("Harrow's", "harrow"),
        ("  Port-Merrow ", "port merrow"),
        ("The", "the"),
        ("(x)", "x"),
        ("A", "a"),
        ("Ø", "ø"),
        ("!", ""),
    ],
)
def test_names_are_normalised(name: str, normal: str) -> None:
    assert normalise(name) == normal


@given(st.text())
def test_normalising_twice_changes_nothing_but_articles(name: str) -> None:
    normal = normalise(name)
    assert normalise(normal).endswith(normal.removeprefix("the ").removeprefix("a ").removeprefix("an "))
