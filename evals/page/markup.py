"""HTML whose text is escaped by construction: a value is escaped unless it is `Html` already.

Questions, passages and error messages come from outside, so nothing here trusts them. Templates are literals of this
package and use named fields; no value ever becomes part of a template.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from html import escape

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Html(str):
    """Text that is markup already. Made by `html` and `joined`, never from input."""

    __slots__ = ()


def html(template: str, /, **values: object) -> Html:
    """The template with its named fields filled in, each escaped for text and double-quoted attributes."""
    return Html(template.format(**{name: _safe(value) for name, value in values.items()}))


def joined(parts: Iterable[Html]) -> Html:
    """Markup after markup."""
    return Html("".join(parts))


def _safe(value: object) -> str:
    if isinstance(value, Html):
        return value
    return escape("".join(_visible(character) for character in str(value)), quote=True)


def _visible(character: str) -> str:
    """Control characters and direction overrides can hide or reorder text: they are shown as a replacement mark."""
    if character in "\n\t":
        return character
    hidden = unicodedata.category(character) in ("Cc", "Cs") or character in _BIDI
    return "\ufffd" if hidden else character
