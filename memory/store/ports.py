"""What a store of items needs of the memory graph: part of `MemoryGraph`, so that an item and the version of the source
that it rests on are written in one transaction.

Decides the contract only; held by `tests/contracts/memory_items.py` for every adapter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from stemma.memory.scope import Scope
from stemma.memory.store.model import ItemKey, ItemRemoval, ItemWrite, Namespace, Place, StoredItem


class ItemStore(Protocol):
    """Items by place. An item is there while its source is supported and its time is not over.

    A read sees the items of the scope's `audiences()`: of several at one place that of the narrowest. Writes carry
    their scope and reach no other one's item.
    """

    async def change_items(self, writes: Sequence[ItemWrite], removals: Sequence[ItemRemoval] = ()) -> list[bool]:
        """Put and delete in one transaction; for each write, in order, whether it was taken.

        A write is refused, and nothing of it written, when its bundle is not the next version of its source, or
        without a bundle, when `source_id` is not the newest version any more or is not supported. The row that is
        there keeps its `created_at`; everything else of it is replaced, its vectors too. Removing what is not there
        changes nothing. No two changes are of one place and scope.
        """

    async def items_at(self, scope: Scope, places: Sequence[Place], at: datetime) -> list[StoredItem]:
        """Those of the items that are there, in no particular order."""

    async def items_under(
        self, scope: Scope, prefix: Namespace, at: datetime, *, limit: int | None = None, offset: int = 0
    ) -> list[StoredItem]:
        """The items in a namespace or below it, the last updated first, then by namespace and key."""

    async def item_scores(
        self, scope: Scope, prefix: Namespace, embedder: str, vector: Sequence[float]
    ) -> dict[ItemKey, float]:
        """Of every row in a namespace or below it that has vectors of this embedder, the best cosine similarity."""

    async def item_namespaces(self, scope: Scope, prefix: Namespace, at: datetime) -> list[Namespace]:
        """The namespaces that hold an item, of those that begin with these labels; each once, in no order."""

    async def prolong_items(self, items: Sequence[StoredItem]) -> None:
        """Give rows their item's `expires_at`, those that are there still and live for a time; unknown ones are left
        out."""

    async def expired_items(self, at: datetime, limit: int) -> list[StoredItem]:
        """Items of any tenant whose time was over at `at`, the longest first. Their value is left empty."""
