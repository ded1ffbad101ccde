"""How a query is put in other words without a language model. Pure.

Decides, round by round: first the names with the words that nothing found so far has, or, in a question without names,
the words that something has; then the missing words with the names that stand in the best passages' best sentences (a
bridge to a passage that the question does not name). It refuses to invent words: every word comes from the question or
from a passage.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stemma.graphs.models.question import Question, analyse
from stemma.graphs.models.selection import Excerpt, select
from stemma.memory.names import names
from stemma.memory.text import STOP_WORDS, content_terms, words

_BRIDGES = 3


def rewrite_query(
    question: str, passages: Sequence[dict[str, Any]], missing: Sequence[str], tried: Sequence[str]
) -> str:
    """The next query, unlike every one tried (as a set of terms); "" when there is none. `missing` are folded words."""
    asked = analyse(question)
    gone = set(missing)
    own = [word for word in dict.fromkeys(words(question)) if word not in STOP_WORDS]
    uncovered = [word for word in own if word in gone]
    covered = [word for word in own if word not in gone]
    bridges = bridge_names(asked, passages)
    named = list(asked.names)
    first = named + uncovered if named else covered
    candidates = (first, uncovered + bridges, named + bridges, bridges)
    seen = {frozenset(content_terms(query)) for query in tried}
    for parts in candidates:
        query = " ".join(dict.fromkeys(parts))
        terms = frozenset(content_terms(query))
        if terms and terms not in seen:
            return query
    return ""


def bridge_names(question: Question, passages: Sequence[dict[str, Any]]) -> list[str]:
    """Names that the best sentences of the relevant passages say and the question does not."""
    excerpts = [Excerpt(p["n"], p["title"], p["text"]) for p in passages if p.get("relevant", True)]
    found: dict[str, None] = {}
    for quote in select(question, excerpts):
        for name in names(quote.text):
            if not any(term in question.weights for term in content_terms(name.text)):
                found[name.text] = None
    return list(found)[:_BRIDGES]
