"""Tables: every row is a line that says what its cells are, whichever row the header is."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.errors import UnreadableDocument
from stemma.memory.ingest.csv_text import csv_text
from stemma.memory.ingest.readers.tables import table_lines
from stemma.memory.ingest.split import split
from stemma.memory.model import Document

WORDS = st.text("abcdefgh ÄÖ東", min_size=1, max_size=8).filter(str.strip)


def lines(*rows: str) -> list[str]:
    return list(table_lines(row.split("|") for row in rows))


def test_every_cell_carries_its_columns_name() -> None:
    assert lines("Port|Berth  fee|Since", "Merrow|2,400|2019", "Hollin||2020") == [
        "Port: Merrow; Berth fee: 2,400; Since: 2019",
        "Port: Hollin; Since: 2020",
    ]


def test_years_may_head_columns_but_other_numbers_do_not() -> None:
    assert lines("Port|2019|2020", "Merrow|1|2") == ["Port: Merrow; 2019: 1; 2020: 2"]
    assert lines("Merrow|1|2", "Hollin|3|4") == ["Merrow; 1; 2", "Hollin; 3; 4"]


def test_what_stands_above_the_header_stays() -> None:
    assert lines("Berth fees||", "", "For|the crew|", "Port|Fee|Paid", "Merrow|20|yes") == [
        "Berth fees",
        "For; the crew",
        "Port: Merrow; Fee: 20; Paid: yes",
    ]


def test_cells_beyond_the_header_and_a_header_alone_are_kept() -> None:
    assert lines("Port|Fee", "Merrow|20|late", "Hollin|30")[0] == "Port: Merrow; Fee: 20; late"
    assert lines("Port|Fee") == ["Port; Fee"]
    assert lines("a|b", "1|2|3|4|5", "1|2|3|4|5") == ["a; b", "1; 2; 3; 4; 5", "1; 2; 3; 4; 5"]
    assert lines("|Fee|Paid", "Merrow|low|late") == ["Merrow; Fee: low; Paid: late"]
    assert lines("one", "two") == ["one", "two"]
    assert lines() == lines("", "|") == []


@given(st.lists(st.lists(WORDS, min_size=3, max_size=3), max_size=30))
def test_no_cell_is_lost(rows: list[list[str]]) -> None:
    text = "\n".join(table_lines(rows))
    for cell in (" ".join(cell.split()) for row in rows for cell in row):
        assert cell in text


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_csv_is_read_with_the_separator_it_has(separator: str) -> None:
    text = f'Port{separator}Fee\r\n"Mer{separator}row"{separator}"two\nlines"\r\n'
    assert csv_text(text, limit=1000) == f"Port: {' '.join(f'Mer{separator}row'.split())}; Fee: two lines"


def test_csv_that_is_broken_or_swells_is_refused() -> None:
    with pytest.raises(UnreadableDocument, match="line 2"):
        csv_text('a,b\n"c,d\n', limit=1000)
    with pytest.raises(UnreadableDocument, match="line 2: field larger"):
        csv_text(f"a,b\n{'x' * 200_000},d\n", limit=1_000_000)
    with pytest.raises(UnreadableDocument, match="longer than 1000 characters"):
        csv_text("alpha,beta\n" + "1,2\n" * 100, limit=1000)


def test_no_passage_cuts_a_row() -> None:
    target = io.StringIO()
    csv.writer(target).writerows([["Port", "Berth fee", "Master"], *([f"P{n}", n * 7, f"M{n}"] for n in range(500))])
    text = csv_text(target.getvalue(), limit=1_000_000)
    pieces = split(Document("file:a.csv", "a", text))
    assert len(pieces) > 10
    assert [line for piece in pieces for line in piece.text.split("\n")] == text.split("\n")
