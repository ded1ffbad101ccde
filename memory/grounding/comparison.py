"""What a sentence says that its evidence does not, slot by slot: words, quantities, names, negation.

Decides how a sentence and its evidence are compared. It gives no verdict: that is `check.py`; a trained detector may
weigh the same findings otherwise. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from stemma.memory.names import Name, names
from stemma.memory.quantities import Quantity, missing, quantities
from stemma.memory.text import content_terms, sentences, term_set, words

_CITATION = re.compile(r"\s?\[\d{1,3}\]")
_NEGATION = re.compile(
    r"\b(?:not|never|none|nobody|nothing|neither|nor|cannot|without|unable|no(?!\.? ?\d))\b|n['’]t\b", re.IGNORECASE
)
_REPORTING = """passage context document source evidence text question answer information provided given based according
        mention state note refer specify specific explicit include indicate following additional various therefore
        overall conclusion summary unable"""
"""Words with which an answer speaks about its sources instead of about the world: they need no evidence."""
_AKIN = 5
"""Words that share so many first letters are taken for forms of one: "maintenance" and "maintain"."""
_NEAR = 0.6
"""Share of a sentence's content words that an evidence sentence must hold before their negations are compared."""
_CLOSE = 0.1
"""Evidence sentences this close to the best one have a say too."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The findings on one sentence."""

    verbatim: bool
    """The sentence stands in the evidence as it is, case, white space and citation marks aside."""
    terms: int
    """How many different content words the sentence has."""
    novel: tuple[str, ...]
    """Those of them that stand neither in the evidence nor in the question, stemmed."""
    strange: tuple[str, ...]
    """Those of the novel ones that no word there is akin to: none begins with the same five letters."""
    quantities: tuple[str, ...]
    """Numbers and dates that neither bears out, as written in the sentence."""
    names: tuple[str, ...]
    """Names that neither holds, as written in the sentence."""
    negation: bool
    """The evidence sentences most like it are all negated and it is not, or the other way round."""

    @property
    def coverage(self) -> float:
        """The share of content words found, in [0, 1]; 1 for a sentence without content words."""
        return 1.0 - len(self.novel) / self.terms if self.terms else 1.0


@dataclass(frozen=True, slots=True)
class _Evidence:
    terms: frozenset[str]
    beginnings: frozenset[str]
    words: frozenset[str]
    quantities: tuple[Quantity, ...]
    plain: frozenset[str]
    sentences: tuple[tuple[frozenset[str], bool], ...]
    """Of each evidence sentence the content words and whether it is negated."""


def compare(sentence: str, evidence: Sequence[str], *, question: str = "") -> Comparison:
    """Compare a sentence with all the evidence together. What the question says counts as known, so that an answer
    may repeat it; negation is compared with the evidence alone.
    """
    known = _read(tuple(evidence), question)
    sentence = _CITATION.sub("", sentence)
    terms = frozenset(content_terms(sentence))
    stated = terms - term_set(_REPORTING)
    novel = tuple(sorted(stated - known.terms))
    return Comparison(
        verbatim=all(_plain(part.text) in known.plain for part in sentences(sentence)),
        terms=len(stated),
        novel=novel,
        strange=tuple(word for word in novel if len(word) < _AKIN or word[:_AKIN] not in known.beginnings),
        quantities=tuple(sentence[q.start : q.end] for q in missing(quantities(sentence), known.quantities)),
        names=tuple(name.text for name in names(sentence) if not _holds(known, name)),
        negation=_negation_differs(terms, sentence, known),
    )


@lru_cache(maxsize=128)
def _read(evidence: tuple[str, ...], question: str) -> _Evidence:
    cut = [sentence.text for text in evidence for sentence in sentences(text)]
    everything = [*evidence, question]
    terms = frozenset(term for text in everything for term in content_terms(text))
    return _Evidence(
        terms=terms,
        beginnings=frozenset(term[:_AKIN] for term in terms if len(term) >= _AKIN),
        words=frozenset(word for text in everything for word in words(text)),
        quantities=tuple(quantity for text in everything for quantity in quantities(text)),
        plain=frozenset(_plain(text) for text in cut),
        sentences=tuple((frozenset(content_terms(text)), _is_negated(text)) for text in cut),
    )


def _plain(text: str) -> str:
    return " ".join(_CITATION.sub("", text).casefold().split()).rstrip(".!?…")


def _holds(known: _Evidence, name: Name) -> bool:
    """A name that opens a sentence may be an ordinary word: alone it is left to the content words."""
    if name.initial and " " not in name.text:
        return True
    return known.words.issuperset(words(name.text))


def _is_negated(text: str) -> bool:
    return bool(_NEGATION.search(text))


def _negation_differs(terms: frozenset[str], sentence: str, known: _Evidence) -> bool:
    if not terms:
        return False
    shares = [(len(terms & other) / len(terms), negated) for other, negated in known.sentences]
    best = max((share for share, _ in shares), default=0.0)
    if best < _NEAR:
        return False
    negated = _is_negated(sentence)
    return all(other != negated for share, other in shares if share >= best - _CLOSE)
