"""When two sources, or two claims, say the same: by a key that is equal for both. Pure.

Decides which differences do not count: case, spacing, and marks that do not touch a number. Every word counts, in its
order, and so does every digit and every sign, symbol or mark beside one: a changed number is never the same. Of a claim
also "the" does not count, and a whole number or a date is the same however it is written (1,200 = 1200, twelve = 12,
3 May 2024 = 2024-05-03). It compares no meanings: other words are another statement.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import PurePosixPath

from stemma.memory.grounding.contradiction import contradiction
from stemma.memory.quantities import DATE, ORDINAL, Quantity, quantities

_ENDS_A_NUMBER = re.compile(r"(?<=\d)[.,;:?](?=\s|\Z)")
_MARK = re.compile(r"(?<!\d)(?:[-−–/*](?!\s?\d)|[^\w\s\-−–/*](?!\d))")
"""A mark that touches no digit; a sign may stand a space before its number."""
_ALWAYS_MEANT = frozenset("%‰#&@§′″")
"""Marks that count wherever they stand."""
_LONG = 40
"""From so many words on a text says by itself what it is about."""
_WHOLE = re.compile(r"[1-9]\d*(?:,\d{3})*|[A-Za-z][A-Za-z, -]*")
_WRITTEN_ORDINAL = re.compile(r"[1-9]\d*(?:st|nd|rd|th)|[A-Za-z]+")


def source_key(title: str, texts: Sequence[str], uri: str = "") -> bytes:
    """What two sources share that have the same title and text but for case, spacing and marks in the prose.

    Where a text of some length has no other title than the name of its file, that is not counted: it is a copy under
    another name. A short text may say by its file's name alone what it is about.
    """
    text = plain(" ".join(texts))
    nameless = title == _file_name(uri) and text.count(" ") >= _LONG
    return _digest("" if nameless else plain(title), text)


def claim_key(text: str) -> bytes:
    """What two claims share that make the same statement."""
    words = plain(_with_plain_quantities(text)).split()
    return _digest(" ".join(word for word in words if word != "the") or text)


def same_statement(first: str, second: str) -> bool:
    """Whether nothing in the slots of two statements of one key differs: no quantity, and no contradiction."""
    return _measured(first) == _measured(second) and contradiction(first, second) is None


def _file_name(uri: str) -> str:
    return PurePosixPath(uri.partition("#")[2] or uri.partition(":")[2]).stem


def plain(text: str) -> str:
    """The words of a text, folded in case, with the marks that count; single spaces between."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return " ".join(_MARK.sub(_meant, _ENDS_A_NUMBER.sub(" ", folded)).split())


def _meant(mark: re.Match[str]) -> str:
    character = mark.group()
    symbol = unicodedata.category(character)[0] in "SMLN"  # a combining mark belongs to its letter
    return character if character in _ALWAYS_MEANT or symbol else " "


def _with_plain_quantities(text: str) -> str:
    done, pieces = 0, []
    for quantity in quantities(text):
        if written := _plainly(quantity, text[quantity.start : quantity.end]):
            pieces += [text[done : quantity.start], written]
            done = quantity.end
    return "".join([*pieces, text[done:]])


def _plainly(quantity: Quantity, written: str) -> str:
    """One way of writing it; empty where the way it is written may tell something (3.10, 007, $5, "first")."""
    if quantity.vague:
        return ""
    if quantity.unit == DATE:
        return quantity.value
    if quantity.unit == ORDINAL:
        return f"{quantity.value}th" if _WRITTEN_ORDINAL.fullmatch(written) else ""
    return quantity.value if _WHOLE.fullmatch(written) else ""


def _measured(text: str) -> Counter[tuple[str, str]]:
    return Counter((each.value, each.unit) for each in quantities(text))


def _digest(*parts: str) -> bytes:
    return blake2b("\x00".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()
