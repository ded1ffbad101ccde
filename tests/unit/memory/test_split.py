"""Pieces: exact ranges of the text, whatever the text, and titles that say where they stand."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from stemma.memory.ingest.paged_text import paged_text
from stemma.memory.ingest.readers.parts import Part
from stemma.memory.ingest.split import PIECE_SIZE, split
from stemma.memory.model import Document

PARTS = st.sampled_from(
    [
        "# Häd\n",
        "## Zwei 東京\n",
        "Größe 😀 is here. ",
        "word ",
        "\n\n",
        "\n",
        "- item\n",
        "| a | b |\n",
        "```\n# no\n```\n",
        "東京は。",
    ]
)


def document(text: str, *, markdown: bool = False, whole: bool = False) -> Document:
    return Document(uri="file:x", title="Doc", text=text, markdown=markdown, whole=whole)


@example("\x1f", False, 10)
@given(st.text() | st.lists(PARTS, max_size=60).map("".join), st.booleans(), st.integers(10, 200))
def test_pieces_are_exact_ranges_and_lose_only_space(text: str, markdown: bool, size: int) -> None:
    end = 0
    for piece in split(document(text, markdown=markdown), size=size):
        assert text[piece.start : piece.end] == piece.text
        assert piece.text.strip()
        assert text[end : piece.start].strip() == ""
        end = piece.end
    assert text[end:].strip() == ""


@given(
    st.lists(st.sampled_from(["Größe 😀. ", "word ", "\n\n", "\n", "x" * 50]), max_size=80).map("".join),
    st.integers(10, 200),
)
def test_plain_pieces_are_never_too_long(text: str, size: int) -> None:
    assert all(len(piece.text) <= size for piece in split(document(text), size=size))


@given(st.text(min_size=1))
def test_a_whole_document_is_one_piece(text: str) -> None:
    pieces = split(document(text * 50, whole=True), size=10)
    assert [piece.text for piece in pieces] == ([text * 50] if text.strip() else [])


def test_markdown_pieces_are_called_by_their_headings() -> None:
    body = "Some sentence of this section. " * 20
    text = f"# Doc\n\n{body}\n\n## One\n\n{body}\n\n### Deep *it*\n\n{body}\n\n## Two\n\n{body}"
    titles = [piece.title for piece in split(document(text, markdown=True), size=700)]
    assert titles == ["Doc", "Doc > One", "Doc > One > Deep *it", "Doc > Two"]


def test_a_piece_over_several_sections_is_called_by_what_they_share() -> None:
    text = "# Doc\n\n## One\n\nA.\n\n## Two\n\nB."
    assert [piece.title for piece in split(document(text, markdown=True))] == ["Doc"]


def test_a_heading_is_never_a_piece_of_its_own() -> None:
    body = "Some sentence of this section. " * 20
    text = f"# Top\n\n## Sub\n\n{body}\n\n## Next\n\n{body}"
    pieces = split(document(text, markdown=True), size=650)
    assert all(re.search("[a-z] sentence", piece.text) for piece in pieces)
    assert pieces[0].text.startswith("# Top")
    assert pieces[0].title == "Doc > Top > Sub"


def test_a_fenced_hash_is_no_heading() -> None:
    body = "Some sentence of this section. " * 30
    text = f"# Doc\n\n```\n# not a heading\n```\n\n{body}"
    assert {piece.title for piece in split(document(text, markdown=True))} == {"Doc"}


def test_an_empty_document_has_no_piece() -> None:
    assert split(document(" \n")) == split(document("", markdown=True)) == split(document("", whole=True)) == []


def test_long_texts_are_cut_at_the_default_size() -> None:
    text = "\n\n".join(f"Paragraph {n} says something. " * 12 for n in range(200))
    pieces = split(document(text))
    assert len(text) > 50_000
    assert all(len(piece.text) <= PIECE_SIZE for piece in pieces)
    assert sum(len(piece.text) for piece in pieces) > 0.95 * len(text)


PAGES = st.lists(st.lists(PARTS, max_size=12).map("".join), min_size=1, max_size=8)


@given(PAGES, st.booleans(), st.integers(10, 200))
def test_a_piece_stands_on_one_page_and_says_which(pages: list[str], markdown: bool, size: int) -> None:
    text, positions = paged_text(Part(page, number) for number, page in enumerate(pages, start=1))
    pieces = split(Document("file:x", "Doc", text, markdown=markdown, parts=positions), size=size)
    for piece in pieces:
        page = pages[(piece.page or 0) - 1]
        assert piece.text == text[piece.start : piece.end]
        assert piece.text in page
    for number, page in enumerate(pages, start=1):
        found = "".join(piece.text for piece in pieces if piece.page == number)
        assert "".join(found.split()) == "".join(page.split())


def test_a_sheet_is_part_of_its_pieces_titles() -> None:
    text, positions = paged_text([Part("A: 1", sheet="Rates"), Part("A: 2", sheet="Rates"), Part("B", sheet="Ports")])
    pieces = split(Document("file:x", "Doc", text, parts=positions))
    assert [(piece.title, piece.text, piece.sheet, piece.page) for piece in pieces] == [
        ("Doc > Rates", "A: 1\nA: 2", "Rates", None),
        ("Doc > Ports", "B", "Ports", None),
    ]
