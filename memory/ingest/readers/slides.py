"""PowerPoint files (.pptx), slide by slide.

Decides that a slide is its title as a heading, the texts from top to bottom, tables and charts row by row, and the
speaker's notes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from pptx import Presentation

from stemma.memory.errors import UnreadableDocument
from stemma.memory.ingest.readers.package import check_package
from stemma.memory.ingest.readers.parts import Details, Item, Part
from stemma.memory.ingest.readers.tables import table_lines

_DEPTH = 20
"""Groups within groups."""


def read_slides(data: bytes, *, pages: int) -> Iterator[Item]:
    """Each slide, counted from 1. Raises `UnreadableDocument` and whatever the parser stumbles over."""
    check_package(data, "PowerPoint", "ppt/presentation.xml")
    deck = Presentation(io.BytesIO(data))
    count = len(deck.slides)
    if count > pages:
        raise UnreadableDocument(f"it has {count} slides, more than {pages}")
    yield Details(deck.core_properties.title.strip(), {"format": "pptx", "slides": str(count)})
    for number, slide in enumerate(deck.slides, start=1):
        yield Part("\n\n".join(_blocks(slide)), page=number)


def _blocks(slide: Any) -> Iterator[str]:
    title = slide.shapes.title
    if title is not None and title.text_frame.text.strip():
        yield "# " + " ".join(title.text_frame.text.split())
    for shape in _flat(slide.shapes, 0):
        if title is None or shape.shape_id != title.shape_id:
            yield from filter(str.strip, _texts(shape))
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.text.strip()
        if notes:
            yield f"Notes: {notes}"


def _flat(shapes: Iterable[Any], depth: int) -> Iterator[Any]:
    """The shapes from top to bottom and left to right, those of a group in the group's place."""
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        if hasattr(shape, "shapes") and depth < _DEPTH:
            yield from _flat(shape.shapes, depth + 1)
        else:
            yield shape


def _texts(shape: Any) -> Iterator[str]:
    if shape.has_text_frame:
        yield "\n".join(_line(paragraph) for paragraph in shape.text_frame.paragraphs)
    elif shape.has_table:
        yield "\n".join(table_lines([cell.text for cell in row.cells] for row in shape.table.rows))
    elif shape.has_chart:
        yield "\n".join(_chart(shape.chart))


def _line(paragraph: Any) -> str:
    text = " ".join(paragraph.text.split())
    return f"{'  ' * paragraph.level}- {text}" if text and paragraph.level else text


def _chart(chart: Any) -> Iterator[str]:
    if chart.has_title and chart.chart_title.has_text_frame:
        yield chart.chart_title.text_frame.text
    for plot in chart.plots:
        names = [str(series.name) for series in plot.series]
        columns = [list(series.values) for series in plot.series]
        rows = [
            [
                str(category),
                *("" if n >= len(column) or column[n] is None else f"{column[n]:.15g}" for column in columns),
            ]
            for n, category in enumerate(plot.categories)
        ]
        yield from table_lines([["Category", *names], *rows])
