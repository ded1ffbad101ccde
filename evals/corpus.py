"""What the questions are asked of: a folder's documents, each with the id that gold refers to.

A folder with corpus.jsonl (id, title, text) is a corpus of ready passages: the row's id is the document's. Otherwise
the folder's `documents/` (or the folder itself) is read as `stemma ingest` reads it, and a document's id is its file's
path below that folder: gold means any passage of that file. Every id is put under its set's name ("set/id"), so that
the ids of several folders cannot clash. Passages of equal title or text in two folders are all kept: merging drops
nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from stemma.evals.errors import InvalidDataset
from stemma.evals.rows import read_rows
from stemma.memory.ingest.corpus_rows import Unreadable
from stemma.memory.ingest.load import read_documents
from stemma.memory.model import Document

CORPUS = "corpus.jsonl"
QUESTIONS = ("queries.jsonl", "questions.jsonl")
_BESIDE = (*QUESTIONS, "README.md", "card.json", "candidates.jsonl")
"""Files of a data folder that are about it, not part of it."""


def read_corpus(folder: Path, name: str) -> tuple[Document, ...]:
    """The documents of a data folder, ids under `name`.

    Raises `InvalidDataset` when there is nothing to read, a row is malformed, an id repeats, or a file is unreadable.
    """
    if not folder.is_dir():
        raise InvalidDataset(f"{folder} is not a folder", hint="--data takes a folder with questions and a corpus")
    ready = folder / CORPUS
    documents = tuple(_rows(ready, name) if ready.is_file() else _files(folder, name))
    if not documents:
        raise InvalidDataset(f"{folder} holds no documents", hint=f"put a {CORPUS} or Markdown files into it")
    return documents


def document_id(document: Document) -> str:
    """The id that gold refers to."""
    return document.metadata["id"]


def _rows(file: Path, name: str) -> Iterator[Document]:
    seen: dict[str, int] = {}
    for row in read_rows(file):
        own = row.text("id")
        if own in seen:
            raise row.place.wrong(f'id "{own}" stands in line {seen[own]} already')
        seen[own] = row.place.line
        known_as = f"{name}/{own}"
        title, text = row.text("title", "").strip(), row.text("text")
        yield Document(known_as, title, text, whole=True, metadata={"id": known_as})


def _files(folder: Path, name: str) -> Iterator[Document]:
    root = folder / "documents" if (folder / "documents").is_dir() else folder
    beside = set() if root != folder else {*_BESIDE}
    for found in read_documents(str(root)):
        if isinstance(found, Unreadable):
            if _below(found.uri, root) in beside:
                continue
            raise InvalidDataset(f"{found.uri} cannot be read: {found.reason}")
        own = found.metadata.get("id")
        below = _below(found.uri if own is None else found.uri.removesuffix(f"#{own}"), root)
        if below not in beside:
            yield replace(found, metadata={**found.metadata, "id": f"{name}/{below}"})


def _below(uri: str, root: Path) -> str:
    """A file's path below the root, from its uri: "file:" and the path as `read_documents` was given it."""
    return Path(uri.removeprefix("file:")).relative_to(os.path.normpath(root)).as_posix()
