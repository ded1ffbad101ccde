"""Nearest neighbours in the SQLite memory: exact, in matrices that a process keeps, one for each tenant and audience.

Decides what is kept and when it is brought up to date. Each search reads the tenant's revision in its own transaction:
what another process wrote, took back or erased counts from the next search on. An audience too large to be kept is read
page by page for each search. What the numbers stand for is looked up afterwards, in the same transaction.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import apsw

from stemma.memory.model import Scope, Scored
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import rows
from stemma.memory.sqlite_rows import read_scored

if TYPE_CHECKING:  # numpy is loaded with the first search
    import numpy as np
    from numpy.typing import NDArray

_QUERIES = load_queries("sql/vectors.sql")
_REVISION = load_queries("sql/changes.sql")["revision"]
_PAGE = 4_096
"""Vectors read at once."""
MOST_BYTES = 512 * 2**20
"""Kept over all audiences: 350,000 vectors of 384 numbers. Beyond, what was not searched for longest goes."""

Place = tuple[str, str]
"""A tenant and an audience."""


class Rows(NamedTuple):
    """Vectors by number, which grows; nothing in these arrays changes any more."""

    numbers: NDArray[np.int64]
    shown: NDArray[np.bool_]
    """Whether the item may be recalled."""
    matrix: NDArray[np.float32]


class Otherwise(NamedTuple):
    """The numbers of what a search is to find otherwise than today."""

    hidden: NDArray[np.int64]
    shown: NDArray[np.int64]

    def seen(self, numbers: NDArray[np.int64], shown: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """What of these items is seen, given what is shown today."""
        import numpy as np

        return (shown & ~np.isin(numbers, self.hidden)) | np.isin(numbers, self.shown)


class _Kept:
    """The vectors of one audience as of one revision of its tenant."""

    def __init__(self, room: int, dimension: int, erasures: int) -> None:
        import numpy as np

        self.erasures = erasures
        self.reached = 0
        """The revision up to which everything is in."""
        self._count = 0
        self._numbers, self._shown = np.zeros(room, np.int64), np.zeros(room, np.bool_)
        self._matrix = np.zeros((room, dimension), np.float32)

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self._matrix.nbytes + self._numbers.nbytes + self._shown.nbytes)

    @property
    def last(self) -> int:
        """The greatest number; later items have greater ones."""
        return int(self._numbers[self._count - 1]) if self._count else 0

    def rows(self) -> Rows:
        return Rows(self._numbers[: self._count], self._shown[: self._count], self._matrix[: self._count])

    def add(self, page: Rows) -> None:
        import numpy as np

        start, end = self._count, self._count + len(page.numbers)
        if end > len(self._numbers):
            spare = end + end // 8 - start
            self._numbers = np.concatenate([self._numbers[:start], np.zeros(spare, np.int64)])
            self._shown = np.concatenate([self._shown[:start], np.zeros(spare, np.bool_)])
            self._matrix = np.concatenate([self._matrix[:start], np.zeros((spare, self._matrix.shape[1]), np.float32)])
        self._numbers[start:end] = page.numbers
        self._shown[start:end] = page.shown
        self._matrix[start:end] = page.matrix
        self._count = end

    def mark(self, changed: Sequence[tuple[int, int]]) -> None:
        """Items that are known, and whether they are shown now. Others may be reading the column: a new one."""
        import numpy as np

        if changed:
            numbers, shown = np.array(changed, np.int64).T
            self._shown = self._shown.copy()
            self._shown[np.searchsorted(self._numbers[: self._count], numbers)] = shown


class SqliteVectors:
    """What a process keeps of one file. Safe for several threads, each with a transaction of its own."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Place, _Kept] = OrderedDict()
        self._lock = Lock()

    def nearest(
        self,
        connection: apsw.Connection,
        scope: Scope,
        vector: Sequence[float],
        k: int,
        otherwise: Otherwise | None = None,
    ) -> list[Scored]:
        """The k nearest items that the scope sees, best first. The vector has length 1 and the store's size."""
        import numpy as np

        query = np.asarray(vector, np.float32)
        found: list[tuple[float, int]] = []
        for audience in scope.audiences():
            for some in self._rows(connection, (scope.tenant, audience), len(query)):
                if otherwise:
                    some = some._replace(shown=otherwise.seen(some.numbers, some.shown))
                found = sorted([*found, *_nearest(some, query, k)], key=lambda one: (-one[0], one[1]))[:k]
        scores = {number: score for score, number in found}
        where = {
            "tenant": scope.tenant,
            "audiences": json.dumps(scope.audiences()),
            "numbers": json.dumps(list(scores)),
        }
        items = rows(connection, _QUERIES["items_by_number_past" if otherwise else "items_by_number"], where)
        scored = [read_scored((item_id, scores[number], title)) for number, item_id, title in items]
        return sorted(scored, key=lambda item: (-item.score, item.id))

    def _rows(self, connection: apsw.Connection, place: Place, dimension: int) -> Iterator[Rows]:
        kept = self._current(connection, place, dimension)
        if kept is None:
            yield from _pages(connection, place, 0)
        elif len(kept.numbers):
            yield kept

    def _current(self, connection: apsw.Connection, place: Place, dimension: int) -> Rows | None:
        """The audience's vectors as this transaction sees them, or a little newer; None when they are too many."""
        number, erasures = (*rows(connection, _REVISION, {"tenant": place[0]}), (0, 0))[0]
        with self._lock:
            kept = self._kept.pop(place, None)
            if kept is None or kept.erasures < erasures:
                ((count,),) = rows(connection, _QUERIES["count_of_audience"], _where(place))
                if count * dimension * 4 > self._most_bytes:
                    return None
                kept = _Kept(count, dimension, erasures)
            if kept.reached < number:
                changes = {**_where(place), "after": kept.reached, "last": kept.last}
                kept.mark(rows(connection, _QUERIES["changed_of_audience"], changes) if kept.last else ())
                for page in _pages(connection, place, kept.last):
                    kept.add(page)
                kept.reached = number
            self._kept[place] = kept
            while sum(one.size for one in self._kept.values()) > self._most_bytes:
                self._kept.popitem(last=False)
            return kept.rows()


def _where(place: Place) -> dict[str, str | int]:
    return {"tenant": place[0], "audience": place[1]}


def _pages(connection: apsw.Connection, place: Place, after: int) -> Iterator[Rows]:
    """The vectors of one audience behind a number."""
    import numpy as np

    query = _QUERIES["vectors_of_audience"]
    while page := rows(connection, query, {**_where(place), "after": after, "limit": _PAGE}):
        numbers, shown, vectors = zip(*page, strict=True)
        matrix = np.frombuffer(b"".join(vectors), np.float32).reshape(len(page), -1)
        yield Rows(np.array(numbers, np.int64), np.array(shown, np.bool_), matrix)
        after = numbers[-1]


def _nearest(some: Rows, query: NDArray[np.float32], k: int) -> Iterator[tuple[float, int]]:
    """Cosine in [-1, 1] and number of the k nearest that are shown, in no order."""
    import numpy as np

    # Not `matrix @ query`: BLAS cuts that up among threads, which costs twice the processor time, and equal rows get
    # other numbers at the cuts.
    cosines = np.where(some.shown, np.vecdot(some.matrix, query), -np.inf)
    best = np.argpartition(cosines, -k)[-k:] if k < len(cosines) else np.arange(len(cosines))
    best = best[some.shown[best]]
    return zip(cosines[best].clip(-1.0, 1.0).tolist(), some.numbers[best].tolist(), strict=True)
