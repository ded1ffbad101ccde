"""Answer metrics for one question: pure functions of texts and ids, all in [0, 1].

Exact match and token F1 are those of SQuAD (Rajpurkar et al., SQuAD: 100,000+ Questions for Machine Comprehension of
Text, EMNLP 2016, section 6.1, and its official evaluation script): both sides lose case, punctuation, the articles a,
an, the, and extra white space; the best of several right answers counts. Citation marks like [2] are taken off before.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

_MARK = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")
_ARTICLE = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)


def without_marks(text: str) -> str:
    """The answer as prose: without its citation marks."""
    return _MARK.sub("", text).strip()


def normalise(text: str) -> str:
    """Lower case, no ASCII punctuation, no articles, single spaces: in the order of the SQuAD script."""
    bare = "".join(character for character in text.lower() if character not in _PUNCTUATION)
    return " ".join(_ARTICLE.sub(" ", bare).split())


def exact_match(prediction: str, answers: Collection[str]) -> float:
    """1 when the normalised prediction equals a normalised right answer."""
    _need(answers)
    said = normalise(without_marks(prediction))
    return float(any(said == normalise(answer) for answer in answers))


def token_f1(prediction: str, answers: Collection[str]) -> float:
    """Harmonic mean of precision and recall over the bags of normalised tokens; the best right answer counts."""
    _need(answers)
    said = normalise(without_marks(prediction)).split()
    return max(_f1(said, normalise(answer).split()) for answer in answers)


def citation_precision(cited: Sequence[str], gold: Collection[str]) -> float:
    """Share of the citations whose document is gold; 0 for an answer that cites nothing."""
    if not gold:
        raise ValueError("citation precision needs at least one gold document")
    return sum(document in gold for document in cited) / len(cited) if cited else 0.0


def citation_recall(cited: Sequence[str], gold: Collection[str]) -> float:
    """Share of the gold documents that are cited."""
    if not gold:
        raise ValueError("citation recall needs at least one gold document")
    return len(frozenset(cited) & frozenset(gold)) / len(frozenset(gold))


@dataclass(frozen=True, slots=True)
class Quotation:
    """A citation's claim about a text: `quote` is its characters [start, end)."""

    quote: str
    start: int
    end: int


def is_verbatim(quotation: Quotation, text: str) -> bool:
    """The quote is not empty and stands in the text character for character where the citation says."""
    if not quotation.quote.strip() or quotation.start < 0:
        return False
    return text[quotation.start : quotation.end] == quotation.quote


def _need(answers: Collection[str]) -> None:
    if not answers:
        raise ValueError("an answer metric needs at least one right answer")


def _f1(said: Sequence[str], right: Sequence[str]) -> float:
    if not said or not right:
        return float(said == right)
    shared = sum((Counter(said) & Counter(right)).values())
    return 2 * shared / (len(said) + len(right))
