"""The piece of a quoted sentence that answers most likely.

Decides by the kind of answer asked for, by where the question's own words stand in the sentence, by what the sentence
defines, and by what the question already says. Pure; the piece is always verbatim, and there is none when nothing fits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stemma.graphs.models.pieces import Range, definition, is_adjective, phrase_after, pieces, with_unit
from stemma.graphs.models.question import Kind, Question
from stemma.memory.text import content_terms, term_set

FOCUS = 0.5
"""The bonus of a piece that holds, or stands beside, the noun asked for."""
SHAPE = 0.3
"""The bonus of a piece that looks like its kind: a place after "in", a person of two to four words."""
DEFINED = 1.2
"""The bonus of the name that the sentence defines as the noun asked for."""
FOLLOWS = 1.5
"""The bonus of what follows the words that stand before the question word: "an output of what" -> "output of 6 hL"."""
UNLIKE = 1.0
"""The penalty of a piece of another kind than the one asked for."""

_YEAR = re.compile(r"\b(?:1\d{3}|20\d{2})\b")
_BEFORE_PLACE = re.compile(r"\b(?:in|at|near|from|of|to)\s+(?:the\s+)?$")
_BEFORE_AGENT = re.compile(r"\bby\s+(?:[a-z]\S*\s+){0,4}$")
_DYING = "died death dead dies"


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
    return bool(_new(question, sentence, pieces(question.kind, sentence)))


def spans(question: Question, sentence: str) -> list[Span]:
    """Every piece of the sentence that could answer, the best first."""
    scored: dict[Range, float] = {}
    for piece in _new(question, sentence, pieces(question.kind, sentence)):
        if question.kind is Kind.NUMBER and question.measures:
            piece = with_unit(sentence, *piece)
        scored[piece] = _score(question, sentence, *piece)
    if not scored:
        for piece in _new(question, sentence, pieces(Kind.THING, sentence)):
            scored[piece] = _score(question, sentence, *piece) - UNLIKE
    for piece, bonus in _pointed(question, sentence):
        if _new(question, sentence, [piece]):
            scored[piece] = max(scored.get(piece, 0.0), _score(question, sentence, *piece)) + bonus
    found = [Span(sentence[a:b].strip(), a, b, score) for (a, b), score in scored.items()]
    return sorted(found, key=lambda span: (-span.score, span.start))


def _pointed(question: Question, sentence: str) -> list[tuple[Range, float]]:
    """Pieces that the sentence's form points to."""
    found: list[tuple[Range, float]] = []
    defined = definition(sentence)
    if defined and set(content_terms(defined[1])) & set(question.focus):
        found.append((defined[0], DEFINED))
    if question.lead:
        pattern = r"\W+".join(re.escape(word) for word in question.lead)
        for match in re.finditer(rf"\b{pattern}\b", sentence, re.IGNORECASE):
            after = phrase_after(sentence, match.end())
            if after:
                found.append((after, FOLLOWS))
    return found


def _new(question: Question, sentence: str, found: Sequence[Range]) -> list[Range]:
    """Those pieces that say something the question does not."""
    return [
        (start, end)
        for start, end in dict.fromkeys(found)
        if any(term not in question.weights for term in content_terms(sentence[start:end]))
    ]


def _score(question: Question, sentence: str, start: int, end: int) -> float:
    terms = content_terms(sentence[start:end])
    old = sum(term in question.weights and term not in question.focus for term in terms) / len(terms)
    score = _near(question, sentence, start, end) - old + _shape(question, sentence, start, end)
    return score - UNLIKE * is_adjective(sentence, start, end)


def _near(question: Question, sentence: str, start: int, end: int) -> float:
    """How close the question's words stand: 1 for a neighbour, falling with the number of words between."""
    best = 0.0
    for side in (content_terms(sentence[:start])[::-1], content_terms(sentence[end:])):
        for distance, term in enumerate(side[:8]):
            if term in question.weights:
                best = max(best, (1.0 if term in question.near else 0.6) / (1 + distance))
    return best


def _shape(question: Question, sentence: str, start: int, end: int) -> float:
    piece, before = sentence[start:end], sentence[:start]
    around = content_terms(before)[-1:] + content_terms(sentence[end:])[:1]
    focus = set(question.focus)
    score = FOCUS * bool(set(content_terms(piece)) & focus) + FOCUS * bool(set(around) & focus)
    if question.kind is Kind.PLACE:
        score += SHAPE * bool(_BEFORE_PLACE.search(before))
    if question.kind is Kind.PERSON:
        score += SHAPE * (2 <= len(piece.split()) <= 4) + SHAPE * bool(_BEFORE_AGENT.search(before))
    if question.kind is Kind.TIME:
        score += SHAPE * ((_YEAR.fullmatch(piece) is None) != ("year" in question.focus))
        score += SHAPE * (before.rstrip().endswith(("–", "-")) == bool(term_set(_DYING) & question.weights.keys()))
    return score
