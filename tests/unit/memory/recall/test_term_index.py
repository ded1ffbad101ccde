"""BM25 in a process's memory is that of SQLite's full-text index, however the items came in."""

from __future__ import annotations

import struct

import apsw
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.memory.recall.term_counts import code, counted
from stemma.memory.recall.term_index import Seen, TermIndex, bm25

WORDS = st.lists(st.sampled_from(["ash", "birch", "cedar", "elm", "fir"]), max_size=6).map(" ".join)
ITEMS = st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=12)


def by_sqlite(items: list[tuple[str, str]], terms: list[str]) -> dict[int, float]:
    index = apsw.Connection(":memory:")
    index.execute("CREATE VIRTUAL TABLE words USING fts5(title, text)")
    index.executemany("INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)", [(n, *i) for n, i in enumerate(items)])
    rows = index.execute("SELECT rowid, -bm25(words, 3.0, 1.0) FROM words WHERE words MATCH ?", (" OR ".join(terms),))
    return {int(row): score for row, score in rows}


def test_a_word_is_counted_255_times_at_most_and_three_times_where_it_is_in_the_title() -> None:
    records = struct.iter_unpack("<IB", counted("elm ash", " ".join(["ash"] * 300 + ["fir"])))
    assert list(records) == [(303, 0), (code("ash"), 255), (code("fir"), 1), (code("elm"), 3)]


@given(ITEMS, st.lists(st.sampled_from(["ash", "birch", "zinc"]), min_size=1, max_size=3, unique=True), st.data())
def test_scores_are_those_of_sqlite(items: list[tuple[str, str]], terms: list[str], data: st.DataObject) -> None:
    """Also when they are added in several turns, and stand in the indexes of two audiences."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(items)), min_size=3, max_size=3)))
    first, second = TermIndex(), TermIndex()
    for start, end in ((0, cuts[0]), (cuts[0], cuts[1])):
        first = first.with_more([counted(*item) for item in items[start:end]])
    for start, end in ((cuts[1], cuts[2]), (cuts[2], len(items))):
        second = second.with_more([counted(*item) for item in items[start:end]])
    parts = [Seen(index, np.ones(len(index.lengths), np.bool_)) for index in (first, second)]
    scores = np.concatenate(bm25(parts, map(code, terms)))
    found = {row: score for row, score in enumerate(scores.tolist()) if score > 0}
    assert found == pytest.approx(by_sqlite(items, terms))


@given(ITEMS, st.data())
def test_what_is_not_seen_counts_for_nothing(items: list[tuple[str, str]], data: st.DataObject) -> None:
    shown = np.array(data.draw(st.lists(st.booleans(), min_size=len(items), max_size=len(items))), np.bool_)
    seen = [item for item, is_shown in zip(items, shown, strict=True) if is_shown]
    (mixed,) = bm25([Seen(TermIndex().with_more([counted(*item) for item in items]), shown)], [code("elm")])
    (alone,) = bm25(
        [Seen(TermIndex().with_more([counted(*item) for item in seen]), np.ones(len(seen), np.bool_))], [code("elm")]
    )
    assert mixed[shown].tolist() == alone.tolist()
    assert not mixed[~shown].any()


def test_a_word_counts_as_often_as_a_byte_holds() -> None:
    index = TermIndex().with_more([counted("elm", "elm " * 1_000), counted("", "fir")])
    (scores,) = bm25([Seen(index, np.ones(2, np.bool_))], [code("elm")])
    assert scores[0] > 0
    assert scores[1] == 0
