"""Rows of JSON lines with their place, so that an error can name the file and the line.

Decides what a readable row and a well-typed field is. What the fields mean is decided by who reads them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stemma.evals.errors import EvalFailure, InvalidDataset
from stemma.memory.ingest.decoding import clean


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands: for error messages only."""

    file: Path
    line: int

    def wrong(self, message: str, *, kind: type[EvalFailure] = InvalidDataset, hint: str = "") -> EvalFailure:
        """An error that names this place."""
        return kind(f"{self.file}, line {self.line}: {message}", hint=hint)


@dataclass(frozen=True, slots=True)
class JsonRow:
    """One JSON object of a file of JSON lines."""

    place: Place
    fields: dict[str, Any]

    def text(self, name: str, default: str | None = None) -> str:
        """A field that is text, cleaned as ingestion does.

        Raises `InvalidDataset` when it is missing or empty (unless there is a default), or not text.
        """
        value = self.fields.get(name, default)
        if value is None:
            raise self.place.wrong(f'"{name}" is missing', hint=f'each row needs "{name}": "…"')
        if not isinstance(value, str):
            raise self.place.wrong(f'"{name}" is {_kind(value)}, not text')
        if not value.strip() and default is None:
            raise self.place.wrong(f'"{name}" is empty')
        return clean(value)

    def texts(self, name: str, *, once: bool = True) -> tuple[str, ...]:
        """A field that is a list of texts, empty when missing; with `once` repetitions are dropped.

        Raises `InvalidDataset`.
        """
        value = self.fields.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.place.wrong(f'"{name}" is {_kind(value)}, not a list of texts')
        texts = tuple(clean(item) for item in value)
        return tuple(dict.fromkeys(texts)) if once else texts

    def flag(self, name: str) -> bool:
        """A field that is true or false, false when missing. Raises `InvalidDataset`."""
        value = self.fields.get(name, False)
        if not isinstance(value, bool):
            raise self.place.wrong(f'"{name}" is {_kind(value)}, not true or false')
        return value


def read_rows(file: Path) -> Iterator[JsonRow]:
    """Every row of a file of JSON lines; blank lines are skipped.

    Raises `InvalidDataset` for a file that cannot be read or is not UTF-8, and for a line that is not a JSON object.
    """
    try:
        data = file.read_bytes()
    except OSError as problem:
        raise InvalidDataset(f"{file} cannot be read: {problem.strerror or problem}") from problem
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            yield _row(Place(file, number), line)


def _row(place: Place, line: bytes) -> JsonRow:
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        raise place.wrong("not UTF-8 text") from problem
    except (json.JSONDecodeError, RecursionError) as problem:
        raise place.wrong("not JSON", hint="each line must be one JSON object") from problem
    if not isinstance(value, dict):
        raise place.wrong(f"{_kind(value)} where a JSON object belongs")
    return JsonRow(place, value)


def _kind(value: object) -> str:
    names = {list: "a list", dict: "an object", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
