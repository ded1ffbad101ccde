"""The pages, slides or sheets of a file as one text, with the range of each.

Decides what stands between them. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from stemma.memory.ingest.decoding import clean
from stemma.memory.ingest.readers.parts import Part
from stemma.memory.model import Position


def paged_text(parts: Iterable[Part]) -> tuple[str, list[Position]]:
    """The text, and in order the ranges of its pages and sheets; those without text have none.

    An empty line separates pages; parts of one page or sheet are separated by a line end.
    """
    texts: list[str] = []
    positions: list[Position] = []
    length = 0
    for (page, sheet), group in groupby(parts, key=lambda part: (part.page, clean(part.sheet))):
        text = "\n".join(clean(part.text).rstrip() for part in group).strip("\n")
        if not text.strip():
            continue
        start = length + 2 if texts else 0
        length = start + len(text)
        texts.append(text)
        if page is not None or sheet:
            positions.append(Position(start, length, page, sheet))
    return "\n\n".join(texts), positions
