"""Text cut and wrapped to a width, in whatever unit a width is measured. Pure.

Decides where a line breaks: between words, inside a word only when it is too long for a line of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

CUT = "…"
"""What stands for the rest."""

Measure = Callable[[str], float]
"""How wide a text is: additive over its characters, and never negative."""


def fitted(text: str, width: float, measure: Measure) -> str:
    """The text, cut to the width with "…" at the cut; at least "…" where the width is too small for more."""
    if measure(text) <= width:
        return text
    return _head(text, width - measure(CUT), measure).rstrip() + CUT


def wrapped(text: str, width: float, most: int, measure: Measure) -> list[str]:
    """At most `most` lines, none wider than `width`; the last one ends with "…" where there is more."""
    lines: list[str] = []
    for line in _lines(text, width, measure):
        if len(lines) == most:
            lines[-1] = fitted(lines[-1] + CUT, width, measure)
            break
        lines.append(line)
    return lines


def _lines(text: str, width: float, measure: Measure) -> Iterator[str]:
    line = ""
    for word in text.split():
        if line and measure(f"{line} {word}") <= width:
            line = f"{line} {word}"
            continue
        if line:
            yield line
        line = word
        while len(line) > 1 and measure(line) > width:
            head = _head(line, width, measure) or line[0]
            yield head
            line = line[len(head) :]
    if line:
        yield line


def _head(text: str, width: float, measure: Measure) -> str:
    taken = 0.0
    for place, char in enumerate(text):
        taken += measure(char)
        if taken > width:
            return text[:place]
    return text
