"""Items by namespace and key over the memory graph: put, get, search, list, delete, and what ends by itself.

Decides that a value is a version of a source, so that lineage tells what stood at a place before and a retraction hides
it; that reading may put off an item's end; and how a search ranks: by the nearest of an item's indexed fields, then
what has none, the last updated first. Which fields are indexed the caller says. Recall does not see items, unless
`recalled`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import hypot
from typing import Any

from stemma.memory.bundles import SourceBundle
from stemma.memory.errors import EmbedderUnavailable, InvalidItem
from stemma.memory.identifiers import content_hash, source_id
from stemma.memory.ingest.bundling import Prepared, Step, bundled, prepare, with_vectors
from stemma.memory.ingest.passage_vectors import passage_vectors
from stemma.memory.model import Document, Scope, Source, SourceKind
from stemma.memory.ports import Embedder, MemoryGraph
from stemma.memory.store.matching import NamespacePattern, check, passes
from stemma.memory.store.model import (
    FoundItem,
    ItemKey,
    ItemRemoval,
    ItemWrite,
    Namespace,
    Place,
    StoredItem,
    checked,
    written,
)

log = logging.getLogger(__name__)
EXPIRED = "its time to live was over"
DELETED = "deleted from the store"
MOST_FIELDS = 200
"""Texts that one item is indexed by: each costs an embedding."""
LONGEST_FIELD = 32_000
"""Characters of one that are embedded: no embedder reads more."""
SWEPT = 100
"""Items that one step of a sweep takes."""
_LOOK = 50
"""Items that a search by meaning looks up at a time."""
_UNSCORED = -2.0
"""Below every cosine."""


@dataclass(frozen=True, slots=True)
class Put:
    """A value for a place. `texts` are its indexed fields; `ttl` is minutes."""

    place: Place
    value: Mapping[str, Any]
    texts: Sequence[str] = ()
    ttl: float | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What a search looks for, below `prefix`."""

    prefix: Namespace = ()
    conditions: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    limit: int = 10
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Origin:
    """Who changes something, and in which run."""

    actor: str = ""
    run_id: str = ""
    thread_id: str = ""


