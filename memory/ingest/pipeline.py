"""Documents to stored sources: read a window of them, embed what is new in it, store it in one transaction, go on.

Decides what is new, unchanged or a new version, and that one document that cannot be read never stops the others. It
refuses to guess about the store: a full or unreachable one ends the whole ingestion, and what was stored stays stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import compress, islice
from operator import mul

from stemma.memory.bundles import SourceBundle
from stemma.memory.contradictions.model import ComparedClaim, Conflict
from stemma.memory.contradictions.pairs import compared
from stemma.memory.identifiers import content_hash
from stemma.memory.ingest.bundling import Prepared, Step, bundled, steps_of, with_vectors
from stemma.memory.ingest.conversion import children_end_here
from stemma.memory.ingest.corpus_rows import Unreadable
from stemma.memory.ingest.passage_vectors import passage_vectors
from stemma.memory.ingest.ports import ClaimExtractor
from stemma.memory.ingest.preparation import Preparation
from stemma.memory.ingest.resolve import NEAR, known_aliases
from stemma.memory.ingest.split import PIECE_SIZE
from stemma.memory.ingest.statements import RuleExtractor
from stemma.memory.model import Document, Scope
from stemma.memory.ports import Embedder, MemoryGraph

Documents = Iterable[Document | Unreadable] | AsyncIterable[Document | Unreadable]
Watch = Callable[[Scope, Sequence[ComparedClaim]], Awaitable[Sequence[Conflict]]]
"""Looks at new claims, once they are stored, for what contradicts them (`Contradictions.notice`)."""

Window = list[tuple[Step, Prepared | None]]
"""Documents that are stored together; what is stored already is not prepared."""

_WINDOW = 256
"""Passages that are embedded and stored together, about: what stopping may cost, and what one transaction is shared
by."""


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
        self._embedder = embedder
        self._scope = scope
        self._on_progress = on_progress
        self._extractor = extractor
        self._watch = watch
        self._preparation = Preparation(by_rules=isinstance(extractor, RuleExtractor))
        self._looking: asyncio.Future[None] | None = None
        self._known = self._embedded = self._done = 0
        self._report = IngestReport()

    async def run(self, documents: Documents) -> IngestReport:
        """Raises what the store and the embedder raise; a document's own faults are in the report."""
        with children_end_here():
            try:
                async with self._preparation, aclosing(_ahead(self._windows(documents))) as windows:
                    async for window in windows:
                        await self._store(window)
                await self._looked()
            finally:
                if self._looking:
                    self._looking.cancel()
        return self._report

    async def _windows(self, documents: Documents) -> AsyncGenerator[Window]:
        """The documents, prepared; those that cannot be read are reported."""
        window: list[tuple[Document, str]] = []
        async for document in _each(documents):
            window += self._hashed(document)
            if sum(1 + len(each.text) // PIECE_SIZE for each, _ in window) >= _WINDOW:
                yield await self._prepared(window)
                window = []
        yield await self._prepared(window)

    def _hashed(self, document: Document | Unreadable) -> list[tuple[Document, str]]:
        """The document with its content's hash, or nothing when it cannot be read."""
        if isinstance(document, Unreadable):
            return self._fail(document.uri, document.reason)
        try:
            return [(document, content_hash(document.title, document.text))]
        except UnicodeEncodeError:
            return self._fail(document.uri, "it holds characters that are not valid Unicode")

    async def _prepared(self, window: Sequence[tuple[Document, str]]) -> Window:
        """What is to be done with each document, the new ones prepared."""
        if not window:
            return []
        newest = await self._graph.current_sources(self._scope, [document.uri for document, _ in window])
        steps = steps_of(self._scope, window, newest)
        made = iter(await self._preparation.prepare([step for step in steps if step.is_new]))
        return [(step, next(made) if step.is_new else None) for step in steps]

    async def _store(self, window: Window) -> None:
        """Store each as the version after the newest, again and again while other writers take that place."""
        while window:
            new = [(step, item) for step, item in window if item and item.pieces]
            await self._embed([item for _, item in new if not item.vectors])
            await self._resolve([item for _, item in new])
            await self._extract([(step, item) for step, item in new if item.bundle is None])
            made = [with_vectors(item.bundle, item) for _, item in new if item.bundle]
            taken = await self._graph.put_sources(made) if made else []
            stored = {bundle.source.id for bundle in compress(made, taken)}
            for step, item in new:
                if item.bundle and step.source.id in stored:
                    self._report.claims += len(item.bundle.claims)
                    self._report.claims_dropped += item.dropped
            await self._looked()
            self._looking = asyncio.ensure_future(self._look(list(compress(made, taken))))
            window = await self._again(self._settle(window, stored))

    async def _again(self, refused: Window) -> Window:
        """What is to be done with documents whose place another writer took."""
        documents = [(step.document, step.source.content_hash) for step, _ in refused]
        newest = await self._graph.current_sources(self._scope, [document.uri for document, _ in documents])
        window: Window = []
        for step, (_, item) in zip(steps_of(self._scope, documents, newest), refused, strict=True):
            if item is not None:
                item.bundle = None
            window.append((step, item if step.is_new else None))
        return window

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

    async def _resolve(self, items: Sequence[Prepared]) -> None:
        """Let names that one source spells in two ways be one where their vectors agree, then names that are known."""
        for item in items:
            if item.near:
                vectors = await self._embedder.embed([name for pair in item.near for name in pair])
                agree = [sum(map(mul, *vectors[2 * n : 2 * n + 2])) >= NEAR for n in range(len(item.near))]
                item.rename(dict(compress(item.near, agree)))
        everything = sorted(set().union(*(item.possible for item in items)))
        known = await self._graph.entities_called(self._scope, everything) if everything else []
        for item in items if known else ():
            item.rename(known_aliases(known, set(item.possible) - set(item.aliases)))

    async def _extract(self, items: Sequence[tuple[Step, Prepared]]) -> None:
        """Give the items what their passages state. A failing extractor costs claims, never a document."""
        new = [(step, item) for step, item in items if not item.extractions]
        if new and self._extractor:
            rows = iter(await self._extractor.extract([excerpt for _, item in new for excerpt in item.excerpts]))
            for step, item in new:
                item.extractions = list(islice(rows, len(item.pieces)))
                reasons = dict.fromkeys(row.failure for row in item.extractions if row.failure)
                self._report.unextracted += [(step.document.uri, reason) for reason in reasons]
        name = self._extractor.name if self._extractor else ""
        for step, item in items:
            item.bundle, item.dropped = await asyncio.to_thread(bundled, step, item, name)

    async def _embed(self, items: Sequence[Prepared]) -> None:
        """Give the items their vectors."""
        if not items:
            return
        await self._graph.claim_embedder(self._embedder.identity)
        pieces = [piece for item in items for piece in item.pieces]
        self._known += len(pieces)
        self._tell()
        made = await passage_vectors(self._embedder, pieces, self._embedded_more)
        vectors, sentences = iter(made.vectors), iter(made.sentences)
        for item in items:
            item.vectors = list(islice(vectors, len(item.pieces)))
            item.sentences = list(islice(sentences, len(item.pieces)))

    def _embedded_more(self, passages: int) -> None:
        self._embedded += passages
        self._tell()

    def _settle(self, window: Window, stored: Collection[str]) -> Window:
        """Report what is done; the documents whose source was refused are left to do."""
        left: Window = []
        for step, item in window:
            if item is not None and not item.pieces:
                self._fail(step.document.uri, "it holds no text")
                continue
            if item is not None and step.source.id not in stored:
                left.append((step, item))
                continue
            self._report.unchanged += not step.is_new
            self._report.added += step.is_new and step.replaces is None
            self._report.updated += step.is_new and step.replaces is not None
            self._report.passages += len(item.pieces) if item else 0
            self._report.source_ids.append(step.source.id)
            self._tell(documents=1)
        return left

    def _fail(self, uri: str, reason: str) -> list[tuple[Document, str]]:
        self._report.failures.append((uri, reason))
        self._tell(documents=1)
        return []

    def _tell(self, *, documents: int = 0) -> None:
        self._done += documents
        if self._on_progress:
            stored = self._report.added + self._report.updated
            self._on_progress(IngestProgress(self._done, self._embedded, self._known, stored))


async def _ahead(windows: AsyncGenerator[Window]) -> AsyncGenerator[Window]:
    """The windows, each while the next one is made."""
    following = asyncio.ensure_future(anext(windows, None))
    try:
        while (window := await following) is not None:
            following = asyncio.ensure_future(anext(windows, None))
            yield window
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await windows.aclose()


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
