"""Answers that people have marked: what stands in them without support, character by character.

Decides what such a file looks like and the hash that names it. JSON lines: id, source_id, question, context, response,
model (optional), and spans: a list of {start, end, type} in the response; no span means a grounded answer.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from stemma.evals.errors import InvalidDataset
from stemma.evals.rows import JsonRow, read_rows


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a response that a person marked as unsupported."""

    start: int
    end: int
    type: str


@dataclass(frozen=True, slots=True)
class LabelledAnswer:
    """One answer with what it was given and what is wrong with it."""

    id: str
    source_id: str
    """Answers to one source stay together in folds and resamples."""
    model: str
    question: str
    context: str
    response: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class LabelledAnswers:
    """A file of them."""

    name: str
    hash: str
    """SHA-256 (hex) of the rows' content."""
    answers: tuple[LabelledAnswer, ...]

    def as_json(self) -> dict[str, object]:
        """What a summary says about the data."""
        return {
            "hash": self.hash,
            "sets": [self.name],
            "documents": len({answer.source_id for answer in self.answers}),
            "questions": len(self.answers),
            "corpus": "own",
            "limit": None,
        }


def read_labelled(file: Path) -> LabelledAnswers:
    """Read a file. Raises `InvalidDataset`, which names the line."""
    digest = hashlib.sha256()
    seen: set[str] = set()
    answers = []
    for row in read_rows(file):
        answer = _answer(row)
        if answer.id in seen:
            raise row.place.wrong(f'id "{answer.id}" is there twice')
        seen.add(answer.id)
        answers.append(answer)
        spans = [[span.start, span.end, span.type] for span in answer.spans]
        content = [answer.id, answer.source_id, answer.question, answer.context, answer.response, spans]
        digest.update(json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
    if not answers:
        raise InvalidDataset(f"{file} holds no answers")
    return LabelledAnswers(file.stem, digest.hexdigest(), tuple(answers))


def _answer(row: JsonRow) -> LabelledAnswer:
    # Offsets count the response's own characters: it is taken as it is, not cleaned.
    row.text("response")
    response = str(row.fields["response"])
    return LabelledAnswer(
        id=row.text("id"),
        source_id=row.text("source_id"),
        model=row.text("model", ""),
        question=row.text("question", ""),
        context=row.text("context"),
        response=response,
        spans=tuple(_span(row, value, len(response)) for value in _list(row)),
    )


def _list(row: JsonRow) -> list[object]:
    value = row.fields.get("spans")
    if not isinstance(value, list):
        raise row.place.wrong('"spans" is not a list', hint='a grounded answer has "spans": []')
    return value


def _span(row: JsonRow, value: object, length: int) -> Span:
    if isinstance(value, dict):
        start, end = value.get("start"), value.get("end")
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= length:
            return Span(start, end, str(value.get("type", "")))
    raise row.place.wrong(
        '"spans" holds what is no range of the response', hint=f'each: {{"start": 0, "end": {length}, "type": "…"}}'
    )
