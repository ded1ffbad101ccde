"""Documents to stored sources: split, embed in batches across documents, store each source in its own transaction.

Decides what is new, unchanged or a new version, and that one document that cannot be read never stops the others. It
refuses to guess about the store: a full or unreachable one ends the whole ingestion, and what was stored stays stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from stemma.memory.identifiers import content_hash, passage_id, source_id
from stemma.memory.ingest.corpus_rows import Unreadable
from stemma.memory.ingest.entities import entities
from stemma.memory.ingest.split import Piece, split
from stemma.memory.model import Document, Entity, Mention, Passage, Position, Scope, Source, SourceBundle
from stemma.memory.ports import Embedder, MemoryGraph

Documents = Iterable[Document | Unreadable] | AsyncIterable[Document | Unreadable]

_BATCH = 64
"""Passages embedded in one call: enough to keep the model busy, few enough to show progress."""
_WAITING = 256
"""Passages read ahead of the embedder, so that short documents share a batch."""


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """How far an ingestion has come. What was stored stays stored if it is stopped here."""

    documents: int
    """Documents that are done: stored, unchanged or unreadable."""
    passages_embedded: int
    passages_known: int
    """Passages of all documents read so far."""
    sources_stored: int


@dataclass(slots=True)
class IngestReport:
    """What an ingestion did."""

    added: int = 0
    unchanged: int = 0
    updated: int = 0
    passages: int = 0
    """Passages stored, those of unchanged sources not counted."""
    source_ids: list[str] = field(default_factory=list)
    """The current version of every source that was read, in the order they were done."""
    failures: list[tuple[str, str]] = field(default_factory=list)
    """(uri, reason) of every document that could not be read."""


@dataclass(slots=True)
class _Prepared:
    document: Document
    content: str
    pieces: Sequence[Piece]


class Ingestion:
    """One call of `LongTermMemory.ingest`."""

    def __init__(
        self,
        graph: MemoryGraph,
        embedder: Embedder,
        scope: Scope,
        on_progress: Callable[[IngestProgress], None] | None,
    ) -> None:
        self._graph = graph
        self._embedder = embedder
        self._scope = scope
        self._on_progress = on_progress
        self._waiting: list[_Prepared] = []
        self._known = self._embedded = self._done = 0
        self._report = IngestReport()

    async def run(self, documents: Documents) -> IngestReport:
        """Raises what the store and the embedder raise; a document's own faults are in the report."""
        async for document in _each(documents):
            await self._take(document)
            if sum(len(item.pieces) for item in self._waiting) >= _WAITING:
                await self._flush()
        await self._flush()
        return self._report

    async def _take(self, document: Document | Unreadable) -> None:
        if isinstance(document, Unreadable):
            self._fail(document.uri, document.reason)
            return
        try:
            prepared = await asyncio.to_thread(_prepare, document)
        except UnicodeEncodeError:
            self._fail(document.uri, "it holds characters that are not valid Unicode")
            return
        current = await self._graph.current_source(self._scope, document.uri)
        if current and current.content_hash == prepared.content:
            self._report.unchanged += 1
            self._report.source_ids.append(current.id)
            self._tell(documents=1)
        elif not prepared.pieces:
            self._fail(document.uri, "it holds no text")
        else:
            self._waiting.append(prepared)
            self._known += len(prepared.pieces)
            self._tell()

    async def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        await self._graph.claim_embedder(self._embedder.identity)
        texts = [embedded_text(piece.title, piece.text) for item in waiting for piece in item.pieces]
        vectors: list[Sequence[float]] = []
        for item in waiting:
            while len(vectors) < len(item.pieces):
                batch, texts = texts[:_BATCH], texts[_BATCH:]
                vectors += await self._embedder.embed(batch)
                self._embedded += len(batch)
                self._tell()
            rows, vectors = vectors[: len(item.pieces)], vectors[len(item.pieces) :]
            await self._store(item, rows)

    async def _store(self, item: _Prepared, vectors: Sequence[Sequence[float]]) -> None:
        """Store as the version after the newest, again and again while other writers take that place."""
        while True:
            current = await self._graph.current_source(self._scope, item.document.uri)
            if current and current.content_hash == item.content:
                self._report.unchanged += 1
                self._report.source_ids.append(current.id)
                break
            bundle = await asyncio.to_thread(_bundle, self._scope, item, vectors, current)
            if await self._graph.put_source(bundle):
                self._report.added += current is None
                self._report.updated += current is not None
                self._report.passages += len(item.pieces)
                self._report.source_ids.append(bundle.source.id)
                break
        self._tell(documents=1)

    def _fail(self, uri: str, reason: str) -> None:
        self._report.failures.append((uri, reason))
        self._tell(documents=1)

    def _tell(self, *, documents: int = 0) -> None:
        self._done += documents
        if self._on_progress:
            stored = self._report.added + self._report.updated
            self._on_progress(IngestProgress(self._done, self._embedded, self._known, stored))


def embedded_text(title: str, text: str) -> str:
    """What is embedded for a passage: its title takes part in its meaning."""
    return f"{title}. {text}" if title else text


def _prepare(document: Document) -> _Prepared:
    return _Prepared(document, content_hash(document.title, document.text), split(document))


def _bundle(scope: Scope, item: _Prepared, vectors: Sequence[Sequence[float]], current: Source | None) -> SourceBundle:
    document, version = item.document, current.version + 1 if current else 1
    source = Source(
        id=source_id(scope, document.uri, version, item.content),
        scope=scope,
        kind=document.kind,
        uri=document.uri,
        title=document.title,
        content_hash=item.content,
        version=version,
        added_at=datetime.now(UTC),
        metadata=dict(document.metadata),
    )
    passages = [
        Passage(
            id=passage_id(source.id, ordinal),
            source_id=source.id,
            scope=scope,
            ordinal=ordinal,
            title=piece.title,
            text=piece.text,
            position=Position(piece.start, piece.end),
        )
        for ordinal, piece in enumerate(item.pieces)
    ]
    found: dict[str, Entity] = {}
    mentions: list[Mention] = []
    for passage in passages:
        things, places = entities(scope, passage.id, passage.title, passage.text)
        found |= {thing.id: thing for thing in things}
        mentions += places
    return SourceBundle(source, passages, vectors, list(found.values()), mentions, current.id if current else None)


async def _each(documents: Documents) -> AsyncIterator[Document | Unreadable]:
    """The documents one by one; a plain iterable is read in a thread, because it reads files."""
    if isinstance(documents, AsyncIterable):
        async for document in documents:
            yield document
        return
    iterator = iter(documents)
    while (following := await asyncio.to_thread(_next, iterator)) is not None:
        yield following


def _next(iterator: Iterator[Document | Unreadable]) -> Document | Unreadable | None:
    return next(iterator, None)
