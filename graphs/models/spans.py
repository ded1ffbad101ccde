"""The shortest piece of a quoted sentence that could answer: a name, a date, a number, a noun phrase.

Decides by the kind of answer asked for, by where the question's own words stand in the sentence, and by what the
question already says. Pure; the piece is always verbatim, and there is none when nothing fits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stemma.graphs.models.question import Kind, Question
from stemma.memory.names import names
from stemma.memory.text import content_terms

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(
    rf"\b(?:\d{{1,2}}\s+(?:{_MONTHS})(?:,?\s+\d{{4}})?"
    rf"|(?:{_MONTHS})\s+\d{{1,2}}(?:,?\s+\d{{4}})?|(?:{_MONTHS})\s+\d{{4}}"
    r"|(?:(?:early|mid|late)[- ]?)?(?:\d{1,2}(?:st|nd|rd|th)|[a-z]+eenth|twentieth|twenty-first)[- ]century"
    r"|\d{4}s|1\d{3}|20\d{2})\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:1\d{3}|20\d{2})\b")
_NUMBER_WORD = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|once|twice|dozen|hundred|thousand|million|billion"
)
_NUMBER = re.compile(
    rf"\b(?:\d[\d,.]*\d|\d|{_NUMBER_WORD})(?:\s+(?:hundred|thousand|million|billion|percent|per cent))*\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“«]([^\"”»]{2,60})[\"”»]")
_COPULA = re.compile(
    r"\b(?:is|was|are|were|be|as)\s+((?:an?|the)\s+)?((?:[\w\-']+\s*){1,6}?)"
    r"(?=[,.;:()]|\s+(?:who|which|that|of|in|for|from|and|by|at|on|with)\b|$)"
)
_IN = re.compile(r"\b(?:in|at|near|from|of|to)\s+(?:the\s+)?$")

FOCUS = 0.5
"""The bonus of a piece that holds, or stands beside, the noun asked for."""
SHAPE = 0.3
"""The bonus of a piece that looks like its kind: a place after "in", a person of two to four words."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a sentence."""

    text: str
    start: int
    end: int
    score: float


def fits(question: Question, sentence: str) -> bool:
    """Whether the sentence holds something new of the kind that the question asks for."""
    if question.kind in (Kind.YES_NO, Kind.CHOICE):
        return False
    return bool(_new(question, sentence, _of_kind(question.kind, sentence)))


def spans(question: Question, sentence: str) -> list[Span]:
    """Every piece of the sentence that could answer, the best first."""
    found = _new(question, sentence, _of_kind(question.kind, sentence))
    if not found and question.kind is not Kind.THING:
        found = _new(question, sentence, _of_kind(Kind.THING, sentence))
    scored = [Span(sentence[a:b], a, b, _score(question, sentence, a, b)) for a, b in found]
    return sorted(scored, key=lambda span: (-span.score, span.start))


def _of_kind(kind: Kind, sentence: str) -> list[tuple[int, int]]:
    if kind is Kind.TIME:
        return [match.span() for match in _DATE.finditer(sentence)]
    if kind is Kind.NUMBER:
        dates = [match.span() for match in _DATE.finditer(sentence) if not _YEAR.fullmatch(match.group())]
        return [
            match.span() for match in _NUMBER.finditer(sentence) if not any(a <= match.start() < b for a, b in dates)
        ]
    named = [(name.start, name.end) for name in names(sentence)]
    if kind in (Kind.PERSON, Kind.PLACE):
        return named
    quoted = [match.span(1) for match in _QUOTED.finditer(sentence)]
    copula = [match.span(2) for match in _COPULA.finditer(sentence) if match.group(2).strip()]
    return named + quoted + copula


def _new(question: Question, sentence: str, found: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those pieces that say something the question does not."""
    return [
        (start, end)
        for start, end in dict.fromkeys(found)
        if any(term not in question.weights for term in content_terms(sentence[start:end]))
    ]


def _score(question: Question, sentence: str, start: int, end: int) -> float:
    terms = content_terms(sentence[start:end])
    old = sum(term in question.weights and term not in question.focus for term in terms) / len(terms)
    return _near(question, sentence, start, end) - old + _shape(question, sentence, start, end)


def _near(question: Question, sentence: str, start: int, end: int) -> float:
    """How close the question's words stand: 1 for a neighbour, falling with the number of words between."""
    before = content_terms(sentence[:start])[::-1]
    after = content_terms(sentence[end:])
    best = 0.0
    for side in (before, after):
        for distance, term in enumerate(side[:8]):
            if term in question.weights:
                best = max(best, (1.0 if term in question.near else 0.6) / (1 + distance))
    return best


def _shape(question: Question, sentence: str, start: int, end: int) -> float:
    piece = sentence[start:end]
    terms = set(content_terms(piece))
    around = content_terms(sentence[:start])[-1:] + content_terms(sentence[end:])[:1]
    score = FOCUS * bool(terms & set(question.focus)) + FOCUS * bool(set(around) & set(question.focus))
    if question.kind is Kind.PLACE:
        score += SHAPE * bool(_IN.search(sentence[:start]))
    if question.kind is Kind.PERSON:
        score += SHAPE * (2 <= len(piece.split()) <= 4)
    if question.kind is Kind.TIME:
        full = not _YEAR.fullmatch(piece)
        score += SHAPE * (full != ("year" in question.focus))
    return score
