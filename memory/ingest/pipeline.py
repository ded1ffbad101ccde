"""Documents to stored sources: read a window of them, embed what is new in it, store it in one transaction, go on.

Decides what is new, unchanged or a new version, and that one document that cannot be read never stops the others. It
refuses to guess about the store: a full or unreachable one ends the whole ingestion, and what was stored stays stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress, islice
from operator import mul

from stemma.memory.bundles import SourceBundle
from stemma.memory.contradictions.model import ComparedClaim, Conflict
from stemma.memory.contradictions.pairs import compared
from stemma.memory.ingest.bundling import Prepared, Step, bundles_of, prepare, steps_of
from stemma.memory.ingest.conversion import children_end_here
from stemma.memory.ingest.corpus_rows import Unreadable
from stemma.memory.ingest.passage_vectors import passage_vectors
from stemma.memory.ingest.ports import ClaimExtractor
from stemma.memory.ingest.resolve import NEAR, known_aliases, near_pairs, possible_aliases
from stemma.memory.model import Document, Scope
from stemma.memory.ports import Embedder, MemoryGraph

Documents = Iterable[Document | Unreadable] | AsyncIterable[Document | Unreadable]
Watch = Callable[[Scope, Sequence[ComparedClaim]], Awaitable[Sequence[Conflict]]]
"""Looks at new claims, once they are stored, for what contradicts them (`Contradictions.notice`)."""

_WINDOW = 256
"""Passages that are embedded and stored together: what stopping may cost, and what one transaction is shared by."""


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
        self._known = self._embedded = self._done = 0
        self._report = IngestReport()

    async def run(self, documents: Documents) -> IngestReport:
        """Raises what the store and the embedder raise; a document's own faults are in the report."""
        window: list[Prepared] = []
        with children_end_here():
            async for document in _each(documents):
                window += await self._prepared(document)
                if sum(len(item.pieces) for item in window) >= _WINDOW:
                    await self._store(window)
                    window = []
        await self._store(window)
        return self._report

    async def _prepared(self, document: Document | Unreadable) -> list[Prepared]:
        """The document as it will be stored, or nothing when it cannot be."""
        if isinstance(document, Unreadable):
            return self._fail(document.uri, document.reason)
        try:
            prepared = await asyncio.to_thread(prepare, document)
        except UnicodeEncodeError:
            return self._fail(document.uri, "it holds characters that are not valid Unicode")
        return [prepared] if prepared.pieces else self._fail(document.uri, "it holds no text")

    async def _store(self, window: Sequence[Prepared]) -> None:
        """Store each as the version after the newest, again and again while other writers take that place."""
        while window:
            newest = await self._graph.current_sources(self._scope, [item.document.uri for item in window])
            steps = steps_of(self._scope, window, newest)
            new = [step for step in steps if step.is_new]
            await self._embed([step.item for step in new if not step.item.vectors])
            await self._resolve([step.item for step in new])
            await self._extract([step.item for step in new if not step.item.extractions])
            made = await asyncio.to_thread(bundles_of, new, self._extractor.name if self._extractor else "")
            taken = await self._graph.put_sources([bundle for bundle, _ in made]) if made else []
            refused = {step.source.id for step, is_taken in zip(new, taken, strict=True) if not is_taken}
            for (bundle, dropped), is_taken in zip(made, taken, strict=True):
                self._report.claims += len(bundle.claims) * is_taken
                self._report.claims_dropped += dropped * is_taken
            await self._look([bundle for (bundle, _), is_taken in zip(made, taken, strict=True) if is_taken])
            window = self._settle(steps, refused)

    async def _look(self, stored: Sequence[SourceBundle]) -> None:
        """Let somebody see whether anything contradicts what was stored. A version that is stored stays stored."""
        if self._watch is None:
            return
        claims = [one for bundle in stored for one in compared(bundle.claims, bundle.mentions, bundle.entities)]
        self._report.contradictions += len(await self._watch(self._scope, claims)) if claims else 0

    async def _resolve(self, items: Sequence[Prepared]) -> None:
        """Let names that one source spells in two ways be one where their vectors agree, then names that are known."""
        for item in items:
            if pairs := near_pairs(item.excerpts):
                vectors = await self._embedder.embed([name for pair in pairs for name in pair])
                agree = [sum(map(mul, *vectors[2 * n : 2 * n + 2])) >= NEAR for n in range(len(pairs))]
                item.rename(dict(compress(pairs, agree)))
        possible = {item.content: possible_aliases(item.excerpts) for item in items}
        everything = sorted(set().union(*possible.values()))
        known = await self._graph.entities_called(self._scope, everything) if everything else []
        for item in items if known else ():
            item.rename(known_aliases(known, possible[item.content] - set(item.aliases)))

    async def _extract(self, items: Sequence[Prepared]) -> None:
        """Give the items what their passages state. A failing extractor costs claims, never a document."""
        if not items or self._extractor is None:
            return
        rows = iter(await self._extractor.extract([excerpt for item in items for excerpt in item.excerpts]))
        for item in items:
            item.extractions = list(islice(rows, len(item.pieces)))
            reasons = dict.fromkeys(row.failure for row in item.extractions if row.failure)
            self._report.unextracted += [(item.document.uri, reason) for reason in reasons]

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

    def _settle(self, steps: Sequence[Step], refused: Collection[str]) -> list[Prepared]:
        """Report what is done; the documents whose source was refused are left to do."""
        left: list[Prepared] = []
        for step in steps:
            if step.source.id in refused:
                left.append(step.item)
                continue
            self._report.unchanged += not step.is_new
            self._report.added += step.is_new and step.replaces is None
            self._report.updated += step.is_new and step.replaces is not None
            self._report.passages += len(step.item.pieces) if step.is_new else 0
            self._report.source_ids.append(step.source.id)
            self._tell(documents=1)
        return left

    def _fail(self, uri: str, reason: str) -> list[Prepared]:
        self._report.failures.append((uri, reason))
        self._tell(documents=1)
        return []

    def _tell(self, *, documents: int = 0) -> None:
        self._done += documents
        if self._on_progress:
            stored = self._report.added + self._report.updated
            self._on_progress(IngestProgress(self._done, self._embedded, self._known, stored))


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
