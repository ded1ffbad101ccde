"""How much one file may cost that a child process reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What is exceeded makes the file unreadable, and ends the process that read it."""

    size: int = 100_000_000
    """Bytes of the file."""
    memory: int = 1 << 30
    """Bytes of address space, the libraries included. Not bounded on macOS, which has no such limit."""
    part_seconds: int = 20
    """Processor seconds until the next page, slide or thousand rows."""
    seconds: float = 600
    """From the request to the last page, as a clock on the wall counts."""
    pages: int = 5_000
    """Or slides, or sheets."""
    characters: int = 20_000_000
    """Of text, all pages together."""