class Items:
    """The items of an open memory. Every method may raise what `ItemStore` and the embedders may raise."""

    def __init__(
        self, graph: MemoryGraph, embedder: Embedder, *, index: Embedder | None = None, recalled: bool = False
    ) -> None:
        """`embedder` is the memory's; `index` that of the items' fields: without one nothing is searched by meaning.
        With `recalled`, recall finds what is put from now on, too."""
        self._graph, self._embedder, self._index, self._recalled = graph, embedder, index, recalled
        self._warned = False

    async def change(
        self, scope: Scope, puts: Sequence[Put], deletes: Sequence[Place] = (), *, origin: Origin | None = None
    ) -> None:
        """Put and delete, all in one transaction unless another writer is at one of the places. Raises `InvalidItem`.

        No two are of one place. Several writers at one place take turns: the last one's value stays.
        """
        origin, now = origin or Origin(), datetime.now(UTC)
        removals = [ItemRemoval(scope, checked(place), origin.actor, DELETED, now) for place in deletes]
        values = [written(checked_put(put).value) for put in puts]
        left = list(zip(puts, values, [await self._indexed(put.texts) for put in puts], strict=True))
        while left or removals:
            newest = await self._graph.current_sources(scope, [put.place.uri for put, _, _ in left])
            writes = [await self._write(scope, *each, newest.get(each[0].place.uri), origin) for each in left]
            taken = await self._graph.change_items(writes, removals)
            left = [each for each, is_taken in zip(left, taken, strict=True) if not is_taken]
            removals = []

    async def at(self, scope: Scope, places: Sequence[Place], *, refresh: bool = False) -> dict[Place, StoredItem]:
        """Those of the places that hold an item the scope sees; with `refresh`, the ends of these are put off."""
        now = datetime.now(UTC)
        found = await self._graph.items_at(scope, list(dict.fromkeys(places)), now)
        if refresh:
            await self._prolong(found, now)
        return {item.place: item for item in found}

    async def search(self, scope: Scope, query: Query, *, refresh: bool = False) -> list[FoundItem]:
        """A page of the items below a namespace. Raises `InvalidItem` for an operator that is none."""
        check(query.conditions)
        now, end = datetime.now(UTC), query.offset + query.limit
        vector = await self._vectors([query.text]) if query.text else []
        if query.conditions:
            passing = await self._passing(scope, query, now)
            scores = await self._scores(scope, query.prefix, vector)
            ranked = sorted(passing, key=lambda item: -scores.get(item.row, _UNSCORED))
            found = [FoundItem(item, scores.get(item.row)) for item in ranked[query.offset : end]]
        elif vector:
            found = (await self._nearest(scope, query.prefix, vector, end, now))[query.offset : end]
        else:
            page = await self._graph.items_under(scope, query.prefix, now, limit=query.limit, offset=query.offset)
            found = [FoundItem(item) for item in page]
        if refresh:
            await self._prolong([each.item for each in found], now)
        return found

    async def namespaces(
        self, scope: Scope, patterns: Sequence[NamespacePattern] = (), *, depth: int | None = None
    ) -> list[Namespace]:
        """The namespaces that hold an item and match every pattern, cut to a depth, each once, in order."""
        prefix = max((pattern.fixed for pattern in patterns), key=len, default=())
        found = await self._graph.item_namespaces(scope, prefix, datetime.now(UTC))
        matching = [namespace for namespace in found if all(pattern.matches(namespace) for pattern in patterns)]
        return sorted({namespace[:depth] for namespace in matching})

    async def sweep(self, now: datetime) -> int:
        """Take back, of every tenant, what had ended at `now`; how many items."""
        done = 0
        while over := await self._graph.expired_items(now, SWEPT):
            removals = [ItemRemoval(item.scope, item.place, "store", EXPIRED, now, expired=True) for item in over]
            await self._graph.change_items([], removals)
            done += len(over)
        return done

    async def _prolong(self, items: Sequence[StoredItem], now: datetime) -> None:
        later = [replace(item, expires_at=_end(now, item.ttl)) for item in items if item.ttl is not None]
        if later:
            await self._graph.prolong_items(later)

    async def _passing(self, scope: Scope, query: Query, now: datetime) -> list[StoredItem]:
        below = await self._graph.items_under(scope, query.prefix, now)
        return [item for item in below if passes(item.value, query.conditions)]

    async def _nearest(
        self, scope: Scope, prefix: Namespace, vector: Sequence[Sequence[float]], most: int, now: datetime
    ) -> list[FoundItem]:
        """At least `most` items, if there are so many: by score, looked up a few at a time, then those without one."""
        scores = await self._scores(scope, prefix, vector)
        ranked = sorted(scores, key=lambda row: -scores[row])
        found: list[FoundItem] = []
        for start in range(0, len(ranked), _LOOK):
            rows = ranked[start : start + _LOOK]
            here = {item.row: item for item in await self._graph.items_at(scope, [row.place for row in rows], now)}
            found += [FoundItem(here[row], scores[row]) for row in rows if row in here]
            if len(found) >= most:
                return found
        below = await self._graph.items_under(scope, prefix, now)
        return found + [FoundItem(item) for item in below if item.row not in scores]

    async def _scores(self, scope: Scope, prefix: Namespace, vector: Sequence[Sequence[float]]) -> dict[ItemKey, float]:
        return await self._graph.item_scores(scope, prefix, self._name, vector[0]) if vector else {}

    async def _vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """Unit vectors; none for a text that the embedder makes nothing of, and none at all without an index."""
        if self._index is None or not texts:
            return []
        rows = [(row, hypot(*row)) for row in await self._index.embed(_cut(texts))]
        return [[number / length for number in row] for row, length in rows if length]

    async def _indexed(self, texts: Sequence[str]) -> list[list[float]]:
        """A put must not fail for want of an embedder: the item is then found by its place and fields alone."""
        try:
            return await self._vectors(texts)
        except EmbedderUnavailable as failure:
            if not self._warned:
                log.warning("items of the store are not searched by meaning for now: %s", failure)
            self._warned = True
            return []

    @property
    def _name(self) -> str:
        return f"{self._index.identity.name}:{self._index.identity.dimension}" if self._index else ""

    async def _write(
        self,
        scope: Scope,
        put: Put,
        value: str,
        vectors: Sequence[Sequence[float]],
        current: Source | None,
        origin: Origin,
    ) -> ItemWrite:
        now = datetime.now(UTC)
        source = _source(scope, put.place, value, current, origin, now)
        known = current is not None and current.supported and current.content_hash == source.content_hash
        says = current if known and current is not None else source
        item = StoredItem(scope, put.place, put.value, says.id, now, now, put.ttl, _end(now, put.ttl))
        bundle = None if known else await self._bundle(source, current.id if current else None, put.texts)
        return ItemWrite(item, bundle, vectors, self._name)

    async def _bundle(self, source: Source, replaces: str | None, texts: Sequence[str]) -> SourceBundle:
        """A source without passages, which recall cannot find; where it is to, with the indexed fields as its text."""
        if not self._recalled or not texts:
            return SourceBundle(source, (), (), replaces=replaces)
        document = Document(source.uri, source.title, "\n\n".join(texts), SourceKind.STORE)
        prepared = prepare(document)
        await self._embed(prepared)
        bundle, _ = bundled(Step(document, source, replaces, is_new=True), prepared, "")
        return with_vectors(bundle, prepared)

    async def _embed(self, prepared: Prepared) -> None:
        await self._graph.claim_embedder(self._embedder.identity)
        made = await passage_vectors(self._embedder, prepared.pieces, lambda _: None)
        prepared.vectors, prepared.sentences = made.vectors, made.sentences


def _source(scope: Scope, place: Place, value: str, current: Source | None, origin: Origin, now: datetime) -> Source:
    """The version that a put makes. Its metadata hold the value, so that lineage shows what stood there."""
    version, content = current.version + 1 if current else 1, content_hash(place.uri, value)
    said = {"value": value, "by": origin.actor, "run_id": origin.run_id, "thread_id": origin.thread_id}
    return Source(
        id=source_id(scope, place.uri, version, content),
        scope=scope,
        kind=SourceKind.STORE,
        uri=place.uri,
        title=place.key,
        content_hash=content,
        version=version,
        added_at=now,
        metadata={name: text for name, text in said.items() if text},
    )


def checked_put(put: Put) -> Put:
    """The put, if it can be kept. Raises `InvalidItem`."""
    checked(put.place)
    if len(put.texts) > MOST_FIELDS:
        raise InvalidItem(f"an item is indexed by {MOST_FIELDS} texts at most, and this one has {len(put.texts)}")
    return put


def _cut(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(text[:LONGEST_FIELD] for text in texts))


def _end(now: datetime, ttl: float | None) -> datetime | None:
    return None if ttl is None else now + timedelta(minutes=ttl)
