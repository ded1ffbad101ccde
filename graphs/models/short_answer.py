"""The short answer that goes with the quotes: a piece of one of them, or a yes, a no, or one of the two things named.

Decides by rules that only compare what the quotes say; it refuses to answer (empty) where no rule decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from stemma.graphs.models.question import Kind, Question
from stemma.graphs.models.selection import Excerpt, Quote
from stemma.graphs.models.spans import spans
from stemma.memory.text import content_terms, normalise

_YEARS = re.compile(r"\b(1\d{3}|20\d{2})\b")
_EARLIER = frozenset(content_terms("first earlier older oldest earliest longest"))
_LATER = frozenset(content_terms("later younger youngest latest newer recently last"))


def short_answer(question: Question, quotes: Sequence[Quote], excerpts: Sequence[Excerpt]) -> str:
    """The shortest text that could answer; empty when there is none."""
    if not quotes:
        return ""
    if question.kind is Kind.YES_NO:
        return _yes_no(question, quotes)
    if question.kind is Kind.CHOICE:
        return _choice(question, quotes, excerpts)
    best = ("", float("-inf"))
    for quote in quotes:
        for span in spans(question, quote.text)[:1]:
            score = span.score + quote.score
            if score > best[1]:
                best = (span.text, score)
    return best[0]


def _yes_no(question: Question, quotes: Sequence[Quote]) -> str:
    named = {term for name in question.names[:-1] or question.names for term in content_terms(name)}
    asked = {term for term in question.weights if term not in named}
    return "yes" if all(_says(asked, quote.text) for quote in quotes) and len(quotes) > 1 else "no"


def _says(asked: set[str], text: str) -> bool:
    return len(asked & set(content_terms(text))) * 2 >= len(asked)


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
    if all(years.values()) and asked & (_EARLIER | _LATER):
        pick = max if asked & _LATER else min
        return pick(years, key=lambda option: years[option])
    shared = {o: len(asked & set(content_terms(t)) - set(content_terms(o))) for o, t in by_option.items()}
    return max(shared, key=lambda option: shared[option])
