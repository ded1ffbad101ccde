"""Names in running text: spans of capitalised words, with exact offsets.

Decides, by rule, what looks like a proper name. It does not say what kind of thing a name means, nor whether two names
mean the same thing beyond their spelling (`text.normalise`). Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from stemma.memory.text import STOP_WORDS, fold, sentences

_WORD = re.compile(r"[^\W_]+(?:['’&\-][^\W_]+)*")
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+(?:['&\-][A-Za-z0-9]+)*")
"""The same in a text of ASCII, found twice as fast."""
_POSSESSIVE = re.compile(r"['’]s\Z", re.IGNORECASE)
_GAP = re.compile(r" ?\.? ?|[ \t]+|\n")
_COUNTS = re.compile(r"\s+[^\W\d_A-Z]|%")
_LINKS = frozenset({"of", "the", "de", "von", "van", "der", "den", "bin", "ibn", "al", "la", "le", "du", "da", "di"})
_DOTTED = frozenset({"st", "dr", "mr", "mrs", "ms", "jr", "sr", "prof", "gen", "lt", "col", "capt", "mt", "no"})
_NEVER_ALONE = STOP_WORDS | {
    "although",
    "despite",
    "since",
    "unlike",
    "according",
    "based",
    "additionally",
    "furthermore",
    "therefore",
    "finally",
    "yes",
    "today",
    "yesterday",
    "tomorrow",
    "please",
    "note",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "mr",
    "mrs",
    "ms",
    "dr",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "first",
    "second",
    "third",
    "last",
    "next",
    "another",
    "many",
    "several",
}
_LONGEST = 8


@dataclass(frozen=True, slots=True)
class Name:
    """Characters [start, end) of the text. `initial`: it opens a sentence, so its capital proves nothing."""

    text: str
    start: int
    end: int
    initial: bool


def names(text: str) -> list[Name]:
    """Spans of capitalised words, longest first match, in order, without overlap. Leading function words are left out.

    "the Port of Rotterdam" -> Port of Rotterdam; "Harrow's KM-7" -> Harrow's KM-7; "Red Hat 7" keeps its number,
    "Port Calder 5 days" does not. At most eight words; a sentence in capitals has none.
    """
    found: list[Name] = []
    word = _ASCII_WORD if text.isascii() else _WORD
    for sentence in sentences(text):
        tokens = list(word.finditer(text, sentence.start, sentence.end))
        if len(tokens) > 3 and sentence.text.isupper():
            continue
        found.extend(_spans(text, tokens))
    return found


def _spans(text: str, tokens: list[re.Match[str]]) -> list[Name]:
    spans: list[Name] = []
    reached = 0
    words = [token.group() for token in tokens]
    for position in [place for place, word in enumerate(words) if not word.islower() and _is_capital(word)]:
        if position < reached:
            continue
        first, last = position, _run_end(text, tokens, words, position)
        while first <= last and not _may_lead(words[first]):
            first += 1
        if last > first or (last == first and len(words[last]) > 1):
            start, end = tokens[first].start(), tokens[last].end()
            end -= 2 if _POSSESSIVE.search(text, start, end) else 0
            spans.append(Name(text[start:end], start, end, initial=first == 0))
        reached = last + 1
    return spans


def _may_lead(word: str) -> bool:
    return not word[0].isdigit() and fold(word) not in _NEVER_ALONE


def _run_end(text: str, tokens: list[re.Match[str]], words: list[str], first: int) -> int:
    """Index of the last token of the capitalised run that starts at `first`."""
    last = first
    while last - first + 1 < _LONGEST:
        following = _next_capital(text, tokens, words, last)
        if following is None:
            return last
        last = following
    return last


def _next_capital(text: str, tokens: list[re.Match[str]], words: list[str], last: int) -> int | None:
    for index in range(last + 1, min(last + 4, len(tokens))):
        word = words[index]
        capital, number = _is_capital(word), index == last + 1 and word[0].isdigit()
        if not (capital or number or word in _LINKS) or not _joined(text, tokens[index - 1], tokens[index]):
            return None
        if capital or (number and not _COUNTS.match(text, tokens[index].end())):
            return index
        if word not in _LINKS:
            return None
    return None


def _joined(text: str, before: re.Match[str], after: re.Match[str]) -> bool:
    gap = text[before.end() : after.start()]
    if gap == " ":
        return True
    if not _GAP.fullmatch(gap):
        return False
    return "." not in gap or len(before.group()) == 1 or fold(before.group()) in _DOTTED


def _is_capital(word: str) -> bool:
    """A capital first, or one inside after lower case (iPhone): no digits first, no shouting of a single letter."""
    return word[0].isupper() or (len(word) > 2 and word[0].islower() and word[1].isupper())
