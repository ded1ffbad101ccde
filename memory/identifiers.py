"""Ids that follow from what they name, so that a step run again writes the same rows.

Decides what makes two sources, passages, claims or answers the same one. Every id takes in the tenant and the audience:
the same text in two scopes is two items.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

from stemma.memory.model import Scope

_LENGTH = 32
_CITATION = re.compile(r"\s*\[\d{1,3}\]")
_APOSTROPHE = re.compile(r"['’](?<=[^\W\d_].)(?=[^\W\d_])")
_IN_NUMBER = re.compile(r"[.,:/\-–−](?=\d)(?:(?<=\d[.,:/\-–])|(?<=[-−])(?<!\w.))")
_SYMBOLS = {".": "\u2219", ",": "\u0375", ":": "\u2236", "/": "\u2215", "-": "\u2212", "–": "\u2212", "−": "\u2212"}
"""What stands for a mark inside a number: none of these is punctuation, so that 1.5 stays another number than 15."""
_MEANINGFUL = frozenset("%#&@°")
_DECORATION = frozenset("`´^~|")


def content_hash(title: str, text: str) -> str:
    """SHA-256 (hex) of a document's title and text. Raises `UnicodeEncodeError` on a lone surrogate."""
    return sha256(f"{title}\x00{text}".encode()).hexdigest()


def source_id(scope: Scope, uri: str, version: int, content: str) -> str:
    """A version of a source. The version takes part: a text may come back after another one."""
    return _digest("source", scope.tenant, scope.audience, uri, str(version), content)


def passage_id(source: str, ordinal: int) -> str:
    """A passage of a version of a source. The ids of one source begin alike, so that what is stored together lies
    together in an index: a key that may lie anywhere costs a page for each."""
    half = _LENGTH // 2
    return source[:half] + _digest("passage", source, str(ordinal))[:half]


def claim_id(scope: Scope, text: str, topic: str = "") -> str:
    """A claim: what is said, as `statement_key` has it.

    `topic` is what a text speaks of that does not say so by itself ("It was founded in 1990."): the same words about
    another thing are another claim. Empty for all others.
    """
    said = [statement_key(text), statement_key(topic)] if topic else [statement_key(text)]
    return _digest("claim", scope.tenant, scope.audience, *said)


def statement_key(text: str) -> str:
    """What two ways of writing one statement share: case, spacing, punctuation and citation marks ("[1]") are gone.

    Marks inside numbers, signs and symbols stay: "1.5 %" is not "15 %", "-5" not "5". Never empty for a text that is
    not blank.
    """
    plain = _CITATION.sub("", text) if "[" in text else text
    folded = unicodedata.normalize("NFKC", plain).casefold()
    kept = _IN_NUMBER.sub(lambda mark: _SYMBOLS[mark.group()], _APOSTROPHE.sub("", folded))
    return " ".join(kept.translate(_SPACED).split()) or " ".join(text.casefold().split())


class _Spacing(dict[int, str]):
    """For `str.translate`: punctuation becomes a space, everything else stays. Filled as characters are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        spaced = unicodedata.category(character)[0] in "PZC" and character not in _MEANINGFUL
        self[code] = " " if spaced or character in _DECORATION else character
        return self[code]


_SPACED = _Spacing()


def answer_id(scope: Scope, run_id: str, step: str) -> str:
    """The answer that one step of one run gave."""
    return _digest("answer", scope.tenant, scope.audience, run_id, step)


def justification_id(claim: str, run_id: str, step: str, antecedents: list[str]) -> str:
    """One set of antecedents by which one run supports a claim."""
    return _digest("justification", claim, run_id, step, *sorted(antecedents))


def retraction_id(scope: Scope, item_id: str, at: str) -> str:
    """One decision about one item at one moment (ISO 8601)."""
    return _digest("retraction", scope.tenant, scope.audience, item_id, at)


def consolidation_id(scope: Scope, at: str) -> str:
    """One run over one audience at one moment (ISO 8601)."""
    return _digest("consolidation", scope.tenant, scope.audience, at)


def contradiction_id(scope: Scope, one: str, other: str) -> str:
    """A contradiction between two claims, whichever is named first."""
    return _digest("contradiction", scope.tenant, *sorted((one, other)))


def _digest(*parts: str) -> str:
    framed = "".join([f"{len(part)}:{part}" for part in parts])  # no two lists of parts are framed alike
    return sha256(framed.encode()).hexdigest()[:_LENGTH]
