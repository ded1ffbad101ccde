"""The sentence vectors of one passage as bytes, the same in every store: spans, one scale and int8 codes a vector.

Decides the format, and that a vector may lose a little: each number is rounded to 1/127 of its vector's largest one, so
a cosine changes by less than .01. It refuses bytes of another format. The layout, little endian: format (u8), dimension
(u32), count (u32), then count x (start, end) as u32, count scales as f32, count x dimension codes as i8.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from stemma.memory.bundles import SentenceVectors
from stemma.memory.errors import MemoryCorrupt

if TYPE_CHECKING:  # numpy is loaded with the first vector
    import numpy as np
    from numpy.typing import NDArray

_HEADER = struct.Struct("<BII")
_FORMAT = 1


class CodedVectors(Sequence[Sequence[float]]):
    """Vectors as they are stored; only those that are looked at become floats."""

    def __init__(self, codes: NDArray[np.int8], scales: NDArray[np.float32]) -> None:
        """A row of codes and a scale for each vector: vector = codes * scale."""
        self.codes = codes
        self.scales = scales

    def __len__(self) -> int:
        return len(self.codes)

    def __eq__(self, other: object) -> bool:
        import numpy as np

        if not isinstance(other, CodedVectors):
            return NotImplemented
        return np.array_equal(self.codes, other.codes) and np.array_equal(self.scales, other.scales)

    @overload
    def __getitem__(self, place: int) -> Sequence[float]: ...

    @overload
    def __getitem__(self, place: slice) -> CodedVectors: ...

    def __getitem__(self, place: int | slice) -> Sequence[float] | CodedVectors:
        import numpy as np

        if isinstance(place, slice):
            return CodedVectors(self.codes[place], self.scales[place])
        return memoryview(self.codes[place].astype(np.float32) * self.scales[place])


def pack(sentences: SentenceVectors) -> bytes:
    """The bytes to store. Raises `ValueError` when spans and vectors do not go together."""
    import numpy as np

    count = len(sentences.spans)
    if len(sentences.vectors) != count:
        raise ValueError(f"{count} sentences have {len(sentences.vectors)} vectors")
    vectors = np.asarray(sentences.vectors, np.float32).reshape(count, -1) if count else np.zeros((0, 0), np.float32)
    codes, scales = quantised(vectors)
    spans = np.asarray(sentences.spans, "<u4").reshape(count, 2)
    header = _HEADER.pack(_FORMAT, vectors.shape[1], count)
    return header + spans.tobytes() + scales.astype("<f4").tobytes() + codes.tobytes()


def unpack(blob: bytes) -> SentenceVectors:
    """What `pack` was given, its vectors rounded; each is a view of 32-bit floats. Raises `MemoryCorrupt`."""
    import numpy as np

    if len(blob) < _HEADER.size or blob[0] != _FORMAT:
        raise _corrupt()
    _, dimension, count = _HEADER.unpack_from(blob)
    if len(blob) != _HEADER.size + count * (12 + dimension):
        raise _corrupt()
    spans = np.frombuffer(blob, "<u4", 2 * count, _HEADER.size).reshape(count, 2)
    scales = np.frombuffer(blob, "<f4", count, _HEADER.size + 8 * count)
    codes = np.frombuffer(blob, np.int8, count * dimension, _HEADER.size + 12 * count).reshape(count, dimension)
    return SentenceVectors([(start, end) for start, end in spans.tolist()], CodedVectors(codes, scales))


def coded(vectors: Sequence[Sequence[float]]) -> CodedVectors:
    """The vectors of one item, as they are stored; of one dimension, and at least one."""
    import numpy as np

    return vectors if isinstance(vectors, CodedVectors) else CodedVectors(*quantised(np.asarray(vectors, np.float32)))


def quantised(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Codes of the vectors' shape and a scale for each row: row = codes * scale. Again gives the same codes."""
    import numpy as np

    largest = np.abs(vectors).max(axis=1, initial=0.0)
    scales = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    return np.rint(vectors / scales[:, None]).astype(np.int8), scales


def _corrupt() -> MemoryCorrupt:
    return MemoryCorrupt(
        "stored sentence vectors are not of the format that this version of Stemma reads",
        hint="restore a backup, or embed again: stemma memory reindex",
    )
