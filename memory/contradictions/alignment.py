"""Two sentences laid side by side: what they share word for word, and in which slots one says something else.

Decides what is one token (a name, a quantity, a word) and which tokens stand in each other's place. It gives no
verdict: that is `differences.py`. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

from stemma.memory.grounding.frame import Frame, Measure
from stemma.memory.names import Name
from stemma.memory.text import STOP_WORDS, fold, normalise, stem

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_NOT_NEGATED = re.compile(
    r"\bnot (?:only|just|merely|least)\b|\bno (?:longer than|fewer than|less than|more than|later than|doubt)\b"
    r"|\b(?:is|was) not (?:disputed|in doubt|in dispute|contested)\b",
    re.IGNORECASE,
)


class Token(NamedTuple):
    """A piece of a sentence; equal keys say the same."""

    key: str
    slot: Name | Measure | None
    """What is a value rather than a word."""
    start: int
    end: int

    @property
    def content(self) -> bool:
        """It carries meaning."""
        return self.slot is not None or self.key not in STOP_WORDS


@dataclass(frozen=True, slots=True)
class Change:
    """Where the sentences part: tokens [start, end) of each; one of them may be empty."""

    first: tuple[Token, ...]
    second: tuple[Token, ...]
    before: tuple[Token, ...]
    """The tokens of the first sentence before it, the nearest last, as far as the second has them there too."""
    after: tuple[Token, ...]
    """Those behind it, in the same way."""
    place: int
    """How many tokens of the first sentence stand before it."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Two sentences side by side."""

    first: tuple[Token, ...]
    second: tuple[Token, ...]
    changes: tuple[Change, ...]
    shared: int
    """Tokens with meaning that both have, in order."""

    @property
    def share(self) -> float:
        """Of the shorter sentence's tokens with meaning, in [0, 1]."""
        shorter = min(sum(token.content for token in one) for one in (self.first, self.second))
        return self.shared / shorter if shorter else 0.0


def aligned(first: Frame, second: Frame) -> Alignment:
    """Lay two sentences side by side. Takes time quadratic in their length."""
    one, two = tuple(tokens(first)), tuple(tokens(second))
    matcher = SequenceMatcher(None, [token.key for token in one], [token.key for token in two], autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    changes, i, j = [], 0, 0
    for block in [*blocks, None]:
        end, other = (block.a, block.b) if block else (len(one), len(two))
        if end > i or other > j:
            before = _matched(blocks, one, i, back=True)
            after = one[block.a : block.a + block.size] if block else ()
            changes.append(Change(one[i:end], two[j:other], before, tuple(after), i))
        if block:
            i, j = block.a + block.size, block.b + block.size
    shared = sum(token.content for block in blocks for token in one[block.a : block.a + block.size])
    return Alignment(one, two, tuple(changes), shared)


def _matched(blocks: Sequence[tuple[int, int, int]], one: Sequence[Token], at: int, *, back: bool) -> tuple[Token, ...]:
    for start, _, size in blocks:
        if back and start + size == at:
            return tuple(one[start:at])
    return ()


def tokens(frame: Frame) -> Iterator[Token]:
    """The tokens of a sentence, in order: names and quantities whole, other words by their stem."""
    text = _NOT_NEGATED.sub(lambda found: " " * len(found.group()), frame.text)
    spans = sorted(
        [(name.start, name.end, name) for name in frame.names]
        + [(each.quantity.start, each.quantity.end, each) for each in frame.measures],
        key=lambda span: span[:2],
    )
    at = 0
    for start, end, slot in [*spans, (len(text), len(text), None)]:
        if start < at:
            continue
        yield from _words(text, at, start)
        if slot is not None:
            yield Token(_key(slot), slot, start, end)
        at = end


def _words(text: str, start: int, end: int) -> list[Token]:
    found = []
    for match in _WORD.finditer(text, start, end):
        word = fold(match.group()).replace("’", "'")
        if word == "cannot" or word.endswith("n't"):
            found.append(Token(stem(word.removesuffix("n't").removesuffix("not") or "be"), None, *match.span()))
            word = "not"
        word = word.removesuffix("'s")
        found.append(Token(word if word in STOP_WORDS else stem(word), None, *match.span()))
    return found


def _key(slot: Name | Measure) -> str:
    if isinstance(slot, Name):
        return f"name {normalise(slot.text)}"
    return f"{slot.quantity.unit} {slot.quantity.value}"
