"""The short answer that goes with the quotes: a piece of one of them, or a yes, a no, or one of the two things named.

Decides by rules that only compare what the quotes say; it refuses to answer (empty) where no rule decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from stemma.graphs.models.question import Kind, Question
from stemma.graphs.models.selection import Excerpt, Quote
from stemma.graphs.models.spans import spans
from stemma.memory.names import names
from stemma.memory.text import content_terms, normalise, term_set

ABOUT = 1.0
"""What it counts that a quote holds all the words beside the question word."""
MOST = 0.75
"""The share of the asked words that each quote must have for a yes."""

_SAME = re.compile(r"\bsame\b", re.IGNORECASE)
_DEMONYM = re.compile(r"^\w+(?:an|ish|ese|ch)$")
_YEARS = re.compile(r"\b(1\d{3}|20\d{2})\b")
_EARLIER = "first earlier older oldest earliest longest"
_LATER = "later younger youngest latest newer recently last"


def short_answer(question: Question, quotes: Sequence[Quote], excerpts: Sequence[Excerpt]) -> str:
    """The shortest text that could answer; empty when there is none."""
    if not quotes:
        return ""
    if question.kind is Kind.YES_NO:
        return _yes_no(question, quotes)
    if question.kind is Kind.CHOICE:
        return _choice(question, quotes, excerpts)
    near = question.near or frozenset(question.weights)
    titles = {excerpt.n: excerpt.title for excerpt in excerpts}
    best = ("", float("-inf"))
    for quote in quotes:
        terms = set(content_terms(f"{titles.get(quote.n, '')} {quote.text}"))
        told = len(near & terms) / len(near) if near else 0.0
        for span in spans(question, quote.text)[:1]:
            if span.score + ABOUT * told > best[1]:
                best = (span.text, span.score + ABOUT * told)
    return best[0]


def _yes_no(question: Question, quotes: Sequence[Quote]) -> str:
    """Yes when every quote says what is asked of its thing; for "the same …", when they share a name of it."""
    if len(quotes) < 2:
        return ""
    if _SAME.search(question.text):
        shared = set.intersection(*(_new_names(question, quote.text) for quote in quotes))
        return "yes" if shared else "no"
    things = {term for name in question.names if not _DEMONYM.search(name) for term in content_terms(name)}
    asked = {term for term in question.weights if term not in things}
    return "yes" if all(_says(asked, quote.text) for quote in quotes) else "no"


def _says(asked: set[str], text: str) -> bool:
    return len(asked & set(content_terms(text))) >= MOST * len(asked)


def _new_names(question: Question, text: str) -> set[str]:
    """Names that the question does not have, without the last one of a place ("…, New York, United States.")."""
    return {
        normalise(name.text)
        for name in names(text)
        if not (text[: name.start].endswith(", ") and text[name.end : name.end + 1] in (".", ")", ""))
        and not set(content_terms(name.text)) & question.weights.keys()
    }


def _choice(question: Question, quotes: Sequence[Quote], excerpts: Sequence[Excerpt]) -> str:
    titles = {excerpt.n: excerpt.title for excerpt in excerpts}
    by_option = {}
    for option in question.options:
        name = normalise(option)
        by_option[option] = next(
            (q.text for q in quotes if name in normalise(titles[q.n]) or name in normalise(q.text)), ""
        )
    years = {o: min((int(y) for y in _YEARS.findall(t)), default=0) for o, t in by_option.items()}
    asked = set(question.weights)
    if all(years.values()) and asked & (term_set(_EARLIER) | term_set(_LATER)):
        pick = max if asked & term_set(_LATER) else min
        return pick(years, key=lambda option: years[option])
    shared = {o: len(asked & set(content_terms(t)) - set(content_terms(o))) for o, t in by_option.items()}
    return max(shared, key=lambda option: shared[option])
