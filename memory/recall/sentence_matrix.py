"""The sentence vectors of many items in one matrix of int8 codes, a quarter of the room of floats.

Decides where an item's sentences stand. Only the rows that a question needs become floats again.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from stemma.memory.bundles import SentenceVectors
from stemma.memory.recall.sentence_blob import coded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class SentenceMatrix:
    """Rows of codes, the rows of one item beside each other. The matrix grows by doubling."""

    def __init__(self) -> None:
        self.first, self.count = array("q"), array("i")
        """By item: its first row, and how many rows it has."""
        self._codes: NDArray[np.int8] | None = None
        self._scales = array("f")

    def add(self, sentences: SentenceVectors | None) -> None:
        """Add the next item. All vectors must have one dimension."""
        self.first.append(len(self._scales))
        self.count.append(len(sentences.vectors) if sentences else 0)
        if not sentences or not len(sentences.vectors):
            return
        import numpy as np

        rows = coded(sentences.vectors)
        codes, scales = rows.codes, rows.scales
        begin, end = len(self._scales), len(self._scales) + len(codes)
        if self._codes is None or end > len(self._codes):
            grown = np.zeros((max(end, 2 * begin, 64), codes.shape[1]), np.int8)
            if self._codes is not None:
                grown[:begin] = self._codes[:begin]
            self._codes = grown
        self._codes[begin:end] = codes
        self._scales.extend(scales.tolist())

    def cosines(self, rows: NDArray[np.integer[Any]], query: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of these rows with a query of unit length, in [-1, 1] up to rounding."""
        import numpy as np

        if self._codes is None or not len(rows):
            return np.zeros(len(rows), np.float32)
        scales = np.frombuffer(self._scales, np.float32)[rows]
        # Not `@`: BLAS cuts a product up among threads that wait actively, at twice the processor time.
        cosines: NDArray[np.float32] = np.vecdot(self._codes[rows].astype(np.float32), query) * scales
        return cosines
