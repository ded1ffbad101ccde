"""A vector as an export has it: 32-bit floats, little endian.

Decides that and nothing else. It needs no numpy.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence


def to_bytes(vector: Sequence[float]) -> bytes:
    return _little(array("f", vector)).tobytes()


def from_bytes(text: bytes) -> list[float]:
    """Raises `ValueError` for bytes that are no whole numbers."""
    found = array("f")
    found.frombytes(text)
    return _little(found).tolist()


def _little(numbers: array[float]) -> array[float]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
