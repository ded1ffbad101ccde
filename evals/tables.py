"""Whether a text is a table: what an answer must be before Ragas compares it with one, cell by cell. Pure."""

from __future__ import annotations

import csv
from io import StringIO


def columns(text: str) -> tuple[str, ...]:
    """The column names of comma-separated values; none when the text is no table.

    A table has a header of two or more different names, and at least one row below it, each as wide as the header.
    """
    try:
        rows = [row for row in csv.reader(StringIO(text.strip()), strict=True) if row]
    except csv.Error:
        return ()
    if len(rows) < 2 or len(rows[0]) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return ()
    names = tuple(name.strip() for name in rows[0])
    return names if all(names) and len(set(names)) == len(names) else ()
