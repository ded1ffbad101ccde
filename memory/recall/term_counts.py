"""The words of an item as numbers, as they are stored for the index that a process keeps (`term_index.py`).

Decides the format, and that a word is the CRC-32 of its stem: of two different words, one pair in four billion shares
one. Pure.
"""

from __future__ import annotations

import struct
from collections import Counter, defaultdict
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple
from zlib import crc32

from stemma.memory.text import content_terms

_RECORD = struct.Struct("<IB")
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
    said = " ".join(content_terms(title)), " ".join(content_terms(text))
    return Words(*said, counted(*said))


def counted(title: str, text: str) -> bytes:
    """The words of an item, given as stems between spaces, as they are stored: records of a number (u32) and a count
    (u8), little endian. The first holds the number of words and the count 0, the others a word's CRC-32 each."""
    title_words, words = title.split(), text.split()
    counts = Counter(words)
    for word in title_words:
        counts[word] += _TITLE
    codes: defaultdict[int, int] = defaultdict(int)
    for word, count in counts.items():
        codes[code(word)] += count
    records = map(_RECORD.pack, codes, map(min, codes.values(), repeat(_MOST)))
    return b"".join((_RECORD.pack(len(title_words) + len(words), 0), *records))


@lru_cache(maxsize=100_000)
def code(stem: str) -> int:
    """The number of a word."""
    return crc32(stem.encode())
