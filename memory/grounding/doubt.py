"""How doubtful an answer is: one number from what its sentences say that the evidence does not, made a probability.

Decides the weights of the findings of `comparison.py`, how sentences add up to an answer, and the calibration that
ships. It is a word count without a model: better than a guess by far, worse than a trained detector, and blind to a
falsehood that is made of the evidence's own words.

Source of the idea: words that stand in neither context nor question mark unsupported statements on RAGTruth-QA (Niu et
al. 2024, "RAGTruth: A Hallucination Corpus"). The calibration was fitted with `stemma eval groundedness --fit` on 367
human-labelled answers of that set's question-answering part (a half of it, split by source).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from stemma.memory.grounding.comparison import Comparison, compare
from stemma.memory.text import sentences, term_set

_MISS = 2.0
"""What a number, date, name or negation that the evidence does not bear out weighs, in novel content words."""
_GENERAL = 0.5
"""What a word weighs that any answer may use to put things in order."""
_WORST = 2
"""An answer is as doubtful as its so many most doubtful sentences: a long answer is not a doubtful one."""
_GENERAL_WORDS = """bility able achieve action add additional affect allow alternative amount appear approach
    appropriate area aspect available average basic become begin beneficial benefit best brief briefly care case
    cause certain change clear commonly compare complete concept condition consider consist consult contribute
    create crucial decision depend describe desire detail determine develop difference different difficult
    directly discuss due easily effect effective engage ensure essential example expect experience explain
    factor feature final find first follow form general give good great guide help high highlight importance
    important improve increase indicate instance involve issue keep key know known large lead level like likely
    limit list long low main maintain make manage matter mean method need necessary number occur offer
    opportunity overall part particular perform person place point possible potential prepare present prevent
    probably process proper provide purpose quality range reason recommend reduce refer relate remain require
    result role second serve set several show significant similar simple specific start step strong suggest
    suitable support sure take term thing third time type typical understand unique unlikely use useful usual
    value vary way well wide work worth"""


@dataclass(frozen=True, slots=True)
class Calibration:
    """P(the answer holds something unsupported) = 1 / (1 + exp(-(slope * ln(1 + doubt) + intercept)))."""

    slope: float
    intercept: float
    threshold: float
    """Answers of at least this probability are called ungrounded."""

    def probability(self, doubt: float) -> float:
        """In [0, 1]; `doubt` >= 0."""
        return 1.0 / (1.0 + math.exp(-(self.slope * math.log1p(doubt) + self.intercept)))


ANSWER = Calibration(slope=2.500, intercept=-6.106, threshold=0.272)
SENTENCE = Calibration(slope=2.155, intercept=-4.922, threshold=0.274)


@dataclass(frozen=True, slots=True)
class DoubtfulSentence:
    """One sentence of an answer: characters [start, end) of it."""

    start: int
    end: int
    doubt: float
    probability: float
    """Of being unsupported (`SENTENCE`)."""
    found: Comparison


@dataclass(frozen=True, slots=True)
class Doubt:
    """The verdict on an answer."""

    doubt: float
    probability: float
    """Of holding something unsupported (`ANSWER`)."""
    sentences: tuple[DoubtfulSentence, ...]

    @property
    def grounded(self) -> bool:
        return self.probability < ANSWER.threshold


def judge(answer: str, evidence: Sequence[str], *, question: str = "") -> Doubt:
    """Judge an answer against all its evidence together. An answer without a sentence is not doubtful."""
    judged = []
    for sentence in sentences(answer):
        found = compare(sentence.text, evidence, question=question)
        weight = sentence_doubt(found)
        judged.append(DoubtfulSentence(sentence.start, sentence.end, weight, SENTENCE.probability(weight), found))
    total = answer_doubt([sentence.doubt for sentence in judged])
    return Doubt(total, ANSWER.probability(total), tuple(judged))


def sentence_doubt(found: Comparison) -> float:
    """The weight of what one sentence says that its evidence does not; 0 for what stands there as it is."""
    if found.verbatim:
        return 0.0
    general = term_set(_GENERAL_WORDS)
    words = sum(_GENERAL if word in general else 1.0 for word in found.strange)
    return words + _MISS * (len(found.quantities) + len(found.names) + found.negation)


def answer_doubt(doubts: Sequence[float]) -> float:
    """The sum of an answer's two most doubtful sentences."""
    return sum(sorted(doubts)[-_WORST:])
