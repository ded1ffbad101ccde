"""Faithfulness of an answer to the texts it was given, without a model.

The definition is Ragas' (Es et al., RAGAS: Automated Evaluation of Retrieval Augmented Generation, EACL 2024, section
3): the share of the answer's statements that the context bears out. Here a statement is a sentence, and the check of
`memory/grounding` says yes or no. Pure; it knows no question: words that only the question has are not borne out.
"""

from __future__ import annotations

from collections.abc import Sequence

from stemma.memory.grounding.check import Grounding, check
from stemma.memory.text import sentences


def statements_of(answer: str) -> list[str]:
    """The answer's statements: its sentences, in order."""
    return [sentence.text for sentence in sentences(answer)]


def verdict_on(statement: str, context: str) -> Grounding:
    """Whether the context, as one text, bears the statement out."""
    return check(statement, [context])


def faithfulness(answer: str, contexts: Sequence[str]) -> float:
    """Share of the answer's sentences that the contexts together bear out, in [0, 1].

    Raises ValueError for an answer without a sentence: nothing said is neither faithful nor unfaithful.
    """
    statements = statements_of(answer)
    if not statements:
        raise ValueError("an answer without a sentence has no faithfulness")
    context = "\n".join(contexts)
    return sum(verdict_on(statement, context).supported for statement in statements) / len(statements)
