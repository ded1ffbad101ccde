"""Records as lines of JSON, and back: the header, the records, the end.

Decides the format (`FORMAT`, `VERSION`) and that a file says when it is whole: the last line counts the others and
has their digest. It refuses a newer version, another format, an unknown kind or field, naming the line. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stemma.memory.errors import InvalidExport
from stemma.memory.exchange.fields import BY_NAME, Kind, Row, read, written
from stemma.memory.exchange.ports import SENTENCES, VECTOR, VECTORS
from stemma.memory.ports import EmbedderIdentity
from stemma.memory.scope import Scope

FORMAT = "stemma-memory"
VERSION = 1
LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of one line that are read."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line."""

    scope: Scope
    """Whose records follow: its own and narrower ones."""
    embedder: EmbedderIdentity | None
    """Whose vectors are in the records; None: there are none."""
    made_at: str
    counts: Mapping[str, int]


def header_line(header: Header) -> bytes:
    identity = header.embedder
    return _line(
        {
            "record": "header",
            "format": FORMAT,
            "version": VERSION,
            "tenant": header.scope.tenant,
            "audience": header.scope.audience.split("\x1f"),
            "embedder": identity and {"name": identity.name, "dimension": identity.dimension},
            "made_at": header.made_at,
            "counts": dict(header.counts),
        }
    )


def read_header(line: bytes) -> Header:
    """Raises `InvalidExport`."""
    values = _object(line, 1)
    if values.get("record") != "header" or values.get("format") != FORMAT:
        raise InvalidExport("this is not an export of memory: its first line is no header")
    version = values.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise InvalidExport(
            f"the export is of format version {version!r}, and this Stemma reads up to {VERSION}",
            hint="pip install --upgrade stemma-agents",
        )
    try:
        identity = values["embedder"]
        return Header(
            Scope(values["tenant"], *values["audience"]),
            EmbedderIdentity(str(identity["name"]), int(identity["dimension"])) if identity else None,
            str(values["made_at"]),
            {str(name): int(count) for name, count in values["counts"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise InvalidExport(f"the header cannot be read: {type(fault).__name__} at {fault}") from fault


def record_line(kind: Kind, row: Row) -> bytes:
    values: dict[str, Any] = {"record": kind.name, **written(kind, row)}
    for name in (VECTOR, SENTENCES):
        if row.get(name) is not None:
            values[name] = base64.b64encode(row[name]).decode()
    if row.get(VECTORS):
        values[VECTORS] = [[embedder, base64.b64encode(vector).decode()] for embedder, vector in sorted(row[VECTORS])]
    return _line(values)


def read_record(line: bytes, number: int) -> tuple[Kind, Row]:
    """Raises `InvalidExport` with the line's number."""
    values = _object(line, number)
    kind = BY_NAME.get(str(values.pop("record", "")))
    if kind is None:
        raise InvalidExport(f"line {number} is of no kind that this Stemma knows")
    try:
        bytes_of = {
            name: base64.b64decode(values.pop(name), validate=True) for name in (VECTOR, SENTENCES) if name in values
        }
        of_item = [(str(embedder), base64.b64decode(text)) for embedder, text in values.pop(VECTORS, ())]
        row = read(kind, values)
    except (TypeError, ValueError) as fault:
        raise InvalidExport(f"line {number} cannot be read: {fault}") from fault
    if (bytes_of and not kind.searched) or (of_item and kind.name != "store_item"):
        raise InvalidExport(f"line {number}: a {kind.name} has no vector")
    return kind, {**row, **bytes_of, **({VECTORS: of_item} if of_item else {})}


def end_line(lines: int, digest: str) -> bytes:
    return _line({"record": "end", "lines": lines, "sha256": digest})


class Tally:
    """Counts lines and their digest, for the last line."""

    def __init__(self) -> None:
        self.lines = 0
        self._digest = hashlib.sha256()

    def add(self, line: bytes) -> None:
        self.lines += 1
        self._digest.update(line)

    def end(self) -> bytes:
        """The last line for what was added."""
        return end_line(self.lines, self._digest.hexdigest())


def is_end(line: bytes) -> bool:
    return line.startswith(b'{"record":"end",')


def _line(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _object(line: bytes, number: int) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise InvalidExport(f"line {number} is not JSON") from fault
    if not isinstance(values, dict):
        raise InvalidExport(f"line {number} is no JSON object")
    return values
