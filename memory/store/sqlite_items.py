"""Items of a store in the SQLite memory: their rows beside the sources that they rest on, their vectors beside both.

Decides the order of statements in a change. Sources, their versions and what follows from a withdrawal are written by
`sqlite_sources.py` and `sqlite_truth.py`, in the same transaction; vectors are compared in the process.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

import apsw
import numpy as np

from stemma.memory.identifiers import retraction_id
from stemma.memory.lineage.model import Retraction
from stemma.memory.model import Scope
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import Row, SqliteDatabase, rows
from stemma.memory.sqlite_embedder import packed
from stemma.memory.sqlite_listing import reader
from stemma.memory.sqlite_rows import scope_of
from stemma.memory.sqlite_sources import SourceRows, add_sources, current_sources, source_rows
from stemma.memory.sqlite_truth import take_back
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

_QUERIES = load_queries("sql/store.sql")


class SqliteItems:
    """`ItemStore` on an SQLite file."""

    _database: SqliteDatabase

    async def change_items(self, writes: Sequence[ItemWrite], removals: Sequence[ItemRemoval] = ()) -> list[bool]:
        prepared = await asyncio.to_thread(source_rows, [write.bundle for write in writes if write.bundle])
        return await self._database.write(partial(_change, writes=writes, prepared=prepared, removals=removals))

    async def items_at(self, scope: Scope, places: Sequence[Place], at: datetime) -> list[StoredItem]:
        wanted = json.dumps([[encoded(place.namespace), place.key] for place in places])
        return await self._items("items_at", scope, {"places": wanted, "at": expiry(at)})

    async def items_under(
        self, scope: Scope, prefix: Namespace, at: datetime, *, limit: int | None = None, offset: int = 0
    ) -> list[StoredItem]:
        page = {"limit": -1 if limit is None else limit, "offset": offset, "at": expiry(at)}
        return await self._items("items_under", scope, {**_range(prefix), **page})

    async def item_scores(
        self, scope: Scope, prefix: Namespace, embedder: str, vector: Sequence[float]
    ) -> dict[ItemKey, float]:
        where = {**reader(scope), **_range(prefix), "embedder": embedder}
        wanted = np.asarray(vector, dtype=np.float32)

        def best(connection: apsw.Connection) -> dict[ItemKey, float]:
            found = rows(connection, _QUERIES["vectors_under"], where)
            if not found:
                return {}
            kept = np.frombuffer(b"".join(row[3] for row in found), dtype=np.float32).reshape(len(found), -1)
            scores: dict[ItemKey, float] = {}
            for (audience, namespace, key, _), score in zip(found, np.vecdot(kept, wanted).tolist(), strict=True):
                row = ItemKey(audience, Place(decoded(namespace), key))
                scores[row] = max(score, scores.get(row, score))
            return scores

        return await self._database.read(best)

    async def item_namespaces(self, scope: Scope, prefix: Namespace, at: datetime) -> list[Namespace]:
        where = {**reader(scope), **_range(prefix), "at": expiry(at)}
        found = await self._database.read(lambda connection: rows(connection, _QUERIES["item_namespaces"], where))
        return [decoded(namespace) for (namespace,) in found]

    async def prolong_items(self, items: Sequence[StoredItem]) -> None:
        if not items:
            return
        which = [{**_where(item.scope, item.place), "expires_at": expiry(item.expires_at)} for item in items]
        await self._database.write(lambda connection: connection.executemany(_QUERIES["prolong"], which))

    async def expired_items(self, at: datetime, limit: int) -> list[StoredItem]:
        where = {"at": expiry(at), "limit": limit}
        found = await self._database.read(lambda connection: rows(connection, _QUERIES["expired"], where))
        return [_item(row[0], (*row[1:4], "", *row[4:])) for row in found]

    async def _items(self, query: str, scope: Scope, where: dict[str, Any]) -> list[StoredItem]:
        where = {**reader(scope), **where}
        found = await self._database.read(lambda connection: rows(connection, _QUERIES[query], where))
        return [_item(scope.tenant, row) for row in found]


def _change(
    connection: apsw.Connection,
    writes: Sequence[ItemWrite],
    prepared: Sequence[SourceRows],
    removals: Sequence[ItemRemoval],
) -> list[bool]:
    new = iter(add_sources(connection, prepared))
    taken = [next(new) if write.bundle else _still_says(connection, write.item) for write in writes]
    for write, is_taken in zip(writes, taken, strict=True):
        if is_taken:
            _put(connection, write)
    for removal in removals:
        _remove(connection, removal)
    return taken


def _still_says(connection: apsw.Connection, item: StoredItem) -> bool:
    newest = current_sources(connection, item.scope, [item.place.uri]).get(item.place.uri)
    return newest is not None and newest.id == item.source_id and newest.supported


def _put(connection: apsw.Connection, write: ItemWrite) -> None:
    item, where = write.item, _where(write.item.scope, write.item.place)
    values: dict[str, Any] = {
        "source_id": item.source_id,
        "created_at": expiry(item.created_at),
        "updated_at": expiry(item.updated_at),
        "ttl": item.ttl,
        "expires_at": expiry(item.expires_at),
    }
    connection.execute(_QUERIES["put_item"], {**where, **values})
    connection.execute(_QUERIES["remove_vectors"], where)
    for field, vector in enumerate(write.vectors):
        values = {"field": field, "embedder": write.embedder, "embedding": packed(vector)}
        connection.execute(_QUERIES["put_vector"], {**where, **values})


def _remove(connection: apsw.Connection, removal: ItemRemoval) -> None:
    scope, where = removal.scope, _where(removal.scope, removal.place)
    found = rows(connection, _QUERIES["row"], where)
    if not found or (removal.expired and found[0][0] > expiry(removal.at)):
        return
    versions = {**where, "uri": removal.place.uri}
    for (source_id,) in rows(connection, _QUERIES["standing_versions"], versions):
        decision = retraction_id(scope, source_id, removal.at.isoformat())
        take_back(connection, scope, Retraction(decision, scope, source_id, removal.reason, removal.actor, removal.at))
    if removal.expired:
        connection.execute(_QUERIES["remove_vectors"], where)
        connection.execute(_QUERIES["remove_row"], where)


def _where(scope: Scope, place: Place) -> dict[str, Any]:
    whose = {"tenant": scope.tenant, "audience": scope.audience}
    return {**whose, "namespace": encoded(place.namespace), "key": place.key}


def _range(prefix: Namespace) -> dict[str, Any]:
    low = encoded(prefix)
    # The separator's successor ends the range; an empty blob sorts behind every text.
    return {"low": low, "high": low[:-1] + "\x20" if low else b""}


_scope_of = lru_cache(maxsize=1_024)(scope_of)
"""Of many items of few scopes."""


def _item(tenant: str, row: Row) -> StoredItem:
    audience, namespace, key, metadata, source_id, created_at, updated_at, ttl, expires_at = row
    item = StoredItem(
        scope=_scope_of(tenant, audience),
        place=Place(decoded(namespace), key),
        value=json.loads(json.loads(metadata)["value"]) if metadata else {},
        source_id=source_id,
        created_at=datetime.fromisoformat(created_at),
        updated_at=datetime.fromisoformat(updated_at),
        ttl=ttl,
    )
    return item if ttl is None else replace(item, expires_at=datetime.fromisoformat(expires_at))
