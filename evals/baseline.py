"""The baseline that answers are measured beside: the best-matching sentence of the first passage, and nothing else.

It never abstains, never rewrites, and cites nothing. An answer graph that does not beat it has not earned its steps.
"""

from __future__ import annotations

from collections.abc import Sequence

from stemma.memory.model import Hit
from stemma.memory.text import content_terms, sentences


def best_sentence(question: str, hits: Sequence[Hit]) -> str:
    """The sentence of the first hit that holds most of the question's different content words; ties go to the first.

    Empty when there is no hit, or no sentence in it.
    """
    if not hits:
        return ""
    wanted = frozenset(content_terms(question))
    found = sentences(hits[0].text)
    if not found:
        return ""
    return max(found, key=lambda sentence: len(wanted & frozenset(content_terms(sentence.text)))).text
