"""From checked sentences to what a person reads: the answer's text, its marks, and its citations. Pure.

Decides that marks are numbered in the order of first citing, and that each citation quotes its passage verbatim: the
sentence itself where it stands there, otherwise the passage's sentence that shares most words with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stemma.memory.text import content_terms, sentences

NOTHING = "I found nothing in memory that answers this."


def compose(kept: Sequence[dict[str, Any]], passages: Sequence[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """The answer's text and its citations, for sentences {"text", "cites"} and the passages they cite."""
    by_number = {passage["n"]: passage for passage in passages}
    marks: dict[int, int] = {}
    parts: list[str] = []
    citations: list[dict[str, Any]] = []
    for sentence in kept:
        cited = [by_number[n] for n in sentence["cites"]]
        for passage in cited:
            mark = marks.setdefault(passage["n"], len(marks) + 1)
            citation = _citation(mark, sentence["text"], passage)
            if citation not in citations:
                citations.append(citation)
        parts.append(" ".join([sentence["text"], *(f"[{marks[passage['n']]}]" for passage in cited)]))
    return " ".join(parts), citations


def locate(sentence: str, passage: str) -> tuple[int, int]:
    """Characters [start, end) of the passage that state the sentence best; (0, 0) in a passage without sentences."""
    start = passage.find(sentence)
    if start >= 0:
        return start, start + len(sentence)
    wanted = set(content_terms(sentence))
    best = max(sentences(passage), key=lambda candidate: len(wanted & set(content_terms(candidate.text))), default=None)
    return (best.start, best.end) if best else (0, 0)


def _citation(mark: int, sentence: str, passage: dict[str, Any]) -> dict[str, Any]:
    start, end = locate(sentence, passage["text"])
    return {
        "n": mark,
        "id": passage["id"],
        "title": passage["title"],
        "uri": passage["uri"],
        "page": passage.get("page"),  # a checkpoint of an older version has none
        "sheet": passage.get("sheet", ""),
        "quote": passage["text"][start:end],
        "start": start,
        "end": end,
        "source_id": passage["source_id"],
        "document_id": passage["document_id"],
    }
