"""Names in running text: spans of capitalised words, with exact offsets.

Decides, by rule, what looks like a proper name. It does not say what kind of thing a name means, nor whether two names
mean the same thing beyond their spelling (`text.normalise`). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from stemma.memory.text import STOP_WORDS, Sentence, fold, sentences

_LETTERS = r"(?P<word>[^\W_]++(?:['’&\-][^\W_]++)*+)"
_WORD = re.compile(_LETTERS)
_SMALL = r"[a-z]{2}[^\W_]*+(?:['’&\-][^\W_]++)*+"
_LARGE = re.compile(rf"[\W_]*+(?:{_SMALL}[\W_]*+)*+{_LETTERS}")
"""The next word that may be capitalised: those that begin with two small letters are passed over, all at once."""
_FOLLOWING = re.compile(rf"([ \t]+|\n| ?\. ?){_LETTERS}")
_POSSESSIVE = re.compile(r"['’]s", re.IGNORECASE)
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


class Name(NamedTuple):
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
    for sentence in sentences(text):
        if not sentence.text.isupper() or len(_WORD.findall(sentence.text)) <= 3:
            found.extend(_spans(text, sentence))
    return found


def _spans(text: str, sentence: Sentence) -> Iterator[Name]:
    opening = _WORD.search(text, sentence.start, sentence.end)
    reached = sentence.start
    while large := _LARGE.match(text, reached, sentence.end):
        reached = large.end()
        if not _is_capital(large["word"]):
            continue
        reached = _run_end(text, large, sentence.end)
        first = _leading(text, large, reached)
        if first is not None and reached - first > 1:
            end = reached - (2 if _POSSESSIVE.fullmatch(text, reached - 2, reached) else 0)
            yield Name(text[first:end], first, end, initial=opening is not None and first == opening.start())


def _leading(text: str, capital: re.Match[str], end: int) -> int | None:
    """Where the first word begins, of a run from this one on, that a name may begin with."""
    word: re.Match[str] | None = capital
    while word and not _may_lead(word["word"]):
        word = _WORD.search(text, word.end(), end)
    return word.start("word") if word else None


def _may_lead(word: str) -> bool:
    return not word[0].isdigit() and fold(word) not in _NEVER_ALONE


def _run_end(text: str, capital: re.Match[str], stop: int) -> int:
    """Where the run of capitalised words ends that begins with this one."""
    last, length = capital, 1
    while length < _LONGEST and (following := _next_capital(text, last, stop)):
        last, words = following
        length += words
    return last.end()


def _next_capital(text: str, before: re.Match[str], stop: int) -> tuple[re.Match[str], int] | None:
    """The next word of a run and how many words it goes on by: up to two small ones may link it."""
    for length in (1, 2, 3):
        following = _FOLLOWING.match(text, before.end(), stop)
        if following is None:
            return None
        gap, word = following.groups()
        if "." in gap and not _is_abbreviation(before["word"]):
            return None
        if _is_capital(word) or (length == 1 and _is_number(text, following)):
            return following, length
        if word not in _LINKS:
            return None
        before = following
    return None


def _is_number(text: str, word: re.Match[str]) -> bool:
    """Whether a word is a number that counts nothing."""
    return word["word"][0].isdigit() and not _COUNTS.match(text, word.end())


def _is_abbreviation(word: str) -> bool:
    return len(word) == 1 or fold(word) in _DOTTED


def _is_capital(word: str) -> bool:
    """A capital first, or one inside after lower case (iPhone): no digits first, no shouting of a single letter."""
    return word[0].isupper() or (len(word) > 2 and word[0].islower() and word[1].isupper())
