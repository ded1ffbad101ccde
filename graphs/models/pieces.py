"""The pieces of a sentence that could be an answer of some kind: names, places, dates, numbers, noun phrases.

Decides only what is there, by patterns; which piece answers is decided in `spans.py`. Pure.
"""

from __future__ import annotations

import re

from stemma.graphs.models.question import Kind
from stemma.memory.names import names

Range = tuple[int, int]
"""Characters [start, end) of a sentence."""

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(
    rf"\b(?:\d{{1,2}}\s+(?:{_MONTHS})(?:,?\s+\d{{4}})?"
    rf"|(?:{_MONTHS})\s+\d{{1,2}}(?:,?\s+\d{{4}})?|(?:{_MONTHS})\s+\d{{4}}"
    r"|(?:(?:early|mid|late)[- ]?)?(?:\d{1,2}(?:st|nd|rd|th)|[a-z]+eenth|twentieth|twenty-first)[- ]century"
    r"|\d{4}s|1\d{3}|20\d{2})\b",
    re.IGNORECASE,
)
_NUMBER_WORD = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|once|twice|dozen|hundred|thousand|million|billion"
)
_NUMBER = re.compile(
    rf"\b(?:\d[\d,.]*\d|\d|{_NUMBER_WORD})(?:\s+(?:hundred|thousand|million|billion|percent|per cent))*\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“«]([^\"”»]{2,60})[\"”»]")
_STOPS = r"(?=[,.;:()]|\s+(?:who|which|that|of|in|for|from|and|by|at|on|with)\b|$)"
_COPULA = re.compile(r"\b(?:is|was|are|were|be|as)\s+(?:(?:an?|the)\s+)?((?:[\w\-']+\s*){1,6}?)" + _STOPS)
_DEFINITION = re.compile(r"\b(?:is|was|are|were)\s+(?:an?|the|one of(?: the)?)\s+([^.;]{3,120})")
_PHRASE = re.compile(r"\s*(?:(?:an?|the|his|her|its|their)\s+)?((?:[\w$€£%.,\-']+\s*){1,4}?)" + _STOPS)
_UNIT = re.compile(r"[ -][a-z]{2,}\b(?<! and)(?<! or)(?<! to)(?<! of)(?<! in)(?<! for)")
_REASON = re.compile(r"\b(?:because(?: of)?|due to|owing to|since|in order to)\s+([^.;]+)", re.IGNORECASE)
_FURTHEST = 170
"""Characters between a subject and its "is a", which a sentence may fill with dates and other names."""


def pieces(kind: Kind, sentence: str) -> list[Range]:
    """Every piece of this kind; for a thing, whatever could be one."""
    if kind is Kind.TIME:
        return [match.span() for match in _DATE.finditer(sentence)]
    if kind is Kind.NUMBER:
        dates = [match.span() for match in _DATE.finditer(sentence)]
        numbers = [match.span() for match in _NUMBER.finditer(sentence)]
        return [span for span in numbers if not any(start <= span[0] < end for start, end in dates)]
    if kind is Kind.REASON:
        return [match.span(1) for match in _REASON.finditer(sentence)]
    named = [(name.start, name.end) for name in names(sentence)]
    if kind in (Kind.PERSON, Kind.PLACE):
        return named
    quoted = [match.span(1) for match in _QUOTED.finditer(sentence)]
    return named + quoted + [match.span(1) for match in _COPULA.finditer(sentence) if match.group(1).strip()]


def definition(sentence: str) -> tuple[Range, str] | None:
    """What a sentence defines, and as what: "Oslo (…) is the capital of Norway" -> Oslo, "capital of Norway"."""
    found = names(sentence)[:1]
    if not found or found[0].start > len("The “"):
        return None
    match = _DEFINITION.search(sentence, found[0].end, found[0].end + _FURTHEST + 120)
    if not match or match.start() - found[0].end > _FURTHEST:
        return None
    return (found[0].start, found[0].end), match.group(1)


def phrase_after(sentence: str, position: int) -> Range | None:
    """The noun phrase that begins at a position, without its article."""
    match = _PHRASE.match(sentence, position)
    return match.span(1) if match and match.group(1).strip() else None


def with_unit(sentence: str, start: int, end: int) -> Range:
    """A number together with the word that it counts: "14 hours"."""
    unit = _UNIT.match(sentence, end)
    return (start, unit.end()) if unit else (start, end)


def is_adjective(sentence: str, start: int, end: int) -> bool:
    """Whether a capitalised word only says of what nation: "American" in "an American author"."""
    word = sentence[start:end]
    ending = word.endswith(("an", "ish", "ese", "ch", "ian", "gian"))
    return " " not in word and ending and bool(re.match(r"\s+[a-z]|\s*[,)]?\s+and\s", sentence[end:]))
