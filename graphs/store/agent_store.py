"""LangGraph's `BaseStore` over memory: what a graph gets as its `store`.

Decides what each of LangGraph's operations is in memory, and that a batch is what it is in LangGraph's own stores: the
reads see what stood there before it, of several puts at one place the last one counts, and all puts of a batch are one
transaction. Whose items they are, memory decides by the scope.

The methods without an `a` work from any thread but the event loop's own: they wait for work that the loop does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from langgraph.store.base import (
    BaseStore,
    GetOp,
    Item,
    ListNamespacesOp,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
    TTLConfig,
    get_text_at_path,
    validate_op_namespace,
)

from stemma.memory.scope import Scope
from stemma.memory.store.items import Items, Origin, Put, Query
from stemma.memory.store.matching import NamespacePattern
from stemma.memory.store.model import FoundItem, Place, StoredItem


class AgentStore(BaseStore):
    """The items of one scope. Made on the event loop that it is used from, or from whose threads it is used.

    Values that JSON cannot say raise `InvalidItem`; so does a filter with an unknown operator.
    """

    supports_ttl = True

    def __init__(
        self,
        items: Items,
        scope: Scope,
        *,
        fields: Sequence[str] = (),
        ttl: TTLConfig | None = None,
        origin: Origin | None = None,
    ) -> None:
        """`fields` are indexed of a value whose put does not say: paths into it, `$` is all of it."""
        self._items, self._scope, self._origin = items, scope, origin
        self._fields = list(fields)
        self._loop = asyncio.get_running_loop()
        self.ttl_config = ttl

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Raises `asyncio.InvalidStateError` on the event loop itself, which it would block for ever."""
        try:
            blocked = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            blocked = False
        if blocked:
            raise asyncio.InvalidStateError(
                "a synchronous store method was called on the event loop: there, use `await store.aget(…)`, `aput`, "
                "`asearch`, `adelete` or `alist_namespaces`, or make the step a plain function"
            )
        return asyncio.run_coroutine_threadsafe(self.abatch(ops), self._loop).result()

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        asked = list(ops)
        for op in asked:
            validate_op_namespace(op)
        found = await self._get([op for op in asked if isinstance(op, GetOp)])
        results = [await self._result(op, found) for op in asked]
        puts = {Place(tuple(op.namespace), op.key): op for op in asked if isinstance(op, PutOp)}
        if puts:
            await self._items.change(
                self._scope,
                [self._put(place, op) for place, op in puts.items() if op.value is not None],
                [place for place, op in puts.items() if op.value is None],
                origin=self._origin,
            )
        return results

    async def _get(self, ops: Sequence[GetOp]) -> dict[Place, StoredItem]:
        """All gets of a batch in one look, or two: only some may put off an item's end."""
        found: dict[Place, StoredItem] = {}
        for refresh in (False, True):
            places = [Place(tuple(op.namespace), op.key) for op in ops if bool(op.refresh_ttl) is refresh]
            if places:
                found |= await self._items.at(self._scope, places, refresh=refresh)
        return found

    async def _result(self, op: Op, found: dict[Place, StoredItem]) -> Result:
        match op:
            case GetOp():
                item = found.get(Place(tuple(op.namespace), op.key))
                return _shown(item) if item else None
            case SearchOp():
                return [_shown_found(each) for each in await self._search(op)]
            case ListNamespacesOp():
                patterns = [NamespacePattern(one.match_type, one.path) for one in op.match_conditions or ()]
                spaces = await self._items.namespaces(self._scope, patterns, depth=op.max_depth)
                return spaces[op.offset : op.offset + op.limit]
            case PutOp():
                return None

    async def _search(self, op: SearchOp) -> list[FoundItem]:
        query = Query(tuple(op.namespace_prefix), op.filter or {}, op.query or "", max(op.limit, 0), max(op.offset, 0))
        return await self._items.search(self._scope, query, refresh=bool(op.refresh_ttl))

    def _put(self, place: Place, op: PutOp) -> Put:
        value = dict(op.value or {})
        paths = self._fields if op.index is None else op.index or []
        texts = [text for path in paths for text in get_text_at_path(value, path)]
        return Put(place, value, texts, op.ttl)


def _shown(item: StoredItem) -> Item:
    return Item(**_parts(item))


def _shown_found(found: FoundItem) -> SearchItem:
    return SearchItem(**_parts(found.item), score=found.score)


def _parts(item: StoredItem) -> dict[str, Any]:
    return {
        "namespace": item.place.namespace,
        "key": item.place.key,
        "value": dict(item.value),
        "created_at": item.created_at,
        "updated_at": item.updated_at,
    }
