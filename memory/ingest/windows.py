"""Documents in windows, made ready to be stored while the windows before them are stored.

Decides what is done ahead of a window's turn: it is cut and read one window ahead of being embedded, and embedded and
put into the store's own form one window ahead of being stored. And what is not: names that memory knows by an alias are
looked up when all that comes before is stored, and a model reads a text under those names. It stores nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from itertools import compress, islice
from operator import mul
from typing import TypeVar

from stemma.memory.bundles import ReadySource
from stemma.memory.ingest.bundling import Prepared, Step, bundled, steps_of, with_vectors
from stemma.memory.ingest.passage_vectors import passage_vectors
from stemma.memory.ingest.ports import ClaimExtractor
from stemma.memory.ingest.preparation import Preparation
from stemma.memory.ingest.resolve import NEAR, known_aliases
from stemma.memory.ingest.split import PIECE_SIZE
from stemma.memory.ingest.statements import RuleExtractor
from stemma.memory.model import Document, Scope
from stemma.memory.ports import Embedder, MemoryGraph

T = TypeVar("T")
Hashed = tuple[Document, str]
"""A document with its content's hash."""

Window = list[tuple[Step, Prepared | None]]
"""Documents that are stored together; what is stored already is not prepared."""

Asked = tuple[Sequence[Step], asyncio.Future[list[Prepared]]]
"""What is to be done with some documents, and those that are new prepared, as soon as they are."""

New = Sequence[tuple[Step, Prepared]]
"""Those of a window that are to be stored: they have pieces."""

SIZE = 256
"""Passages that are embedded and stored together, about: what stopping may cost, and what one transaction is shared
by."""


def new_ones(window: Window) -> New:
    """Those of a window that are to be stored."""
    return [(step, item) for step, item in window if item and item.pieces]


