"""Word files (.docx) to Markdown, with mammoth.

Decides that headings and lists keep their marks and pictures are left out, also linked ones, which nothing fetches. A
Word file has no pages: they arise where it is laid out, so none is told. Not markitdown, which uses mammoth too: it
escapes the text ("snake\\_case"), so that a quote from it is no quote of the file, and takes seconds to be imported.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import mammoth

from stemma.memory.ingest.html_text import html_text
from stemma.memory.ingest.readers.package import check_package
from stemma.memory.ingest.readers.parts import Details, Item, Part

_CELL_START = re.compile(r"(<t[dh][^>]*>)<p>")
_CELL_END = re.compile(r"</p>(</t[dh]>)")
"""The first and last paragraph of a cell: without them a row of a table is a line."""


def read_word(data: bytes, *, pages: int) -> Iterator[Item]:
    """Its first heading and its text. Raises `UnreadableDocument` and whatever the parser stumbles over."""
    del pages
    check_package(data, "Word", "word/document.xml")
    page = mammoth.convert_to_html(io.BytesIO(data), convert_image=_no_picture, include_embedded_style_map=False)
    title, text = html_text(_CELL_END.sub(r"\1", _CELL_START.sub(r"\1", page.value)))
    yield Details(title, {"format": "docx"})
    yield Part(text)


def _no_picture(_: object) -> list[object]:
    return []
