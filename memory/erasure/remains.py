"""Looking for bytes in files: is anything left of what was erased?

Decides that every file is read whole, a piece at a time, however large; that what cannot be read is said; and that a
needle across two pieces is found. It knows no format: what a store compresses it does not see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from stemma.memory.erasure.model import Found

PIECE = 8 * 1024 * 1024


def pattern_of(needles: Sequence[bytes]) -> re.Pattern[bytes]:
    """Matches any of the needles, the longest first."""
    return re.compile(b"|".join(re.escape(needle) for needle in sorted(needles, key=len, reverse=True)))


def search(files: Iterable[Path], needles: Sequence[bytes]) -> list[Found]:
    """The files that hold any of the needles. A file that is gone meanwhile holds none. Blocks: call it in a thread."""
    if not needles:
        return []
    pattern = pattern_of(needles)
    overlap = max(map(len, needles)) - 1
    found = []
    for file in sorted(set(files)):
        seen = {match for piece in _pieces(file, overlap) for match in pattern.findall(piece)}
        if seen:
            found.append(Found(file, len(seen)))
    return found


def _pieces(file: Path, overlap: int) -> Iterator[bytes]:
    try:
        with file.open("rb") as content:
            before = b""
            while piece := content.read(PIECE):
                yield before + piece
                before = piece[-overlap:] if overlap else b""
    except FileNotFoundError:
        return


def files_below(folder: Path) -> list[Path]:
    """Every file below a folder that is one, not a link."""
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()] if folder.is_dir() else []