class Windows:
    """The windows of one ingestion."""

    def __init__(
        self,
        graph: MemoryGraph,
        embedder: Embedder,
        scope: Scope,
        extractor: ClaimExtractor | None,
        on_vectors: Callable[[int, int], None],
    ) -> None:
        """`on_vectors` is told how many passages more are to be embedded, and how many more are."""
        self._graph = graph
        self._embedder = embedder
        self._scope = scope
        self._extractor = extractor
        self._on_vectors = on_vectors
        self._by_rules = isinstance(extractor, RuleExtractor)
        self._under_way: Counter[str] = Counter()

    async def of(self, documents: AsyncGenerator[Hashed]) -> AsyncGenerator[Window]:
        """The windows, in order; whoever takes the next one has stored the last. What fails is raised after those
        before it. To be closed."""
        async with aclosing(_ahead(self._embedded(documents))) as windows:
            async for window in windows:
                yield window
                self._under_way -= Counter(step.document.uri for step, _ in window)

    async def finished(self, window: Window) -> list[ReadySource]:
        """What is stored of a window, now that all before it is."""
        new = new_ones(window)
        await self._rename_known([item for _, item in new])
        late = [(step, item) for step, item in new if item.bundle is None]
        await self._extract(late)
        await self._make_ready(late)
        return [item.ready for _, item in new if item.ready]

    async def again(self, refused: Window) -> Window:
        """What is to be done with documents whose place another writer took."""
        if not refused:
            return []
        documents = [(step.document, step.source.content_hash) for step, _ in refused]
        newest = await self._graph.current_sources(self._scope, [document.uri for document, _ in documents])
        window: Window = []
        for step, (_, item) in zip(steps_of(self._scope, documents, newest), refused, strict=True):
            if item is not None:
                item.bundle = None
            window.append((step, item if step.is_new else None))
        return window

    async def _embedded(self, documents: AsyncGenerator[Hashed]) -> AsyncGenerator[Window]:
        """The windows with vectors, and all in the store's form that is known to stay as it is."""
        async with aclosing(_ahead(self._prepared(documents))) as windows:
            async for window in windows:
                new = new_ones(window)
                await self._embed([item for _, item in new])
                await self._rename_near([item for _, item in new])
                if self._by_rules or self._extractor is None:
                    await self._extract([(step, item) for step, item in new if item.bundle is None])
                await self._make_ready([(step, item) for step, item in new if item.bundle])
                yield window

    async def _prepared(self, documents: AsyncGenerator[Hashed]) -> AsyncGenerator[Window]:
        """The windows, cut and read."""
        async with (
            Preparation(by_rules=self._by_rules) as preparation,
            aclosing(_ahead(self._asked(documents, preparation))) as asked,
        ):
            async for steps, answer in asked:
                made = iter(await answer)
                yield [(step, next(made) if step.is_new else None) for step in steps]

    async def _asked(self, documents: AsyncGenerator[Hashed], preparation: Preparation) -> AsyncGenerator[Asked]:
        """What is to be done, and the answer to come: it is asked for before the one before is there, so that nobody
        waits for a question."""
        async with aclosing(_cut(documents)) as cut:
            async for some in cut:
                steps = await self._steps(some)
                answer = asyncio.ensure_future(preparation.prepare([step for step in steps if step.is_new]))
                try:
                    yield steps, answer
                except GeneratorExit:
                    answer.cancel()
                    await asyncio.gather(answer, return_exceptions=True)
                    raise

    async def _steps(self, some: Sequence[Hashed]) -> list[Step]:
        """What is to be done with each document.

        One of a uri that is in a window before, not stored yet, is taken for the first of its uri: it is refused when
        its turn comes, and done again in the light of what was stored.
        """
        uris = [document.uri for document, _ in some]
        newest = await self._graph.current_sources(self._scope, uris)
        settled = {uri: source for uri, source in newest.items() if not self._under_way[uri]}
        self._under_way.update(uris)
        return steps_of(self._scope, some, settled)

    async def _embed(self, items: Sequence[Prepared]) -> None:
        """Give the items their vectors."""
        if not items:
            return
        await self._graph.claim_embedder(self._embedder.identity)
        pieces = [piece for item in items for piece in item.pieces]
        self._on_vectors(len(pieces), 0)
        made = await passage_vectors(self._embedder, pieces, lambda passages: self._on_vectors(0, passages))
        vectors, sentences = iter(made.vectors), iter(made.sentences)
        for item in items:
            item.vectors = list(islice(vectors, len(item.pieces)))
            item.sentences = list(islice(sentences, len(item.pieces)))

    async def _rename_near(self, items: Sequence[Prepared]) -> None:
        """Let names that one source spells in two ways be one where their vectors agree."""
        for item in items:
            if item.near:
                vectors = await self._embedder.embed([name for pair in item.near for name in pair])
                agree = [sum(map(mul, *vectors[2 * n : 2 * n + 2])) >= NEAR for n in range(len(item.near))]
                item.rename(dict(compress(item.near, agree)))

    async def _rename_known(self, items: Sequence[Prepared]) -> None:
        """Let names that memory knows as aliases be what they are aliases of."""
        everything = sorted(set().union(*(item.possible for item in items)))
        known = await self._graph.entities_called(self._scope, everything) if everything else []
        for item in items if known else ():
            item.rename(known_aliases(known, set(item.possible) - set(item.aliases)))

    async def _extract(self, items: New) -> None:
        """Give the items what their passages state. A failing extractor costs claims, never a document."""
        new = [item for _, item in items if not item.extractions]
        if new and self._extractor:
            rows = iter(await self._extractor.extract([excerpt for item in new for excerpt in item.excerpts]))
            for item in new:
                item.extractions = list(islice(rows, len(item.pieces)))
        name = self._extractor.name if self._extractor else ""
        for step, item in items:
            item.bundle, item.dropped = await asyncio.to_thread(bundled, step, item, name)

    async def _make_ready(self, items: New) -> None:
        """Give the items, whose bundles are there, what the store wants of them."""
        bundles = [with_vectors(item.bundle, item) for _, item in items if item.bundle]
        for (_, item), ready in zip(items, await self._graph.ready(bundles) if bundles else (), strict=True):
            item.ready = ready


async def _cut(documents: AsyncGenerator[Hashed]) -> AsyncGenerator[list[Hashed]]:
    """The documents, so many as have about `SIZE` passages at a time."""
    some: list[Hashed] = []
    passages = 0
    async with aclosing(documents):
        async for document, content in documents:
            some.append((document, content))
            passages += 1 + len(document.text) // PIECE_SIZE
            if passages >= SIZE:
                yield some
                some, passages = [], 0
    if some:
        yield some


async def _ahead(windows: AsyncGenerator[T]) -> AsyncGenerator[T]:
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
