"""The memory graph in one SQLite file: tables for the graph, FTS5 for words; vectors are searched in the process.

Decides nothing about ranking, ids or flags. All work runs in threads (`sqlite_database.py`); several processes may use
one file at the same time; every query stands in `sql/` and takes the tenant. Listing, decisions, lineage, changes and
reindexing have files of their own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import apsw

from stemma.memory.bundles import AnswerBundle, ReadySource, SourceBundle
from stemma.memory.consolidation.sqlite_consolidation import SqliteConsolidation
from stemma.memory.contradictions.sqlite_conflicts import SqliteConflicts
from stemma.memory.exchange.sqlite_exchange import SqliteExchange
from stemma.memory.history.sqlite_history import SqliteHistory
from stemma.memory.model import Claim, Derivation, Passage, Scope, Scored, Source
from stemma.memory.ports import EARLIER, EmbedderIdentity
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_changes import SqliteChanges
from stemma.memory.sqlite_database import SqliteDatabase, copy_database, rows
from stemma.memory.sqlite_embedder import check_sizes, check_vectors, claim_embedder, read_embedder
from stemma.memory.sqlite_lineage import SqliteLineage
from stemma.memory.sqlite_listing import SqliteListing, in_order, reader
from stemma.memory.sqlite_reindex import SqliteReindexing
from stemma.memory.sqlite_rows import (
    read_claim,
    read_derivation,
    read_passage,
    read_scored,
    read_source,
    words_query,
)
from stemma.memory.sqlite_schema import check_or_migrate
from stemma.memory.sqlite_sources import SourceRows, add_sources, current_sources, source_rows
from stemma.memory.sqlite_terms import MOST_BYTES as MOST_TERM_BYTES
from stemma.memory.sqlite_terms import SqliteTerms
from stemma.memory.sqlite_vectors import MOST_BYTES, SqliteVectors
from stemma.memory.sqlite_writes import IndexEntry, add_answer, erase, index_entries
from stemma.memory.store.sqlite_items import SqliteItems

T = TypeVar("T", Source, Passage, Claim)

_QUERIES = load_queries("sql/read.sql")


class SqliteGraph(
    SqliteListing,
    SqliteLineage,
    SqliteChanges,
    SqliteReindexing,
    SqliteHistory,
    SqliteItems,
    SqliteExchange,
    SqliteConsolidation,
    SqliteConflicts,
):
    """`MemoryGraph` on an SQLite file, which is made with its folder when it is not there."""

    def __init__(
        self,
        path: Path,
        *,
        busy_milliseconds: int = 5_000,
        max_pages: int | None = None,
        vector_bytes: int = MOST_BYTES,
        term_bytes: int = MOST_TERM_BYTES,
    ) -> None:
        """`busy_milliseconds` is how long another process's lock is waited for; `max_pages` bounds the file,
        `vector_bytes` and `term_bytes` what is kept of its vectors and of its words in memory."""
        self.path = path
        self._database = SqliteDatabase(path, busy_milliseconds=busy_milliseconds, max_pages=max_pages)
        self._vectors = SqliteVectors(vector_bytes)
        self._terms = SqliteTerms(term_bytes)
        self._claimed: EmbedderIdentity | None = None

    async def open(self) -> None:
        try:
            await self._database.write(partial(check_or_migrate, path=self.path))
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        await self._database.close()

    async def embedder(self) -> EmbedderIdentity | None:
        return await self._database.read(read_embedder)

    async def claim_embedder(self, identity: EmbedderIdentity) -> None:
        if await self.embedder() != identity:
            await self._database.write(partial(claim_embedder, identity=identity))
        self._claimed = identity

    async def current_sources(self, scope: Scope, uris: Sequence[str]) -> dict[str, Source]:
        return await self._database.read(partial(current_sources, scope=scope, uris=uris))

    async def put_sources(self, bundles: Sequence[SourceBundle]) -> list[bool]:
        return await self.put_ready(await self.ready(bundles))

    async def ready(self, bundles: Sequence[SourceBundle]) -> list[ReadySource]:
        return list(map(ReadySource, bundles, await asyncio.to_thread(source_rows, bundles)))

    async def put_ready(self, sources: Sequence[ReadySource]) -> list[bool]:
        prepared = [source.rows for source in sources]
        return await self._database.write(partial(self._add_sources, prepared=prepared))

    def _add_sources(self, connection: apsw.Connection, prepared: Sequence[SourceRows]) -> list[bool]:
        for item in prepared:
            check_vectors(connection, item.bundle.vectors, self._claimed)
        return add_sources(connection, prepared)

    async def put_answers(self, bundles: Sequence[AnswerBundle]) -> list[bool]:
        if not bundles:
            return []
        entries = await asyncio.to_thread(lambda: [index_entries(each.claims, each.vectors) for each in bundles])
        return await self._database.write(partial(self._add_answers, bundles=bundles, entries=entries))

    def _add_answers(
        self, connection: apsw.Connection, bundles: Sequence[AnswerBundle], entries: Sequence[Sequence[IndexEntry]]
    ) -> list[bool]:
        for bundle in bundles:
            check_vectors(connection, bundle.vectors, self._claimed)
        return [add_answer(connection, *each) for each in zip(bundles, entries, strict=True)]

    async def put_answer(self, bundle: AnswerBundle) -> bool:
        [taken] = await self.put_answers([bundle])
        return taken

    async def search_text(self, scope: Scope, terms: Sequence[str], k: int) -> list[Scored]:
        query = words_query(scope, terms)
        if not query or k < 1:
            return []
        where = {**reader(scope), "query": query, "k": k}

        def best(connection: apsw.Connection) -> list[Scored]:
            found = self._terms.best(connection, scope, terms, k)
            return (
                [read_scored(row) for row in rows(connection, _QUERIES["search_words"], where)]
                if found is None
                else found
            )

        return await self._database.read(best)

    async def search_vector(self, scope: Scope, vector: Sequence[float], k: int) -> list[Scored]:
        def nearest(connection: apsw.Connection) -> list[Scored]:
            identity = read_embedder(connection)
            if identity is None:
                return []
            check_sizes([vector], identity.dimension)
            return self._vectors.nearest(connection, scope, vector, k)

        return await self._database.read(nearest)

    async def passages(self, scope: Scope, ids: Sequence[str]) -> list[Passage]:
        return await self._chosen(scope, ids, "passages", read_passage)

    async def earlier_passages(self, scope: Scope, quotes: Sequence[tuple[str, str]]) -> list[Passage]:
        where = {**reader(scope), "quotes": json.dumps(list(quotes)), "back": EARLIER}
        found = await self._database.read(lambda connection: rows(connection, _QUERIES["earlier_passages"], where))
        return [read_passage(row) for row in found]

    async def claims(self, scope: Scope, ids: Sequence[str]) -> list[Claim]:
        return await self._chosen(scope, ids, "claims", read_claim)

    async def sources(self, scope: Scope, ids: Sequence[str]) -> list[Source]:
        return await self._chosen(scope, ids, "sources", read_source)

    async def derivations(self, scope: Scope, claim_ids: Sequence[str]) -> list[Derivation]:
        where = {**reader(scope), "ids": json.dumps(list(claim_ids))}
        found = await self._database.read(lambda connection: rows(connection, _QUERIES["derivations"], where))
        return [read_derivation(row) for row in found]

    async def erase(self, scope: Scope) -> None:
        await self._database.write(partial(erase, tenant=scope.tenant, chosen=scope.owns))

    async def backup(self, target: str) -> None:
        await self._database.read(partial(copy_database, target=Path(target)))

    async def _chosen(
        self, scope: Scope, ids: Sequence[str], query: str, read: Callable[[tuple[Any, ...]], T]
    ) -> list[T]:
        if not ids:
            return []
        where = {**reader(scope), "ids": json.dumps(list(ids))}
        found = await self._database.read(lambda connection: rows(connection, _QUERIES[query], where))
        return in_order(ids, [read(row) for row in found])
