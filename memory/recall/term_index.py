"""Which items say which words, in a process's memory, and how well an item answers some words by BM25.

Decides how words are kept: in sorted columns, so that a word that everybody says costs a few numpy operations and not a
step for each item. The formula is that of SQLite's FTS5 (https://sqlite.org/fts5.html#the_bm25_function; k1 1.2, b .75)
but for the population: counted is what the reader sees, and nothing else. Values: adding gives a new index. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_K1, _B = 1.2, 0.75
_LEAST_RARITY = 1e-6
"""What a word is worth that more than half of the items say."""
_RECORD = np.dtype([("term", "<u4"), ("count", "u1")])
_ROW_BITS, _COUNT_BITS = 24, 8
MOST_ROWS = 2**_ROW_BITS
BYTES_AN_ITEM = 500
"""About what an item of a hundred words takes in an index."""
_MERGED_FROM = 4
"""A part is made one with the part before it when that is less than so many times as large."""


class _Part(NamedTuple):
    """The postings of some items: the places of each word are `rows[first[n] : first[n + 1]]`."""

    terms: NDArray[np.uint32]
    """Each once, sorted."""
    first: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: NDArray[np.uint8]

    def of(self, term: int) -> slice:
        place = int(np.searchsorted(self.terms, term))
        if place == len(self.terms) or self.terms[place] != term:
            return slice(0, 0)
        return slice(int(self.first[place]), int(self.first[place + 1]))

    def packed(self) -> NDArray[np.uint64]:
        terms = np.repeat(self.terms, np.diff(self.first)).astype(np.uint64)
        return terms << np.uint64(32) | self.rows.astype(np.uint64) << np.uint64(_COUNT_BITS) | self.counts


class TermIndex:
    """The words of items by row, from 0 on, in the order in which they were added."""

    def __init__(self, lengths: NDArray[np.float64] | None = None, parts: Sequence[_Part] = ()) -> None:
        self.lengths = np.zeros(0) if lengths is None else lengths
        """By row: how many words the item has."""
        self._parts = parts

    @property
    def nbytes(self) -> int:
        columns = (column for part in self._parts for column in part)
        return int(self.lengths.nbytes + sum(column.nbytes for column in columns))

    def with_more(self, items: Sequence[bytes]) -> TermIndex:
        """The index with these items behind the others, each as `counted` gave it."""
        records = np.frombuffer(b"".join(items), _RECORD)
        heads = records["count"] == 0
        lengths = records["term"][heads].astype(np.float64)
        rows = np.cumsum(heads)[~heads] - 1 + len(self.lengths)
        terms, counts = records["term"][~heads].astype(np.uint64), records["count"][~heads]
        fresh = terms << np.uint64(32) | rows.astype(np.uint64) << np.uint64(_COUNT_BITS) | counts
        parts = list(self._parts)
        while parts and len(parts[-1].rows) < _MERGED_FROM * len(fresh):
            fresh = np.concatenate([parts.pop().packed(), fresh])
        return TermIndex(np.concatenate([self.lengths, lengths]), [*parts, _part(fresh)])

    def postings(self, term: int) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """The rows that say a word, each once, and how often it counts there."""
        places = [(part, part.of(term)) for part in self._parts]
        rows = [part.rows[place] for part, place in places]
        counts = [part.counts[place] for part, place in places]
        if len(places) == 1:
            return rows[0], counts[0]
        return np.concatenate([np.zeros(0, np.int32), *rows]), np.concatenate([np.zeros(0, np.uint8), *counts])


class Seen(NamedTuple):
    """An index with those of its rows that a reader sees."""

    words: TermIndex
    shown: NDArray[np.bool_]


def bm25(parts: Sequence[Seen], terms: Iterable[int]) -> list[NDArray[np.float64]]:
    """For each part, the score of each row: greater than 0 where it says any of the words and is seen.

    How rare a word is, and how long items are, goes by all that is seen in all parts together.
    """
    scores = [np.zeros(len(part.shown)) for part in parts]
    total = sum(int(part.shown.sum()) for part in parts)
    words = sum(float(part.words.lengths[part.shown].sum()) for part in parts)
    average = words / total if words else 1.0
    for term in dict.fromkeys(terms):
        found = [_seen(part, *part.words.postings(term)) for part in parts]
        holders = sum(len(rows) for rows, _ in found)
        rarity = max(math.log((total - holders + 0.5) / (holders + 0.5)), _LEAST_RARITY)
        for part, score, (rows, often) in zip(parts, scores, found, strict=True):
            longer = part.words.lengths[rows] / average
            score[rows] += rarity * often * (_K1 + 1) / (often + _K1 * (1 - _B + _B * longer))
    return scores


def _seen(
    part: Seen, rows: NDArray[np.int32], counts: NDArray[np.uint8]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    seen = part.shown[rows]
    return rows[seen], counts[seen].astype(np.float64)


def _part(packed: NDArray[np.uint64]) -> _Part:
    packed = np.sort(packed)
    terms = (packed >> np.uint64(32)).astype(np.uint32)
    rows = (packed >> np.uint64(_COUNT_BITS)).astype(np.uint32) & np.uint32(MOST_ROWS - 1)
    begins = np.flatnonzero(np.concatenate([[True], terms[1:] != terms[:-1]])) if len(terms) else np.zeros(0, np.int64)
    first = np.append(begins, len(terms))
    return _Part(terms[begins], first, rows.astype(np.int32), (packed & np.uint64(2**_COUNT_BITS - 1)).astype(np.uint8))
