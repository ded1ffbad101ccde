"""Items of a store in Neo4j: a node by place beside the sources, in the tenant's turn like every other write.

Decides the order of statements in a change. Versions of sources, and what follows from a withdrawal, are written as
everywhere else; vectors are compared by the server, exactly and without an index: a namespace is a small part.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from stemma.memory.identifiers import retraction_id
from stemma.memory.lineage.model import Retraction
from stemma.memory.model import Scope
from stemma.memory.neo4j_connection import Neo4jConnection
from stemma.memory.neo4j_dialect import Dialect
from stemma.memory.neo4j_flags import decide, settle
from stemma.memory.neo4j_rows import Row, head_key, retraction_row
from stemma.memory.neo4j_rows import key as name_of
from stemma.memory.neo4j_sources import SourceRows, source_rows, write_sources
from stemma.memory.neo4j_turn import Serving, Turn, Undone, in_turn
from stemma.memory.queries import load_queries
from stemma.memory.store.model import (
    ItemKey,
    ItemRemoval,
    ItemWrite,
    Namespace,
    Place,
    StoredItem,
    decoded,
    encoded,
    expiry,
)

_QUERIES = load_queries("cypher/items.cypher")
_EVERYTHING = 2**31 - 1


class Neo4jItems:
    """`ItemStore` over one Neo4j database."""

    _connection: Neo4jConnection
    _dialect: Dialect
    _serving: Serving | None

    async def change_items(self, writes: Sequence[ItemWrite], removals: Sequence[ItemRemoval] = ()) -> list[bool]:
        bundles = [write.bundle for write in writes if write.bundle]
        prepared = await asyncio.to_thread(source_rows, bundles, self._dialect.sent)
        tenants = {write.item.scope.tenant for write in writes} | {removal.scope.tenant for removal in removals}

        async def work(turns: dict[str, Turn]) -> list[bool]:
            taken = await _taken(turns, writes, prepared)
            await _put(turns, [write for write, is_taken in zip(writes, taken, strict=True) if is_taken])
            for removal in removals:
                await _remove(turns[removal.scope.tenant], removal)
            if not any(taken) and not removals:
                raise Undone
            return taken

        if not tenants:
            return []
        searched = any(write.bundle and write.bundle.vectors for write in writes)
        try:
            return await in_turn(self._connection, tenants, work, self._serving if searched else None)
        except Undone:
            return [False] * len(writes)

    async def items_at(self, scope: Scope, places: Sequence[Place], at: datetime) -> list[StoredItem]:
        names = [[_row_name(audience, place) for audience in scope.audiences()] for place in places]
        return await self._items("items_at", scope, places=names, at=expiry(at))

    async def items_under(
        self, scope: Scope, prefix: Namespace, at: datetime, *, limit: int | None = None, offset: int = 0
    ) -> list[StoredItem]:
        page = {"limit": _EVERYTHING if limit is None else limit, "offset": offset}
        return await self._items("items_under", scope, prefix=encoded(prefix), at=expiry(at), **page)

    async def item_scores(
        self, scope: Scope, prefix: Namespace, embedder: str, vector: Sequence[float]
    ) -> dict[ItemKey, float]:
        where = {"prefix": encoded(prefix), "embedder": embedder, "vector": list(vector)}
        [found] = await self._connection.read(_QUERIES["item_scores"], {**_own(scope), **where})
        # The server's score is (1 + cosine) / 2.
        return {
            ItemKey(audience, Place(decoded(namespace), key)): 2 * score - 1
            for audience, namespace, key, score in found["rows"]
        }

    async def item_namespaces(self, scope: Scope, prefix: Namespace, at: datetime) -> list[Namespace]:
        where = {**_own(scope), "prefix": encoded(prefix), "at": expiry(at)}
        [found] = await self._connection.read(_QUERIES["item_namespaces"], where)
        return [decoded(namespace) for namespace in found["rows"]]

    async def prolong_items(self, items: Sequence[StoredItem]) -> None:
        by_tenant: defaultdict[str, list[Row]] = defaultdict(list)
        for item in items:
            row = {"place": _row_name(*item.row), "expires_at": expiry(item.expires_at)}
            by_tenant[item.scope.tenant].append(row)
        for tenant, rows in by_tenant.items():
            await self._connection.run(_QUERIES["prolong"], {"tenant": tenant, "rows": rows})

    async def expired_items(self, at: datetime, limit: int) -> list[StoredItem]:
        [found] = await self._connection.read(_QUERIES["expired"], {"at": expiry(at), "limit": limit})
        return [_item(row["tenant"], row) for row in found["rows"]]

    async def _items(self, query: str, scope: Scope, **where: object) -> list[StoredItem]:
        [found] = await self._connection.read(_QUERIES[query], {**_own(scope), **where})
        return [_item(scope.tenant, row) for row in found["rows"]]


async def _taken(turns: Mapping[str, Turn], writes: Sequence[ItemWrite], prepared: Sequence[SourceRows]) -> list[bool]:
    try:
        new = iter(await write_sources(dict(turns), prepared))
    except Undone:
        new = iter([False] * len(prepared))
    return [next(new) if write.bundle else await _still_says(turns, write.item) for write in writes]


async def _still_says(turns: Mapping[str, Turn], item: StoredItem) -> bool:
    keys = [head_key(item.scope, item.place.uri)]
    newest = await turns[item.scope.tenant].rows(_QUERIES, "standing", keys=keys)
    return any(row["id"] == item.source_id and row["supported"] for row in newest)


async def _put(turns: Mapping[str, Turn], writes: Sequence[ItemWrite]) -> None:
    for tenant, turn in turns.items():
        own = [write for write in writes if write.item.scope.tenant == tenant]
        await turn.put(_QUERIES, "put_items", [_values(write.item) for write in own])
        vectors = [
            {"place": _row_name(*write.item.row), "embedder": write.embedder, "vector": list(vector)}
            for write in own
            for vector in write.vectors
        ]
        await turn.put(_QUERIES, "put_vectors", vectors)


async def _remove(turn: Turn, removal: ItemRemoval) -> None:
    scope, name = removal.scope, _row_name(removal.scope.audience, removal.place)
    found = await turn.rows(_QUERIES, "rows", places=[name])
    if not found or (removal.expired and found[0]["expires_at"] > expiry(removal.at)):
        return
    versions = await turn.rows(_QUERIES, "standing_versions", key=head_key(scope, removal.place.uri))
    ids = [row["id"] for row in versions]
    made = [
        Retraction(
            retraction_id(scope, source_id, removal.at.isoformat()),
            scope,
            source_id,
            removal.reason,
            removal.actor,
            removal.at,
        )
        for source_id in ids
    ]
    await decide(turn, ids, made=[retraction_row(decision) for decision in made])
    await settle(turn, ids)
    if removal.expired:
        await turn.rows(_QUERIES, "remove_rows", places=[name])


def _row_name(audience: str, place: Place) -> str:
    return name_of(audience, encoded(place.namespace), place.key)


def _own(scope: Scope) -> Row:
    return {"tenant": scope.tenant, "audiences": list(scope.audiences())}


def _values(item: StoredItem) -> Row:
    values = {
        "audience": item.scope.audience,
        "namespace": encoded(item.place.namespace),
        "key": item.place.key,
        "source_id": item.source_id,
        "updated_at": expiry(item.updated_at),
        "expires_at": expiry(item.expires_at),
    }
    return {"place": _row_name(*item.row), "created_at": expiry(item.created_at), "ttl": item.ttl, "values": values}


def _item(tenant: str, row: Row) -> StoredItem:
    item = StoredItem(
        scope=Scope(tenant, *row["audience"].split("\x1f")),
        place=Place(decoded(row["namespace"]), row["key"]),
        value=json.loads(json.loads(row["metadata"])["value"]) if row["metadata"] else {},
        source_id=row["source_id"],
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        ttl=row["ttl"],
    )
    return item if item.ttl is None else replace(item, expires_at=datetime.fromisoformat(row["expires_at"]))
