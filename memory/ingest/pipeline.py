"""Documents to stored sources: window after window (`windows.py`), each of them in one transaction.

Decides what becomes of documents whose place another writer took, what is reported, and that one document that cannot
be read never stops the others. It refuses to guess about the store: a full or unreachable one ends the whole ingestion,
and what was stored stays stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import compress

from stemma.memory.bundles import ReadySource, SourceBundle
from stemma.memory.contradictions.model import ComparedClaim, Conflict
from stemma.memory.contradictions.pairs import compared
from stemma.memory.identifiers import content_hash
from stemma.memory.ingest.bundling import Prepared, Step
from stemma.memory.ingest.conversion import children_end_here
from stemma.memory.ingest.corpus_rows import Unreadable
from stemma.memory.ingest.ports import ClaimExtractor
from stemma.memory.ingest.windows import Hashed, Window, Windows, new_ones
from stemma.memory.model import Document, Scope
from stemma.memory.ports import Embedder, MemoryGraph

Documents = Iterable[Document | Unreadable] | AsyncIterable[Document | Unreadable]
Watch = Callable[[Scope, Sequence[ComparedClaim]], Awaitable[Sequence[Conflict]]]
"""Looks at new claims, once they are stored, for what contradicts them (`Contradictions.notice`)."""

BEGUN_SECONDS = 5.0
"""So long a stopped ingestion waits for what the store has begun, to tell of it too: most stores finish that anyway."""


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """How far an ingestion has come. What was stored stays stored if it is stopped here."""

    documents: int
    """Documents that are done: stored, unchanged or unreadable."""
    passages_embedded: int
    passages_known: int
    """Passages to embed, of all documents looked at so far."""
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
    claims: int = 0
    """Claims found in the passages that were stored."""
    claims_dropped: int = 0
    """Statements of an extractor that its passage does not bear out."""
    unextracted: list[tuple[str, str]] = field(default_factory=list)
    """(uri, reason) of every document that was stored without all of its claims: the extractor failed."""
    contradictions: int = 0
    """Contradictions found between the new claims and others."""


class Ingestion:
    """One call of `LongTermMemory.ingest`."""

    def __init__(
        self,
        graph: MemoryGraph,
        embedder: Embedder,
        scope: Scope,
        on_progress: Callable[[IngestProgress], None] | None,
        extractor: ClaimExtractor | None = None,
        watch: Watch | None = None,
    ) -> None:
        self._graph = graph
        self._scope = scope
        self._on_progress = on_progress
        self._watch = watch
        self._windows = Windows(graph, embedder, scope, extractor, self._count_vectors)
        self._looking: asyncio.Future[None] | None = None
        self._known = self._embedded = self._done = 0
        self._report = IngestReport()

    async def run(self, documents: Documents) -> IngestReport:
        """Raises what the store and the embedder raise; a document's own faults are in the report."""
        with children_end_here():
            try:
                async with aclosing(self._windows.of(self._readable(documents))) as windows:
                    async for window in windows:
                        await self._store(window)
                await self._looked()
            finally:
                if self._looking:
                    self._looking.cancel()
        return self._report

    async def _readable(self, documents: Documents) -> AsyncGenerator[Hashed]:
        """The documents with their content's hash; those that cannot be read are reported."""
        async with aclosing(_each(documents)) as each:
            async for document in each:
                if isinstance(document, Unreadable):
                    self._fail(document.uri, document.reason)
                    continue
                try:
                    content = content_hash(document.title, document.text)
                except UnicodeEncodeError:
                    self._fail(document.uri, "it holds characters that are not valid Unicode")
                    continue
                yield document, content

    async def _store(self, window: Window) -> None:
        """Store each as the version after the newest, again and again while other writers take that place."""
        while window:
            putting = asyncio.ensure_future(self._put(window, await self._windows.finished(window)))
            try:
                stored, left = await asyncio.shield(putting)
            except asyncio.CancelledError:
                await asyncio.wait([putting], timeout=BEGUN_SECONDS)
                putting.cancel()
                await asyncio.gather(putting, return_exceptions=True)
                raise
            await self._looked()
            self._looking = asyncio.ensure_future(self._look(stored))
            window = await self._windows.again(left)

    async def _put(self, window: Window, ready: Sequence[ReadySource]) -> tuple[list[SourceBundle], Window]:
        """What was stored, and what is left to do; the rest is reported."""
        taken = await self._graph.put_ready(ready) if ready else []
        stored = [source.bundle for source in compress(ready, taken)]
        return stored, self._settle(window, {bundle.source.id for bundle in stored})

    async def _looked(self) -> None:
        """Wait until what was stored last has been looked at."""
        if self._looking:
            await self._looking

    async def _look(self, stored: Sequence[SourceBundle]) -> None:
        """Let somebody see whether anything contradicts what was stored. A version that is stored stays stored."""
        if self._watch is None:
            return
        claims = [one for bundle in stored for one in compared(bundle.claims, bundle.mentions, bundle.entities)]
        self._report.contradictions += len(await self._watch(self._scope, claims)) if claims else 0

    def _settle(self, window: Window, stored: Collection[str]) -> Window:
        """Report what is done; the documents whose source was refused are left to do, and who is the same as one."""
        refused = {step.source.id for step, _ in new_ones(window)} - set(stored)
        left: Window = []
        for step, item in window:
            if step.source.id in refused:
                left.append((step, item))
            elif item is not None and not item.pieces:
                self._fail(step.document.uri, "it holds no text")
            else:
                self._count(step, item)
        return left

    def _count(self, step: Step, item: Prepared | None) -> None:
        report = self._report
        report.source_ids.append(step.source.id)
        if item is None:
            report.unchanged += 1
        else:
            report.added += step.replaces is None
            report.updated += step.replaces is not None
            report.passages += len(item.pieces)
            report.claims += len(item.bundle.claims) if item.bundle else 0
            report.claims_dropped += item.dropped
            reasons = dict.fromkeys(row.failure for row in item.extractions if row.failure)
            report.unextracted += [(step.document.uri, reason) for reason in reasons]
        self._tell(documents=1)

    def _fail(self, uri: str, reason: str) -> None:
        self._report.failures.append((uri, reason))
        self._tell(documents=1)

    def _count_vectors(self, known: int, embedded: int) -> None:
        self._known += known
        self._embedded += embedded
        self._tell()

    def _tell(self, *, documents: int = 0) -> None:
        self._done += documents
        if self._on_progress:
            stored = self._report.added + self._report.updated
            self._on_progress(IngestProgress(self._done, self._embedded, self._known, stored))


async def _each(documents: Documents) -> AsyncGenerator[Document | Unreadable]:
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
