"""Is a sentence supported by its evidence? One verdict for the write gate, the verify step and the evals.

Decides how the findings of `comparison.py` become a score and a yes or no, without a model. It does not understand: a
false statement made of the evidence's own words, numbers and names passes; a true one in other words may not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stemma.memory.grounding.comparison import Comparison, compare

THRESHOLD = 0.5
"""The lowest score that counts as supported."""
_MISS = 0.25
"""What one number, name or negation that the evidence does not bear out leaves of the score: never enough."""


@dataclass(frozen=True, slots=True)
class Grounding:
    """The verdict on one sentence."""

    supported: bool
    score: float
    """In [0, 1]; 1 when everything in the sentence is found."""
    reasons: tuple[str, ...]
    """What is not found, one short statement each, for a person; empty when everything is."""
    unsupported: int = 0
    """Content words not found, and three for each miss. Its sum over an answer's sentences says how doubtful it is."""


def check(sentence: str, evidence: Sequence[str], *, question: str = "") -> Grounding:
    """Check one sentence against all its evidence together; words of the question count as known.

    score = c * 0.25 ** m. c: the share of the sentence's different content words (stemmed; neither stop words nor
    words that only speak about sources) that stand in the evidence or the question. m, the misses: numbers, dates and
    names found in neither, and one for a negation that the most similar evidence sentences do not share. Supported: a
    score of at least `THRESHOLD`, that is, half of the words and no miss. What stands there as it is scores 1.

    Source: the word count is our own untrained baseline, tried on RAGTruth-QA (Niu et al. 2024); comparing names slot
    by slot follows Nan et al. 2021, "Entity-level Factual Consistency of Abstractive Text Summarization".
    """
    found = compare(sentence, evidence, question=question)
    if found.verbatim:
        return Grounding(True, 1.0, ())
    misses = len(found.quantities) + len(found.names) + found.negation
    score = found.coverage * _MISS**misses
    return Grounding(score >= THRESHOLD, score, _reasons(found), len(found.novel) + 3 * misses)


def _reasons(found: Comparison) -> tuple[str, ...]:
    reasons = [f"the number or date {text} is not in the evidence" for text in found.quantities]
    reasons.extend(f"the name {text} is not in the evidence" for text in found.names)
    if found.negation:
        reasons.append("the evidence says it with the opposite negation")
    if found.novel:
        share = f"{len(found.novel)} of {found.terms} content words"
        reasons.append(f"{share} are not in the evidence: {', '.join(found.novel[:8])}")
    return tuple(reasons)
