"""The memory graph in one SQLite file: tables for the graph, FTS5 for words, sqlite-vec for vectors.

Decides nothing about ranking or ids. All work runs in threads (`sqlite_database.py`); several processes may use one
file at the same time; every query stands in `sql/` and takes the tenant.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import apsw

from stemma.memory.bundles import AnswerBundle, SourceBundle
from stemma.memory.errors import EmbedderMismatch, UnknownItem
from stemma.memory.model import (
    Answer,
    Claim,
    Derivation,
    Entity,
    Node,
    Passage,
    Relation,
    Scope,
    Scored,
    Source,
    Statistics,
)
from stemma.memory.ports import EmbedderIdentity, ItemPage
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import SqliteDatabase, copy_database, rows
from stemma.memory.sqlite_rows import (
    indexed,
    place_token,
    read_answer,
    read_claim,
    read_derivation,
    read_entity,
    read_passage,
    read_scored,
    read_source,
)
from stemma.memory.sqlite_schema import check_or_migrate
from stemma.memory.sqlite_sources import add_sources, current_sources, source_rows
from stemma.memory.sqlite_writes import (
    add_answer,
    claim_embedder,
    erase,
    index_entries,
    packed,
    read_embedder,
)

Item = Source | Passage | Entity | Claim | Answer
T = TypeVar("T", bound=Item)

_QUERIES = load_queries("sql/read.sql")
_MOST_NEIGHBOURS = 4096
"""sqlite-vec's own bound on k."""
_NODE_TABLES = {node: node.value.lower() for node in Node}
_RELATION_TABLES = {
    relation: relation.value.lower() for relation in Relation if relation not in (Relation.PART_OF, Relation.REPLACES)
}
_READERS: dict[Node, tuple[str, Callable[[tuple[Any, ...]], Item]]] = {
    Node.SOURCE: ("sources", read_source),
    Node.PASSAGE: ("passages", read_passage),
    Node.ENTITY: ("entities", read_entity),
    Node.CLAIM: ("claims", read_claim),
    Node.ANSWER: ("answers", read_answer),
}


