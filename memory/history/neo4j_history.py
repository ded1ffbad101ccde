"""Looking back in Neo4j.

Decides where a look begins (with what the indexes in time give for its moments), and how a search of the past never
comes short: the words index of the past holds everything, and vectors that have left their index are compared one by
one. What was believed follows from the region in `belief.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from stemma.memory.consolidation.neo4j_showing import QUERIES as SHOWING
from stemma.memory.consolidation.neo4j_showing import standing
from stemma.memory.history.belief import anchors
from stemma.memory.history.model import (
    DatedDuplicate,
    DatedDuplicates,
    DatedItem,
    DatedRegion,
    Opposed,
    Reason,
    Sight,
    SourceVersion,
    Supersession,
    slack,
)
from stemma.memory.lineage.model import Status
from stemma.memory.model import Node, Scope, Scored
from stemma.memory.neo4j_connection import Row
from stemma.memory.neo4j_dialect import Slot
from stemma.memory.neo4j_rows import head_key, instant, text_query
from stemma.memory.neo4j_search import Neo4jSearch
from stemma.memory.neo4j_values import NODES, retraction, scored, status
from stemma.memory.queries import load_queries

_QUERIES = load_queries("cypher/history.cypher")
_IDS = 5_000
"""Ids of one question."""
_MORE = 8
"""So many times more is asked of an index each time it came short."""
_MOST_FETCHED = 4_096
"""From here on the vector index is of no help: too much of what it finds was not there then."""


class Neo4jHistory(Neo4jSearch):
    """`HistoryStore` over one Neo4j database."""

    async def dated_region(self, scope: Scope, *, known_at: datetime | None, as_of: datetime | None) -> DatedRegion:
        seeds, moved = set[str](), set[str]()
        if known_at is not None:
            await self._seed("later", scope, {"after": instant(known_at)}, seeds, moved)
        if as_of is not None:
            begins, ends = slack(as_of)
            await self._seed("not_holding", scope, {"begins": begins, "ends": ends, "at": instant(as_of)}, seeds, moved)
        places = await self._look("places", scope, "ids", moved)
        keys = {head_key(_scope(scope, audience), uri) for audience, uri in places}
        versions = [SourceVersion(*row) for row in await self._look("versions", scope, "keys", keys)]
        return await self._region(scope, seeds | anchors(versions, moved))

    async def dated_duplicates(self, scope: Scope) -> DatedDuplicates:
        [found] = await self._connection.read(_QUERIES["duplicates"], {"tenant": scope.tenant})
        if not found["rows"]:
            return DatedDuplicates()
        edges = [DatedDuplicate(one, other, datetime.fromisoformat(at)) for one, other, at in found["rows"]]

        async def ask(query: str, ids: list[str]) -> list[list[Any]]:
            [asked] = await self._connection.read(SHOWING[query], {"tenant": scope.tenant, "ids": ids})
            return list(asked["rows"])

        now = await standing(ask, {item_id for one in edges for item_id in one[:2]})
        searched = {item_id: [item_id] for item_id, place in now.places.items() if not place.unsearched}
        for source_id, passages in await self._look("parts", scope, "ids", now.places):
            searched[source_id] = passages
        return DatedDuplicates(edges, now.places, now.current, searched)

    async def search_text_past(self, scope: Scope, terms: Sequence[str], k: int, sight: Sight) -> list[Scored]:
        query = text_query(scope, terms)
        if not query or k < 1:
            return []
        seen = {"hidden": list(sight.hidden), "shown": list(sight.shown)}
        fetch = k + max(16, k // 4)
        while True:
            parameters = {"tenant": scope.tenant, "query": query, "fetch": fetch, "k": k, **seen}
            [found] = await self._connection.read(_QUERIES["text"], parameters)
            if len(found["rows"]) >= k or found["seen"] < fetch:
                return [scored(row) for row in found["rows"]]
            fetch *= _MORE

    async def search_vector_past(self, scope: Scope, vector: Sequence[float], k: int, sight: Sight) -> list[Scored]:
        if await self.embedder() is None:
            return []
        await self._check_vectors([vector])
        if not any(vector) or k < 1:
            return []
        rows = await self._nearest_then(scope, list(vector), k, sight)
        # Neo4j's cosine score is (1 + cos) / 2.
        return [replace(found, score=2 * found.score - 1) for found in map(scored, rows)]

    async def opposed(self, scope: Scope, ids: Sequence[str], known_at: datetime) -> list[Opposed]:
        own = {"tenant": scope.tenant, "audiences": list(scope.audiences()), "ids": list(ids)}
        [found] = await self._connection.read(_QUERIES["opposed"], {**own, "at": instant(known_at)})
        return [Opposed(*row) for row in found["rows"]]

    async def _nearest_then(self, scope: Scope, vector: list[float], k: int, sight: Sight) -> list[Row]:
        slot = self._serving.slot if self._serving else Slot.A
        own = {"tenant": scope.tenant, "audiences": list(scope.audiences()), "vector": vector, "k": k}
        fetch = k + min(len(sight.hidden), max(16, k // 4))
        while fetch <= _MOST_FETCHED:
            found = await self._nearest(scope, vector, fetch)
            kept = [row for row in found if row["id"] not in sight.hidden and row["id"] not in sight.shown]
            if len(kept) >= k or len(found) < fetch:
                query = slot.into(_QUERIES["nearest_shown"])
                kept += await self._connection.read(query, {**own, "ids": list(sight.shown)}) if sight.shown else []
                return sorted(kept, key=lambda row: (-row["score"], row["id"]))[:k]
            fetch *= _MORE
        seen = {"hidden": list(sight.hidden), "shown": list(sight.shown)}
        return await self._connection.read(slot.into(_QUERIES["nearest_then"]), {**own, **seen})

    async def _seed(self, query: str, scope: Scope, moments: dict[str, str], seeds: set[str], moved: set[str]) -> None:
        [found] = await self._connection.read(_QUERIES[query], {"tenant": scope.tenant, **moments})
        seeds.update(found["ids"])
        moved.update(found["sources"])

    async def _look(self, query: str, scope: Scope, name: str, values: Iterable[str]) -> list[list[Any]]:
        """The rows of a query over ids or keys, so many at a time."""
        wanted, found = sorted(values), list[list[Any]]()
        for start in range(0, len(wanted), _IDS):
            parameters = {"tenant": scope.tenant, name: wanted[start : start + _IDS]}
            found += [row for some in await self._connection.read(_QUERIES[query], parameters) for row in some["rows"]]
        return found

    async def _region(self, scope: Scope, seeds: set[str]) -> DatedRegion:
        parts: defaultdict[str, list[Any]] = defaultdict(list)
        wanted, known = seeds, set[str]()
        while wanted:
            parameters = {"tenant": scope.tenant, "ids": sorted(wanted)}
            some: defaultdict[str, list[Any]] = defaultdict(list)
            for row in await self._connection.read(_QUERIES["region"], parameters):
                some[row["part"]] += row["rows"]
            for name, rows in some.items():
                parts[name] += rows
            known |= {row[0] for row in some["items"]} | wanted
            wanted = {older for (older,) in some["older"]} - known
        items = {row[0]: _item(*row) for row in parts["items"]}
        reasons = list(
            dict.fromkeys(
                Reason(item_id, antecedent, justification or "", datetime.fromisoformat(at))
                for item_id, antecedent, justification, at in parts["rests"]
            )
        )
        items |= _dated_passages(items, reasons)
        supersessions = {Supersession(newer, older, datetime.fromisoformat(at)) for newer, older, at in parts["newer"]}
        decisions = {row["id"]: retraction(scope.tenant, row) for row in parts["decisions"]}
        named = {one.antecedent for one in reasons} | {one.newer for one in supersessions}
        around = await self._look("around", scope, "ids", named - items.keys())
        return DatedRegion(
            items,
            reasons,
            list(supersessions),
            list(decisions.values()),
            {item_id: status(NODES[label], *flags) for item_id, label, *flags in around},
        )


def _item(item_id: str, label: str, audience: str, *rest: Any) -> DatedItem:
    supported, recallable, replaced, stale, at, valid_from, valid_to, uri, version, searched = rest
    now: Status = status(NODES[label], supported, recallable, replaced, stale)
    stated = (valid_from or "", valid_to or "", uri or "", version or 0)
    # A passage's time comes with its source; until then any will do.
    recorded_at = datetime.fromisoformat(at) if at else datetime.min
    return DatedItem(item_id, NODES[label], audience, now, recorded_at, *stated, searched=searched is not False)


def _dated_passages(items: dict[str, DatedItem], reasons: Iterable[Reason]) -> dict[str, DatedItem]:
    """The passages with the time of what they are part of."""
    return {
        one.dependent: replace(items[one.dependent], recorded_at=one.at)
        for one in reasons
        if items[one.dependent].node is Node.PASSAGE
    }


def _scope(scope: Scope, audience: str) -> Scope:
    return Scope(scope.tenant, *audience.split("\x1f"))
