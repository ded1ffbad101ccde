"""Rows of cells to lines of text that can be found and quoted alone: "Port: Merrow; Berth fee: 2,400".

Decides which row is the header, and that every cell carries its column's name: a passage that starts in the middle of
a table still says what its numbers are. It decides nothing about files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from statistics import median_high

_TRIAL_ROWS = 10
"""Rows among which the header must be; titles and notes may stand above it."""
_NAME_LENGTH = 80
"""Characters of a column's name: it is written again in every row."""
_NUMBER = re.compile(r"[-+(]?[\s$€£]*\d[\d\s.,:/%()-]*")
_YEAR = re.compile(r"(?:1[89]|20)\d\d")


def table_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """One line for each row with anything in it. Lazy.

    The header is, among the first rows, the first that is as wide as most of them and holds two or more cells, only
    names (none twice, no number but a year). Rows above it stand as they are; without a header all rows do, their cells
    separated by "; ".
    """
    waiting = iter(rows)
    first = list(islice(waiting, _TRIAL_ROWS))
    header = _header(first)
    names: list[str] = []
    if header is not None:
        names = [" ".join(cell.split())[:_NAME_LENGTH] for cell in first[header]]
        for row in first[:header]:
            yield from _line([], row)
        first = first[header + 1 :]
    for row in chain(first, waiting):
        yield from _line(names, row)


def _header(first: Sequence[Sequence[str]]) -> int | None:
    widths = [max((n for n, cell in enumerate(row, start=1) if cell.strip()), default=0) for row in first]
    usual = median_high(filter(None, widths)) if any(widths) else 0
    return next((n for n, row in enumerate(first[:-1]) if widths[n] >= usual and _is_header(row)), None)


def _is_header(row: Sequence[str]) -> bool:
    cells = [cell.strip().lower() for cell in row if cell.strip()]
    names = [cell for cell in cells if not _YEAR.fullmatch(cell)]
    return len(cells) >= 2 and bool(names) and len(set(cells)) == len(cells) and not any(map(_NUMBER.fullmatch, names))


def _line(names: Sequence[str], row: Sequence[str]) -> Iterator[str]:
    cells = []
    for n, cell in enumerate(row):
        if text := " ".join(cell.split()):
            name = names[n] if n < len(names) else ""
            cells.append(f"{name}: {text}" if name else text)
    if cells:
        yield "; ".join(cells)
