"""Which sentences of the recalled passages best support an answer: quotes, chosen by rules.

Decides by the share of the question's weighted terms that a sentence covers (rare terms of the retrieved sentences
count more), by its passage's title (a sentence that says "he" speaks of the title), by whether it holds something of
the kind asked for, and by bridges: a sentence of one passage that names the title of another. Pure; it never rewords,
and gives nothing when nothing covers enough.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stemma.graphs.models.question import Kind, Question
from stemma.graphs.models.spans import fits
from stemma.memory.text import content_terms, normalise, sentences, words

TITLE = 0.6
"""What a term counts that stands in the title only."""
NEAR = 0.5
"""The extra weight of terms beside the question word."""
FITS = 0.35
"""The bonus, as a share of the question's weight, of a sentence that holds the kind of thing asked for."""
LINK = 0.25
"""The bonus of a pair of sentences of which one names the other's title."""
ADDED = 0.05
"""What the lesser sentence of a pair must add for the link to count."""
FRAGMENT = 0.5
"""What the words of a piece without a full stop count: a heading or a table's row is quoted only for want of better."""
RANK = 0.1
"""The bonus of the first passage; the n-th has 1/n of it."""
FLOOR = 0.2
"""The least share of the question's weight that the quotes must cover together."""
_SEARCHED = 40


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A numbered passage as a model sees it: n counts from 1 and is what a citation names."""

    n: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """Characters [start, end) of excerpt n, verbatim. `score` is comparable within one selection only."""

    n: int
    text: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    excerpt: Excerpt
    text: str
    start: int
    end: int
    cover: Mapping[str, float]
    """Question term -> share of the question's weight that this sentence brings."""
    base: float
    folded: str
    title: str
    """Normalised."""


def select(question: Question, excerpts: Sequence[Excerpt], limit: int = 3) -> list[Quote]:
    """The quotes that support an answer, the best first; empty when they cover too little.

    Two sentences are chosen together (a bridge over two passages), further ones only for what they add. For a choice
    or a comparison each thing named gets the sentence that says most about it.
    """
    candidates = _candidates(question, excerpts)
    if not candidates:
        return []
    if question.kind in (Kind.YES_NO, Kind.CHOICE):
        chosen = _one_each(question, candidates) or _pair(candidates)
    else:
        chosen = _pair(candidates)
    covered = sum(_union(chosen).values())
    if covered < FLOOR:
        return []
    return [_quote(candidate) for candidate in chosen[:limit]]


def term_weights(question: Question, cut: Sequence[frozenset[str]]) -> dict[str, float]:
    """Each term's share of the question's weight (summing to 1): heavier when few of the sentences have it."""
    frequency = Counter(term for terms in cut for term in terms)
    raw = {
        term: weight * (1 + NEAR * (term in question.near)) * math.log(1 + (len(cut) + 1) / (frequency[term] + 1))
        for term, weight in question.weights.items()
    }
    total = sum(raw.values()) or 1.0
    return {term: weight / total for term, weight in raw.items()}


def _candidates(question: Question, excerpts: Sequence[Excerpt]) -> list[_Candidate]:
    cut = [(excerpt, sentence) for excerpt in excerpts for sentence in sentences(excerpt.text)]
    terms = [frozenset(content_terms(sentence.text)) for _, sentence in cut]
    weights = term_weights(question, terms)
    titles = {e.n: (frozenset(content_terms(e.title)), normalise(e.title)) for e in excerpts}
    found = []
    for (excerpt, sentence), own in zip(cut, terms, strict=True):
        title, _ = titles[excerpt.n]
        if own <= title:
            continue  # a heading
        cover = {term: weight for term, weight in weights.items() if term in own}
        cover |= {term: TITLE * weight for term, weight in weights.items() if term in title and term not in own}
        if sentence.text[-1].isalnum():
            cover = {term: FRAGMENT * weight for term, weight in cover.items()}
        bonus = RANK / excerpt.n + FITS * fits(question, sentence.text)
        folded = f" {' '.join(words(sentence.text))} "
        base = sum(cover.values()) + bonus
        place = sentence.text, sentence.start, sentence.end
        found.append(_Candidate(excerpt, *place, cover, base, folded, titles[excerpt.n][1]))
    return sorted(found, key=lambda candidate: -candidate.base)


def _pair(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The best one or two sentences together: what they cover, their bonuses, and the link between them."""
    best, best_score = [candidates[0]], candidates[0].base
    for i, first in enumerate(candidates[:_SEARCHED]):
        for second in candidates[i + 1 : _SEARCHED]:
            both = sum(_union((first, second)).values())
            alone = sum(first.cover.values()), sum(second.cover.values())
            added = both - max(alone)
            bonus = max(first.base - alone[0], second.base - alone[1])
            score = both + bonus + (LINK if added > ADDED and _linked(first, second) else 0.0)
            if score > best_score + 1e-9:
                best, best_score = [first, second], score
    return best


def _one_each(question: Question, candidates: Sequence[_Candidate]) -> list[_Candidate]:
    things = question.options or question.names
    chosen: list[_Candidate] = []
    for thing in things:
        name = normalise(thing)
        about = [c for c in candidates if name in c.title]
        if about and about[0] not in chosen:
            chosen.append(about[0])
    return chosen if len(chosen) > 1 else []


def _linked(first: _Candidate, second: _Candidate) -> bool:
    return first.excerpt.n != second.excerpt.n and (_names(first, second) or _names(second, first))


def _names(one: _Candidate, other: _Candidate) -> bool:
    return bool(other.title) and f" {other.title} " in one.folded


def _union(chosen: Sequence[_Candidate]) -> dict[str, float]:
    union: dict[str, float] = {}
    for candidate in chosen:
        for term, weight in candidate.cover.items():
            union[term] = max(weight, union.get(term, 0.0))
    return union


def _quote(candidate: _Candidate) -> Quote:
    return Quote(candidate.excerpt.n, candidate.text, candidate.start, candidate.end, candidate.base)
