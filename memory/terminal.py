"""Text that came from outside, made fit for a terminal: what is shown cannot move the cursor or change a colour.

Decides which characters are shown and which are replaced. It does not cut or wrap, and knows no markup: print what it
gives back as plain text.
"""

from __future__ import annotations

import re
import unicodedata

_SPACE = re.compile(r"[ \t\r\n\v\f\u0085\u2028\u2029]+")
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
"""Controls (escape sequences start with one), invisible formatting (which can reverse a line), lone surrogates."""


def printable(text: str) -> str:
    """One line: white space of any kind becomes one space, and every character that does not show becomes "�"."""
    line = _SPACE.sub(" ", text).strip()
    if line.isascii() and line.isprintable():
        return line
    return "".join("\ufffd" if unicodedata.category(char) in _HIDDEN else char for char in line)


def shortened(text: str, width: int) -> str:
    """`printable`, cut to at most `width` characters with "…" at the cut."""
    line = printable(text)
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"
