"""`History`: looking back at one store.

Decides what is kept of a look: some pasts, each until its tenant is written to, because what today shows otherwise is a
part of it. It refuses moments without a time zone.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, datetime

from stemma.memory.errors import InvalidMoment
from stemma.memory.history.belief import past
from stemma.memory.history.difference import Difference, difference
from stemma.memory.history.model import DatedRegion, Past
from stemma.memory.history.past_items import item_then, lineage_then
from stemma.memory.history.past_reads import PastReads
from stemma.memory.lineage.model import Direction, Lineage
from stemma.memory.model import Derivation
from stemma.memory.ports import Item, MemoryGraph
from stemma.memory.recall.ports import Revision
from stemma.memory.scope import Scope

_KEPT = 8
"""Pasts kept, over all tenants."""
_ATTEMPTS = 3
"""How often a region is read again because the tenant was written to meanwhile."""


class History:
    """The pasts of one store, for one event loop."""

    def __init__(self, graph: MemoryGraph) -> None:
        self._graph = graph
        self._pasts: OrderedDict[tuple[str, datetime | None, datetime | None], tuple[Revision, Past]] = OrderedDict()

    async def past(self, scope: Scope, *, known_at: datetime | None = None, as_of: datetime | None = None) -> Past:
        """What the tenant's memory was at these moments; None is today.

        Raises `InvalidMoment` for one without a time zone, and what the store raises.
        """
        known_at = known_at and in_utc("known_at", known_at)
        as_of = as_of and in_utc("as_of", as_of)
        place = (scope.tenant, known_at, as_of)
        revision, kept = await self._graph.revision(scope), self._pasts.pop(place, None)
        if kept is not None and kept[0] == revision:
            self._pasts[place] = kept
            return kept[1]
        region, revision = await self._region(scope, known_at, as_of)
        found = await asyncio.to_thread(past, region, known_at, as_of)
        self._pasts[place] = (revision, found)
        while len(self._pasts) > _KEPT:
            self._pasts.popitem(last=False)
        return found

    async def item(self, scope: Scope, item_id: str, *, known_at: datetime | None) -> Item:
        """Any one item as it was known then. Raises `UnknownItem` also for one that was not there, `InvalidMoment`."""
        found = await self._graph.item(scope, item_id)
        return item_then(found, await self.past(scope, known_at=known_at)) if known_at else found

    async def derivations(self, scope: Scope, item_id: str, *, known_at: datetime | None) -> list[Derivation]:
        """What a claim was derived from, as far as that was known then."""
        if known_at is None:
            return await self._graph.derivations(scope, [item_id])
        reads = PastReads(self._graph, await self.past(scope, known_at=known_at))
        return await reads.derivations(scope, [item_id])

    async def lineage(
        self, scope: Scope, item_id: str, direction: Direction, *, limit: int, known_at: datetime | None
    ) -> Lineage:
        """What an item rested on, or what it had reached, as it was known then; of the `limit` nearest items of today.

        Raises `UnknownItem`, also for one that was not there, and `InvalidMoment`.
        """
        found = await self._graph.lineage(scope, item_id, direction, limit=limit)
        return lineage_then(found, await self.past(scope, known_at=known_at)) if known_at else found

    async def difference(self, scope: Scope, earlier: datetime, later: datetime) -> Difference:
        """What changed of what the scope may see, after one moment of belief and up to another.

        Raises `InvalidMoment` for one without a time zone and for a second one before the first; what the store raises.
        """
        first, second = in_utc("the first moment", earlier), in_utc("the second moment", later)
        if second < first:
            said = f"{later.isoformat()} is before {earlier.isoformat()}"
            raise InvalidMoment(said, hint="name the earlier one first")
        region, _ = await self._region(scope, first, second)
        return await asyncio.to_thread(difference, region, scope.audiences(), first, second)

    async def _region(
        self, scope: Scope, known_at: datetime | None, as_of: datetime | None
    ) -> tuple[DatedRegion, Revision]:
        """A region and the revision that it is of; the last one read, where others write all the time."""
        before = await self._graph.revision(scope)
        for _ in range(_ATTEMPTS):
            region = await self._graph.dated_region(scope, known_at=known_at, as_of=as_of)
            region = replace(region, duplicates=await self._graph.dated_duplicates(scope))
            after = await self._graph.revision(scope)
            if after == before:
                break
            before = after
        return region, before


def in_utc(name: str, moment: datetime) -> datetime:
    """The same moment in UTC. Raises `InvalidMoment` for one without a zone: it would be another one elsewhere."""
    if moment.tzinfo is None:
        said = f"{name} has no time zone: {moment.isoformat()}"
        raise InvalidMoment(said, hint="put Z behind it, or an offset like +02:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise InvalidMoment(f"{name} is out of range: {moment.isoformat()}", hint="name a year of this age") from error
