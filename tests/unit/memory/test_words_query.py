"""No term, whatever is in it, is ever syntax of the full-text query."""

from __future__ import annotations

import apsw
from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.model import Scope
from stemma.memory.sqlite_rows import indexed, place_token, words_query

INDEX = apsw.Connection(":memory:")
INDEX.execute('CREATE VIRTUAL TABLE words USING fts5(place, title, text, tokenize = "unicode61 remove_diacritics 0")')


def found(scope: Scope, *terms: str) -> list[int]:
    query = words_query(scope, terms)
    return [n for (n,) in INDEX.execute("SELECT rowid FROM words WHERE words MATCH ?", (query,))] if query else []


@given(st.lists(st.text(max_size=30), max_size=5))
def test_any_terms_make_a_query_that_sqlite_takes(terms: list[str]) -> None:
    assert found(Scope("nobody"), *terms) == []


@given(st.text(min_size=1, max_size=40))
def test_a_text_is_found_by_its_own_words_and_by_nobody_else(text: str) -> None:
    mine, other = Scope("mine", "ann"), Scope("mine", "bob")
    INDEX.execute("DELETE FROM words")
    row = (place_token(mine.tenant, mine.audience), "", indexed(text))
    INDEX.execute("INSERT INTO words (rowid, place, title, text) VALUES (1, ?, ?, ?)", row)
    assert found(mine, text) == ([1] if indexed(text) else [])
    assert found(other, text, place_token(mine.tenant, mine.audience)) == []
