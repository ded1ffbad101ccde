"""Excel files (.xlsx), sheet by sheet.

Decides how a cell's value is written, and that a formula stands for the value it had when the file was saved: nothing
is computed. A row becomes a line that carries the header (`tables.py`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from openpyxl import load_workbook

from stemma.memory.errors import UnreadableDocument
from stemma.memory.ingest.readers.package import check_package
from stemma.memory.ingest.readers.parts import Details, Item, Part
from stemma.memory.ingest.readers.tables import table_lines

_ROWS = 1_000
"""Rows in a part: how often a long sheet shows that it gets on."""


def read_workbook(data: bytes, *, pages: int) -> Iterator[Item]:
    """Each sheet by its name. Raises `UnreadableDocument` and whatever the parser stumbles over."""
    check_package(data, "Excel", "xl/workbook.xml")
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    sheets = book.worksheets
    if len(sheets) > pages:
        raise UnreadableDocument(f"it has {len(sheets)} sheets, more than {pages}")
    title = (book.properties.title or "").strip()
    yield Details(title, {"format": "xlsx", "sheets": str(len(sheets))})
    for sheet in sheets:
        sheet.reset_dimensions()  # the size it states may be a bomb of empty cells, or too small
        lines = table_lines(_rows(sheet))
        while block := list(islice(lines, _ROWS)):
            yield Part("\n".join(block), sheet=sheet.title)


def _rows(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows():
        if row:
            yield [_text(cell.value, cell) for cell in row]


def _text(value: object, cell: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        percent = "%" in (cell.number_format or "")
        return f"{value * 100:.10g}%" if percent else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return "" if value is None else str(value)