class SqliteGraph:
    """`MemoryGraph` on an SQLite file, which is made with its folder when it is not there."""

    def __init__(self, path: Path, *, busy_milliseconds: int = 5_000, max_pages: int | None = None) -> None:
        """`busy_milliseconds` is how long another process's lock is waited for; `max_pages` bounds the file."""
        self.path = path
        self._database = SqliteDatabase(path, busy_milliseconds=busy_milliseconds, max_pages=max_pages)
        self._identity: EmbedderIdentity | None = None

    async def open(self) -> None:
        try:
            await self._database.write(partial(check_or_migrate, path=self.path))
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        await self._database.close()

    async def embedder(self) -> EmbedderIdentity | None:
        if self._identity is None:
            self._identity = await self._database.read(read_embedder)
        return self._identity

    async def claim_embedder(self, identity: EmbedderIdentity) -> None:
        if await self.embedder() != identity:
            await self._database.write(partial(claim_embedder, identity=identity))

    async def current_sources(self, scope: Scope, uris: Sequence[str]) -> dict[str, Source]:
        return await self._database.read(partial(current_sources, scope=scope, uris=uris))

    async def put_sources(self, bundles: Sequence[SourceBundle]) -> list[bool]:
        for bundle in bundles:
            await self._check_vectors(bundle.vectors)
        prepared = await asyncio.to_thread(source_rows, bundles)
        return await self._database.write(partial(add_sources, prepared=prepared))

    async def put_answer(self, bundle: AnswerBundle) -> bool:
        await self._check_vectors(bundle.vectors)
        entries = await asyncio.to_thread(index_entries, bundle.claims, bundle.vectors)
        return await self._database.write(partial(add_answer, bundle=bundle, entries=entries))

    async def search_text(self, scope: Scope, terms: Sequence[str], k: int) -> list[Scored]:
        query = words_query(scope, terms)
        if not query:
            return []
        where = {**_reader(scope), "query": query, "k": k}
        found = await self._database.read(lambda connection: rows(connection, _QUERIES["search_words"], where))
        return [read_scored(row) for row in found]

    async def search_vector(self, scope: Scope, vector: Sequence[float], k: int) -> list[Scored]:
        if await self.embedder() is None:
            return []
        await self._check_vectors([vector])
        where = {"tenant": scope.tenant, "embedding": packed(vector), "k": min(k, _MOST_NEIGHBOURS)}

        def nearest(connection: apsw.Connection) -> list[Scored]:
            found = [
                read_scored(row)
                for audience in scope.audiences()
                for row in rows(connection, _QUERIES["search_vectors"], {**where, "audience": audience})
            ]
            return sorted(found, key=lambda item: (-item.score, item.id))[:k]

        return await self._database.read(nearest)

    async def passages(self, scope: Scope, ids: Sequence[str]) -> list[Passage]:
        return await self._chosen(scope, ids, "passages", read_passage)

    async def claims(self, scope: Scope, ids: Sequence[str]) -> list[Claim]:
        return await self._chosen(scope, ids, "claims", read_claim)

    async def sources(self, scope: Scope, ids: Sequence[str]) -> list[Source]:
        return await self._chosen(scope, ids, "sources", read_source)

    async def item(self, scope: Scope, item_id: str) -> Item:
        def find(connection: apsw.Connection) -> Item | None:
            for query, read in _READERS.values():
                for row in rows(connection, _QUERIES[query], {**_reader(scope), "ids": json.dumps([item_id])}):
                    return read(row)
            return None

        found = await self._database.read(find)
        if found is None:
            raise UnknownItem(f"there is no {item_id!r} in this scope", hint="stemma memory ls")
        return found

    async def items(self, scope: Scope, node: Node, *, limit: int, offset: int = 0) -> ItemPage:
        if node not in _READERS:
            return ItemPage([], 0)
        query, read = _READERS[node]
        where = _reader(scope)

        def page(connection: apsw.Connection) -> ItemPage:
            ((total,),) = rows(connection, _QUERIES["count_rows"].format(table=_NODE_TABLES[node]), where)
            window = {**where, "limit": limit, "offset": offset}
            ids = [item_id for (item_id,) in rows(connection, _QUERIES[f"list_{query}"], window)]
            found = rows(connection, _QUERIES[query], {**where, "ids": json.dumps(ids)})
            return ItemPage(_in_order(ids, [read(row) for row in found]), total)

        return await self._database.read(page)

    async def derivations(self, scope: Scope, claim_ids: Sequence[str]) -> list[Derivation]:
        where = {**_reader(scope), "ids": json.dumps(list(claim_ids))}
        found = await self._database.read(lambda connection: rows(connection, _QUERIES["derivations"], where))
        return [read_derivation(row) for row in found]

    async def statistics(self, scope: Scope) -> Statistics:
        where = _reader(scope)

        def count(connection: apsw.Connection) -> Statistics:
            def size(table: str) -> int:
                return int(rows(connection, _QUERIES["count_rows"].format(table=table), where)[0][0])

            nodes: dict[str, int] = {node: size(table) for node, table in _NODE_TABLES.items()}
            relations: dict[str, int] = {relation: size(table) for relation, table in _RELATION_TABLES.items()}
            relations[Relation.PART_OF] = nodes[Node.PASSAGE]
            relations[Relation.REPLACES] = int(rows(connection, _QUERIES["count_replacements"], where)[0][0])
            return Statistics(nodes, relations)

        return await self._database.read(count)

    async def erase(self, scope: Scope) -> None:
        def chosen(audience: str) -> bool:
            pairs = zip(scope.audience.split("\x1f"), audience.split("\x1f"), strict=True)
            return all(wanted in ("", own) for wanted, own in pairs)

        await self._database.write(partial(erase, tenant=scope.tenant, chosen=chosen))

    async def backup(self, target: str) -> None:
        await self._database.read(partial(copy_database, target=Path(target)))

    async def _chosen(
        self, scope: Scope, ids: Sequence[str], query: str, read: Callable[[tuple[Any, ...]], T]
    ) -> list[T]:
        if not ids:
            return []
        where = {**_reader(scope), "ids": json.dumps(list(ids))}
        found = await self._database.read(lambda connection: rows(connection, _QUERIES[query], where))
        return _in_order(ids, [read(row) for row in found])

    async def _check_vectors(self, vectors: Sequence[Sequence[float]]) -> None:
        identity = await self.embedder() if vectors else None
        dimension = identity.dimension if identity else 0
        for vector in vectors:
            if len(vector) != dimension:
                raise EmbedderMismatch(f"a vector of {len(vector)} numbers does not fit a memory of {dimension}")


def words_query(scope: Scope, terms: Sequence[str]) -> str:
    """The FTS5 query for any of the terms in what the scope may see; empty when no term has a letter or digit.

    Only folded letters and digits come through `indexed`, and each term is quoted, so nothing in it is query syntax.
    """
    places = " OR ".join(f'"{place_token(scope.tenant, audience)}"' for audience in scope.audiences())
    wanted = " OR ".join(f'"{term}"' for term in dict.fromkeys(indexed(" ".join(terms)).split()))
    return f"place : ({places}) AND {{title text}} : ({wanted})" if wanted else ""


def _reader(scope: Scope) -> dict[str, Any]:
    return {"tenant": scope.tenant, "audiences": json.dumps(scope.audiences())}


def _in_order(ids: Sequence[str], found: Sequence[T]) -> list[T]:
    by_id = {item.id: item for item in found}
    return [by_id[item_id] for item_id in dict.fromkeys(ids) if item_id in by_id]
