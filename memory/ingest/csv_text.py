"""CSV and TSV files to text, one line for each row, which carries the header.

Decides what separates the cells: of comma, semicolon, tab and bar, the one that splits the first line into most cells.
"""

from __future__ import annotations

import csv

from stemma.memory.errors import UnreadableDocument
from stemma.memory.ingest.readers.tables import table_lines

_SEPARATORS = ",;\t|"


def csv_text(text: str, *, limit: int) -> str:
    """The rows as lines of `readers/tables.py`; `limit` bounds the characters that it makes of them.

    Raises: `UnreadableDocument`.
    """
    lines = text.splitlines(keepends=True)
    first = next((line for line in lines if line.strip()), "")
    separator = max(_SEPARATORS, key=lambda mark: len(next(csv.reader([first], delimiter=mark), [])))
    rows = csv.reader(lines, delimiter=separator, strict=True)
    written: list[str] = []
    length = 0
    try:
        for line in table_lines(rows):
            length += len(line) + 1
            if length > limit:
                raise UnreadableDocument(f"with its header in every row it is longer than {limit} characters")
            written.append(line)
    except csv.Error as error:
        raise UnreadableDocument(f"line {rows.line_num}: {error}") from error
    return "\n".join(written)
