"""Items of a store in this process's own memory: the port's mirror, as short as it can be.

Decides nothing that the port does not say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from operator import mul

from stemma.memory.identifiers import retraction_id
from stemma.memory.lineage.model import Retraction
from stemma.memory.memory_rows import TenantRows, add_source
from stemma.memory.memory_truth import settle, take_back
from stemma.memory.memory_vectors import InMemoryVectors
from stemma.memory.model import Scope, Source
from stemma.memory.store.model import ItemKey, ItemRemoval, ItemWrite, Namespace, Place, StoredItem, encoded


class InMemoryItems(InMemoryVectors):
    """`ItemStore` over the tenants' rows."""

    async def change_items(self, writes: Sequence[ItemWrite], removals: Sequence[ItemRemoval] = ()) -> list[bool]:
        taken = [_put(self._rows(write.item.scope), write) for write in writes]
        for removal in removals:
            _remove(self._rows(removal.scope), removal)
        return taken

    async def items_at(self, scope: Scope, places: Sequence[Place], at: datetime) -> list[StoredItem]:
        return [item for item in self._visible(scope, (), at) if item.place in places]

    async def items_under(
        self, scope: Scope, prefix: Namespace, at: datetime, *, limit: int | None = None, offset: int = 0
    ) -> list[StoredItem]:
        found = sorted(
            self._visible(scope, prefix, at), key=lambda item: (encoded(item.place.namespace), item.place.key)
        )
        found.sort(key=lambda item: item.updated_at, reverse=True)
        return found[offset:] if limit is None else found[offset : offset + limit]

    async def item_scores(
        self, scope: Scope, prefix: Namespace, embedder: str, vector: Sequence[float]
    ) -> dict[ItemKey, float]:
        return {
            row: max(sum(map(mul, vector, one)) for one in put.vectors)
            for row, put in self._rows(scope).stored.items()
            if put.embedder == embedder and put.vectors and _below(scope, prefix, row)
        }

    async def item_namespaces(self, scope: Scope, prefix: Namespace, at: datetime) -> list[Namespace]:
        return list({item.place.namespace for item in self._visible(scope, prefix, at)})

    async def prolong_items(self, items: Sequence[StoredItem]) -> None:
        for item in items:
            stored = self._rows(item.scope).stored
            if (put := stored.get(item.row)) and put.item.ttl is not None:
                stored[item.row] = replace(put, item=replace(put.item, expires_at=item.expires_at))

    async def expired_items(self, at: datetime, limit: int) -> list[StoredItem]:
        kept = [put.item for rows in self._tenants.values() for put in rows.stored.values()]
        over = [(item.expires_at, item) for item in kept if item.expires_at is not None and item.expires_at <= at]
        return [replace(item, value={}) for _, item in sorted(over, key=lambda pair: pair[0])[:limit]]

    def _visible(self, scope: Scope, prefix: Namespace, at: datetime) -> list[StoredItem]:
        rows = self._rows(scope)
        narrowest: dict[Place, StoredItem] = {}
        order = scope.audiences()
        here = [put.item for row, put in rows.stored.items() if _below(scope, prefix, row)]
        for item in sorted(here, key=lambda one: order.index(one.scope.audience)):
            source = rows.items[item.source_id]
            if isinstance(source, Source) and source.supported and (item.expires_at is None or item.expires_at > at):
                narrowest[item.place] = item
        return list(narrowest.values())


def _below(scope: Scope, prefix: Namespace, row: ItemKey) -> bool:
    return row.audience in scope.audiences() and row.place.namespace[: len(prefix)] == prefix


def _put(rows: TenantRows, write: ItemWrite) -> bool:
    item = write.item
    if write.bundle is None:
        newest = rows.newest(item.scope, item.place.uri)
        if newest is None or newest.id != item.source_id or not newest.supported:
            return False
    elif not add_source(rows, write.bundle):
        return False
    settle(rows)
    known = rows.stored.get(item.row)
    created_at = known.item.created_at if known else item.created_at
    rows.stored[item.row] = replace(write, item=replace(item, created_at=created_at))
    return True


def _remove(rows: TenantRows, removal: ItemRemoval) -> None:
    scope, place = removal.scope, removal.place
    known = rows.stored.get(ItemKey(scope.audience, place))
    if known is None:
        return
    ends = known.item.expires_at
    if removal.expired and (ends is None or ends > removal.at):
        return
    for item in list(rows.items.values()):
        if isinstance(item, Source) and item.scope == scope and item.uri == place.uri and not item.withdrawn:
            decision = retraction_id(scope, item.id, removal.at.isoformat())
            take_back(rows, scope, Retraction(decision, scope, item.id, removal.reason, removal.actor, removal.at))
    if removal.expired:
        del rows.stored[known.item.row]
