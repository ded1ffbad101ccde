"""JSONL corpora (`{"id": …, "title": …, "text": …}`, one a line) to documents, one row at a time.

Decides what a well-formed row is. A bad row is named with its line number and the others go on; nothing is kept in
memory but the ids seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import BinaryIO

import orjson

from stemma.memory.errors import UnreadableDocument
from stemma.memory.ingest.decoding import clean
from stemma.memory.model import Document


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that could not be read, and why, in words for the person who asked for it."""

    uri: str
    reason: str


def read_rows(stream: BinaryIO, uri: str, *, limit: int, first: bytes = b"") -> Iterator[Document | Unreadable]:
    """The rows of a JSONL corpus; `limit` bounds one line, in bytes; `first` is a line already taken from the stream.

    The same row again is skipped without a word; its id with another text is unreadable.
    """
    seen: dict[str, bytes] = {}
    for number, line in enumerate(chain([first] if first else [], _lines(stream, limit)), start=1):
        if line is None:
            yield Unreadable(uri, f"line {number}: longer than {limit} bytes")
        elif line.strip():
            try:
                document = _document(line, uri)
                if _is_new(seen, document):
                    yield document
            except UnreadableDocument as error:
                yield Unreadable(uri, f"line {number}: {error}")


def is_row(line: bytes) -> bool:
    """Whether a line looks like a corpus row: a JSON object with an id and a text."""
    try:
        _document(line, "")
    except UnreadableDocument:
        return False
    return True


def _lines(stream: BinaryIO, limit: int) -> Iterator[bytes | None]:
    """Each line, or None for one that is longer than the limit."""
    while line := stream.readline(limit + 1):
        if len(line) <= limit or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(limit + 1)
        yield None


def _document(line: bytes, uri: str) -> Document:
    try:
        row = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise UnreadableDocument(f"not JSON ({error})") from error
    if not isinstance(row, dict):
        raise UnreadableDocument("not a JSON object")
    row_id = row.get("id", row.get("_id"))
    if isinstance(row_id, bool) or not isinstance(row_id, str | int) or row_id == "":
        raise UnreadableDocument('no "id" (a text or a whole number)')
    title, text = row.get("title") or "", row.get("text")
    if not isinstance(title, str):
        raise UnreadableDocument('"title" is not a text')
    if not isinstance(text, str) or not clean(text).strip():
        raise UnreadableDocument('no "text"')
    name = clean(str(row_id))
    return Document(
        uri=f"{uri}#{name}", title=clean(title).strip(), text=clean(text), whole=True, metadata={"id": name}
    )


def _is_new(seen: dict[str, bytes], document: Document) -> bool:
    digest = sha256(f"{document.title}\x00{document.text}".encode()).digest()[:16]
    before = seen.setdefault(document.uri, digest)
    if before is digest:
        return True
    if before == digest:
        return False
    raise UnreadableDocument(f"the id {document.metadata['id']!r} was used before, for another text")
