"""How far the recalled passages cover a question: the rule behind `grade` where no language model judges.

The rule. Every content word of the question has a weight (2 in names and numbers, otherwise 1). A passage's score is
the share of that weight which its title and text hold. A passage is relevant from `RELEVANT` on. There is *enough* to
answer when one passage alone holds `ENOUGH_ALONE`, all relevant ones together `ENOUGH_TOGETHER`, and they hold one of
the words that say what is asked (`Question.asked`: a passage full of a firm's name says nothing of its CEO); where the
question is about one name (`Question.owner`), one passage has to hold such a word and the name: a passage about the
firm and one about somebody else's CEO say nothing of its CEO. It is *sufficient*, so that no further look-up is tried,
from `SUFFICIENT` together on.

Its origin. Measured on hybrid recall with k = 8: over the 100 HotpotQA questions of `hotpot100` asked of their own
corpus the best passage holds .42-1.00 (5% quantile .47) and all together .64-1.00 (.73); asked of 25 unrelated
supply-chain passages, the best holds at most .33 and all together at most .50. The thresholds lie between and were not
tuned further; the condition on what is asked costs 3 of those 100 questions, the one on the name none of them. Of 27
questions that `stemma eval generate` makes unanswerable over those corpora 7 were refused without it, and all with it.
Dense similarity separates as well (5%
quantile .45 against 95% quantile .27 with MiniLM), but its scale is the embedder's own, so the rule does without it.

Pure. It refuses to judge truth: covering a question is not answering it, that is what `verify` is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stemma.graphs.models.question import Question
from stemma.memory.text import content_terms

RELEVANT = 0.2
ENOUGH_ALONE = 0.35
ENOUGH_TOGETHER = 0.55
SUFFICIENT = 0.8


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares of the question's weight in [0, 1]; `missing` are the terms that no passage has, heaviest first."""

    each: tuple[float, ...]
    best: float
    union: float
    missing: tuple[str, ...]
    told: bool
    """A relevant passage holds a word of what is asked, and whom it is asked of where that is one name; or the question
    has no such word."""

    @property
    def enough(self) -> bool:
        """There is something to answer from."""
        return self.told and self.best >= ENOUGH_ALONE and self.union >= ENOUGH_TOGETHER

    @property
    def sufficient(self) -> bool:
        """Looking further is not worth it."""
        return self.enough and self.union >= SUFFICIENT


def cover(question: Question, texts: Sequence[str]) -> Coverage:
    """How far each text, and all the relevant ones together, hold the question's words."""
    weights = question.weights
    held = [set(content_terms(text)) & weights.keys() for text in texts]
    each = tuple(_share(weights, terms) for terms in held)
    together = set().union(*(terms for terms, share in zip(held, each, strict=True) if share >= RELEVANT))
    missing = sorted((term for term in weights if term not in together), key=lambda term: -weights[term])
    return Coverage(
        each, max(each, default=0.0), _share(weights, together), tuple(missing), _told(question, held, together)
    )


def _told(question: Question, held: Sequence[set[str]], together: set[str]) -> bool:
    if question.asked and question.owner:
        return any(question.asked & terms and question.owner <= terms for terms in held)
    return not question.asked or bool(question.asked & together)


def _share(weights: Mapping[str, float], terms: set[str]) -> float:
    total = sum(weights.values())
    return sum(weights[term] for term in terms) / total if total else 0.0
