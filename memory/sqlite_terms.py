"""Words of the SQLite memory: searched in indexes that a process keeps, one for each tenant and audience.

Decides what is kept and when it is brought up to date, as `sqlite_vectors.py` does for vectors: each search reads the
tenant's revision in its own transaction. What is too large to be kept is left to SQLite's full-text index, which takes
a step for each item that says any of the words: ten times as long in a memory of 100,000.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

import apsw

from stemma.memory.model import Scope, Scored
from stemma.memory.queries import load_queries
from stemma.memory.recall.term_counts import code, counted
from stemma.memory.sqlite_database import Row, rows
from stemma.memory.sqlite_rows import indexed, read_scored
from stemma.memory.sqlite_vectors import Otherwise

if TYPE_CHECKING:  # numpy is loaded with the first search
    import numpy as np
    from numpy.typing import NDArray

    from stemma.memory.recall.term_index import Seen, TermIndex

_QUERIES = load_queries("sql/terms.sql")
_VECTORS = load_queries("sql/vectors.sql")
_REVISION = load_queries("sql/changes.sql")["revision"]
MOST_BYTES = 256 * 2**20
"""Kept over all audiences: the words of about 500,000 passages. Beyond, what was not searched for longest goes."""

Place = tuple[str, str]
"""A tenant and an audience."""


class _Kept:
    """The words of one audience as of one revision of its tenant."""

    def __init__(self, erasures: int) -> None:
        import numpy as np

        from stemma.memory.recall.term_index import TermIndex

        self.erasures = erasures
        self.reached = 0
        """The revision up to which everything is in."""
        self.index: TermIndex = TermIndex()
        self.numbers: NDArray[np.int64] = np.zeros(0, np.int64)
        """By row of the index, growing."""
        self.shown: NDArray[np.bool_] = np.zeros(0, np.bool_)

    @property
    def last(self) -> int:
        """The greatest number; later items have greater ones."""
        return int(self.numbers[-1]) if len(self.numbers) else 0

    def add(self, found: Sequence[Row]) -> None:
        """Others may be reading the columns: new ones."""
        import numpy as np

        if found:
            numbers, shown, counts = zip(*found, strict=True)
            self.index = self.index.with_more(counts)
            self.numbers = np.concatenate([self.numbers, np.array(numbers, np.int64)])
            self.shown = np.concatenate([self.shown, np.array(shown, np.bool_)])

    def mark(self, changed: Sequence[tuple[int, int]]) -> None:
        """Items that are known, and whether they are shown now."""
        import numpy as np

        if changed:
            numbers, shown = np.array(changed, np.int64).T
            self.shown = self.shown.copy()
            self.shown[np.searchsorted(self.numbers, numbers)] = shown


class SqliteTerms:
    """What a process keeps of one file. Safe for several threads, each with a transaction of its own."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Place, _Kept] = OrderedDict()
        self._lock = Lock()

    def best(
        self,
        connection: apsw.Connection,
        scope: Scope,
        terms: Sequence[str],
        k: int,
        otherwise: Otherwise | None = None,
    ) -> list[Scored] | None:
        """The k best items that the scope sees for any of the terms, best first; None where that is not kept here."""
        from stemma.memory.recall.term_index import bm25

        codes = [code(stem) for stem in indexed(" ".join(terms)).split()]
        if not codes:
            return []
        parts: list[Seen] = []
        numbers: list[NDArray[np.int64]] = []
        for audience in scope.audiences():
            kept = self._current(connection, (scope.tenant, audience))
            if kept is None:
                return None
            seen, places = kept
            parts.append(seen._replace(shown=otherwise.seen(places, seen.shown)) if otherwise else seen)
            numbers.append(places)
        scores = _best(bm25(parts, codes), numbers, k)
        where = {"tenant": scope.tenant, "audiences": json.dumps(scope.audiences()), "numbers": json.dumps([*scores])}
        items = rows(connection, _VECTORS["items_by_number_past" if otherwise else "items_by_number"], where)
        found = [read_scored((item_id, scores[number], title)) for number, item_id, title in items]
        return sorted(found, key=lambda item: (-item.score, item.id))[:k]

    def _current(self, connection: apsw.Connection, place: Place) -> tuple[Seen, NDArray[np.int64]] | None:
        """The audience's words as this transaction sees them, or a little newer; None when they are too many."""
        from stemma.memory.recall.term_index import BYTES_AN_ITEM, MOST_ROWS, Seen

        where = {"tenant": place[0], "audience": place[1]}
        number, erasures = (*rows(connection, _REVISION, {"tenant": place[0]}), (0, 0))[0]
        with self._lock:
            kept = self._kept.pop(place, None)
            if kept is None or kept.erasures < erasures:
                ((count,),) = rows(connection, _VECTORS["count_of_audience"], where)
                if count > min(self._most_bytes // BYTES_AN_ITEM, MOST_ROWS // 2):
                    return None
                kept = _Kept(erasures)
            if kept.reached < number:
                changes = {**where, "after": kept.reached, "last": kept.last}
                kept.mark(rows(connection, _VECTORS["changed_of_audience"], changes) if kept.last else ())
                kept.add(_counted(connection, {**where, "after": kept.last}))
                kept.reached = number
            self._kept[place] = kept
            while sum(one.index.nbytes for one in self._kept.values()) > self._most_bytes:
                self._kept.popitem(last=False)
            return Seen(kept.index, kept.shown), kept.numbers


def _counted(connection: apsw.Connection, where: dict[str, str | int]) -> list[Row]:
    """Number, whether it is shown, and words, of what lies behind a number."""
    found = rows(connection, _QUERIES["terms_of_audience"], where)
    missing = json.dumps([number for number, _, counts in found if counts is None])
    if missing == "[]":
        return found
    texts = rows(connection, _QUERIES["texts_of_numbers"], {"tenant": where["tenant"], "numbers": missing})
    made = {number: counted(indexed(title), indexed(text)) for number, title, text in texts}
    return [(number, shown, counts or made[number]) for number, shown, counts in found]


def _best(scores: Sequence[NDArray[np.float64]], numbers: Sequence[NDArray[np.int64]], k: int) -> dict[int, float]:
    """Number -> score of the k best, and of those that are as good as the last of them."""
    import numpy as np

    score, number = np.concatenate(scores), np.concatenate(numbers)
    best = np.flatnonzero(score)
    if len(best) > k:
        best = best[score[best] >= np.partition(score[best], -k)[-k]]
    return dict(zip(number[best].tolist(), score[best].tolist(), strict=True))
