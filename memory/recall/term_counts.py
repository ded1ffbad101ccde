"""The words of an item as numbers, as they are stored for the index that a process keeps (`term_index.py`).

Decides the format, and that a word is the CRC-32 of its stem: of two different words, one pair in four billion shares
one. Pure.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple
from zlib import crc32

from stemma.memory.text import content_terms

_RECORD = "IB"
_TITLE = 3
"""What a word of the title counts."""
_MOST = 255
"""A word counts no more than this in one item."""


class Words(NamedTuple):
    """The words of an item that are searched (`text.content_terms`), between spaces, and their `counted`."""

    title: str
    text: str
    counts: bytes


def words_of(title: str, text: str) -> Words:
    """The words of an item as it is written."""
    title_words, words = content_terms(title), content_terms(text)
    return Words(" ".join(title_words), " ".join(words), _counted(title_words, words))


def counted(title: str, text: str) -> bytes:
    """The words of an item, given as stems between spaces, as they are stored: records of a number (u32) and a count
    (u8), little endian. The first holds the number of words and the count 0, the others a word's CRC-32 each."""
    return _counted(title.split(), text.split())


def _counted(title: Sequence[str], text: Sequence[str]) -> bytes:
    counts = Counter(map(code, text))
    for word in title:
        counts[code(word)] += _TITLE
    if max(counts.values(), default=0) > _MOST:
        counts = Counter({word: min(count, _MOST) for word, count in counts.items()})
    records = chain((len(title) + len(text), 0), *counts.items())
    return struct.pack("<" + _RECORD * (len(counts) + 1), *records)


@lru_cache(maxsize=100_000)
def code(stem: str) -> int:
    """The number of a word."""
    return crc32(stem.encode())
