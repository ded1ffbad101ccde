"""A document to the pieces that are searched, each an exact range of its text.

Decides where to cut (by semantic-text-splitter, along Markdown structure where there is any) and what a piece is
called. It rewrites nothing: a quote from a piece can be found in the document at its range.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from semantic_text_splitter import MarkdownSplitter, TextSplitter

from stemma.memory.model import Document, Position
from stemma.memory.text import sentences
from stemma.memory.values import Value

PIECE_SIZE = 900
"""Characters: about 200 tokens of English, so that a piece with its title fits the embedder's 256."""

_SECTION = 20_000
"""Characters split at a time: the splitter's time grows with the square of a paragraph's length."""

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(```|~~~)", re.MULTILINE)
_ONLY_HEADINGS = re.compile(r"(?:\s*#{1,6}[ \t][^\n]*)+\s*")
_TITLE_LENGTH = 200
_MOST_SENTENCES = 64
"""Sentences with a vector of their own in one passage; the last takes in what follows it. Passages are far shorter:
this bounds a document that came in one piece."""

Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Piece(Value):
    """`text` is exactly characters [start, end) of the document's text; `title` names the document and the section."""

    title: str
    text: str
    start: int
    end: int
    sentences: Sequence[tuple[int, int]]
    """Characters [start, end) of the sentences of `text` that have vectors; all of a text that has none to cut."""
    page: int | None = None
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class _Outline:
    """Where each heading starts, and the names from the top heading down to it."""

    starts: list[int]
    paths: list[tuple[str, ...]]


def split(document: Document, *, size: int = PIECE_SIZE) -> list[Piece]:
    """The pieces in order, without overlap; nothing but white space lies between them.

    A piece has at most `size` characters, headings carried over from an otherwise empty section not counted. A `whole`
    document is one piece, however long; otherwise no piece goes beyond one page, slide or sheet. A Markdown piece is
    titled "Document > Section > Subsection", with the headings that all of it stands under; one of a sheet
    "Document > Sheet".
    """
    text = document.text
    if document.whole:
        return [_piece(document.title, text, 0, len(text))] if text.strip() else []
    outline = _outline(text) if document.markdown else _Outline([], [])
    capacity = (max(1, size // 2), size)
    splitter = MarkdownSplitter(capacity) if document.markdown else TextSplitter(capacity)
    pieces: list[Piece] = []
    for part in document.parts or [Position(0, len(text))]:
        ranges = _carry_headings(text, _ranges(text, part, splitter), document.markdown)
        pieces += [
            _piece(_title(document, outline, start, end, part.sheet), text, start, end, part.page, part.sheet)
            for start, end in ranges
        ]
    return pieces


def _piece(title: str, text: str, start: int, end: int, page: int | None = None, sheet: str = "") -> Piece:
    said = text[start:end]
    return Piece(title, said, start, end, _sentence_spans(said), page, sheet)


def _sentence_spans(text: str) -> Spans:
    spans: Spans = [(sentence.start, sentence.end) for sentence in sentences(text)] or [(0, len(text))]
    if len(spans) > _MOST_SENTENCES:
        spans[_MOST_SENTENCES - 1 :] = [(spans[_MOST_SENTENCES - 1][0], len(text))]
    return spans


def _ranges(text: str, part: Position, splitter: MarkdownSplitter | TextSplitter) -> Iterator[tuple[int, int]]:
    for offset, section in _sections(text, part):
        for start, piece in splitter.chunk_indices(section):
            if piece.strip():  # the splitter takes some control characters for text
                yield offset + start, offset + start + len(piece)


def _sections(text: str, part: Position) -> Iterator[tuple[int, str]]:
    start = part.start
    while part.end - start > _SECTION:
        end = start + _SECTION
        for mark in ("\n\n", "\n", " "):
            cut = text.rfind(mark, start + _SECTION // 2, end)
            if cut > 0:
                end = cut
                break
        yield start, text[start:end]
        start = end
    yield start, text[start : part.end]


def _carry_headings(text: str, ranges: Iterator[tuple[int, int]], markdown: bool) -> Iterator[tuple[int, int]]:
    """A heading alone is no passage: it goes with what follows it."""
    carried: tuple[int, int] | None = None
    for start, end in ranges:
        first = carried[0] if carried else start
        carried = (first, end) if markdown and _ONLY_HEADINGS.fullmatch(text, start, end) else None
        if carried is None:
            yield first, end
    if carried:
        yield carried


def _outline(text: str) -> _Outline:
    fences = [fence.start() for fence in _FENCE.finditer(text)]
    outline = _Outline([], [])
    stack: list[tuple[int, str]] = []
    for heading in _HEADING.finditer(text):
        if bisect_right(fences, heading.start()) % 2:
            continue
        level = len(heading.group(1))
        stack = [*(entry for entry in stack if entry[0] < level), (level, heading.group(2).strip("*_` "))]
        outline.starts.append(heading.start())
        outline.paths.append(tuple(name for _, name in stack))
    return outline


def _title(document: Document, outline: _Outline, start: int, end: int, sheet: str) -> str:
    """The document, the sheet, and the headings that every line of the range stands under."""
    first, last = bisect_right(outline.starts, start), bisect_left(outline.starts, end)
    while first < last and _ONLY_HEADINGS.fullmatch(document.text, start, outline.starts[first]):
        first += 1
    names = [document.title, sheet]
    if first:
        shared = _shared(outline.paths[first - 1 : last])
        names.extend(shared[1:] if shared[:1] == (document.title,) else shared)
    return " > ".join(name for name in names if name)[:_TITLE_LENGTH]


def _shared(paths: list[tuple[str, ...]]) -> tuple[str, ...]:
    shared = paths[0]
    for path in paths[1:]:
        length = 0
        while length < min(len(shared), len(path)) and shared[length] == path[length]:
            length += 1
        shared = shared[:length]
    return shared
