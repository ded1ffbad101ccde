"""Looking back on an SQLite file: each look is one consistent read.

Decides where a look begins: with what the indexes in time give for its moments. What depends on that is found along the
indexes of lineage (`sqlite_region.py`); what was believed follows from it in `belief.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import apsw

from stemma.memory.consolidation.sqlite_showing import standing
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
from stemma.memory.lineage.model import Retraction, Status
from stemma.memory.model import Node, Scope, Scored
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import Row, SqliteDatabase, rows
from stemma.memory.sqlite_embedder import check_sizes, read_embedder
from stemma.memory.sqlite_listing import reader
from stemma.memory.sqlite_region import region
from stemma.memory.sqlite_rows import read_retraction, read_scored, words_query, written
from stemma.memory.sqlite_terms import SqliteTerms
from stemma.memory.sqlite_vectors import Otherwise, SqliteVectors

_QUERIES = load_queries("sql/history.sql")
_VECTORS = load_queries("sql/vectors.sql")
_STATUSES = [Status(bool(flags & 1), bool(flags & 2), bool(flags & 4)) for flags in range(8)]


class SqliteHistory:
    """`HistoryStore` on an SQLite file."""

    _database: SqliteDatabase
    _terms: SqliteTerms
    _vectors: SqliteVectors

    async def dated_region(self, scope: Scope, *, known_at: datetime | None, as_of: datetime | None) -> DatedRegion:
        look = partial(_dated_region, tenant=scope.tenant, known_at=known_at, as_of=as_of)
        return await self._database.read(look)

    async def dated_duplicates(self, scope: Scope) -> DatedDuplicates:
        return await self._database.read(partial(_dated_duplicates, tenant=scope.tenant))

    async def search_text_past(self, scope: Scope, terms: Sequence[str], k: int, sight: Sight) -> list[Scored]:
        query = words_query(scope, terms)
        if not query or k < 1:
            return []

        def best(connection: apsw.Connection) -> list[Scored]:
            found = self._terms.best(connection, scope, terms, k, _otherwise(connection, scope, sight))
            if found is not None:
                return found
            ids = {"hidden": json.dumps(sorted(sight.hidden)), "shown": json.dumps(sorted(sight.shown))}
            where = {**reader(scope), **ids, "query": query, "k": k}
            return [read_scored(row) for row in rows(connection, _QUERIES["search_words"], where)]

        return await self._database.read(best)

    async def search_vector_past(self, scope: Scope, vector: Sequence[float], k: int, sight: Sight) -> list[Scored]:
        def nearest(connection: apsw.Connection) -> list[Scored]:
            identity = read_embedder(connection)
            if identity is None:
                return []
            check_sizes([vector], identity.dimension)
            return self._vectors.nearest(connection, scope, vector, k, _otherwise(connection, scope, sight))

        return await self._database.read(nearest)

    async def opposed(self, scope: Scope, ids: Sequence[str], known_at: datetime) -> list[Opposed]:
        where = {**reader(scope), "ids": json.dumps(list(ids)), "at": written(known_at)}
        found = await self._database.read(lambda connection: rows(connection, _QUERIES["opposed"], where))
        return [Opposed(item_id, claim_id, bool(is_current)) for item_id, claim_id, is_current in found]


def _otherwise(connection: apsw.Connection, scope: Scope, sight: Sight) -> Otherwise:
    import numpy as np

    numbers = []
    for ids in (sight.hidden, sight.shown):
        found = rows(connection, _VECTORS["numbers_of_items"], {**reader(scope), "ids": json.dumps(sorted(ids))})
        numbers.append(np.fromiter((number for (number,) in found), np.int64, len(found)))
    return Otherwise(*numbers)


def _dated_region(
    connection: apsw.Connection, tenant: str, known_at: datetime | None, as_of: datetime | None
) -> DatedRegion:
    seeds = dict(_later(connection, tenant, known_at)) if known_at else {}
    seeds |= dict(_not_holding(connection, tenant, as_of)) if as_of else {}
    moved = {item_id for item_id, node in seeds.items() if node is Node.SOURCE}
    versions = [
        SourceVersion(item_id, audience, uri, version, bool(supported))
        for item_id, audience, uri, version, supported in rows(connection, _QUERIES["versions"], _which(tenant, moved))
    ]
    seeds |= dict.fromkeys(anchors(versions, moved), Node.SOURCE)
    found = region(connection, tenant, seeds.items())
    return _Reading(connection, tenant).dated({node: sorted(ids) for node, ids in found.items()})


def _dated_duplicates(connection: apsw.Connection, tenant: str) -> DatedDuplicates:
    found = rows(connection, _QUERIES["duplicates"], {"tenant": tenant})
    if not found:
        return DatedDuplicates()
    edges = [DatedDuplicate(one, other, _moment(at)) for one, other, at in found]
    places, current, nodes = standing(connection, tenant, {item_id for one in edges for item_id in one[:2]})
    searched = {item_id: [item_id] for item_id, place in places.items() if not place.unsearched}
    sources = [item_id for item_id, node in nodes.items() if node is Node.SOURCE]
    searched |= {source_id: [] for source_id in sources}
    for source_id, passage_id in rows(connection, _QUERIES["parts"], _which(tenant, sources)):
        searched[source_id].append(passage_id)
    return DatedDuplicates(edges, places, current, searched)


def _later(connection: apsw.Connection, tenant: str, known_at: datetime) -> Iterator[tuple[str, Node]]:
    """What was stored, decided or lifted after a moment."""
    where = {"tenant": tenant, "after": written(known_at)}
    for query, node in (
        ("later_sources", Node.SOURCE),
        ("later_claims", Node.CLAIM),
        ("later_answers", Node.ANSWER),
    ):
        yield from ((item_id, node) for (item_id,) in rows(connection, _QUERIES[query], where))
    for item_id, is_source in rows(connection, _QUERIES["later_decisions"], where):
        yield item_id, Node.SOURCE if is_source else Node.CLAIM


def _not_holding(connection: apsw.Connection, tenant: str, as_of: datetime) -> Iterator[tuple[str, Node]]:
    """What may not have held in the world at a moment."""
    begins, ends = slack(as_of)
    where = {"tenant": tenant, "begins": begins, "ends": ends, "at": written(as_of)}
    for query, node in (("claims_not_holding", Node.CLAIM), ("sources_not_holding", Node.SOURCE)):
        yield from ((item_id, node) for (item_id,) in rows(connection, _QUERIES[query], where))


class _Reading:
    """The facts of one region, read in one transaction."""

    def __init__(self, connection: apsw.Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def dated(self, ids: dict[Node, list[str]]) -> DatedRegion:
        found = {node: self._rows(f"{node.lower()}s", ids.get(node, ())) for node in _READ}
        items = {row[0]: _READ[node](row) for node, some in found.items() for row in some}
        sources = {row[0]: row[-1] for row in found[Node.PASSAGE]}
        reasons = [Reason(item_id, source, "", items[item_id].recorded_at) for item_id, source in sources.items()]
        reasons += self._reasons(ids, items)
        supersessions = [
            Supersession(newer, older, _moment(at))
            for newer, older, at in self._rows("supersessions", ids.get(Node.CLAIM, ()))
        ]
        decidable = [*ids.get(Node.SOURCE, ()), *ids.get(Node.CLAIM, ())]
        decisions: list[Retraction] = [read_retraction(row) for row in self._rows("decisions", decidable)]
        named = {one.antecedent for one in reasons} | {one.newer for one in supersessions}
        around = {item_id: _STATUSES[flags] for item_id, flags in self._rows("around", named - items.keys())}
        return DatedRegion(items, reasons, supersessions, decisions, around)

    def _reasons(self, ids: dict[Node, list[str]], items: dict[str, DatedItem]) -> Iterator[Reason]:
        for claim_id, antecedent, justification, at in self._rows("reasons", ids.get(Node.CLAIM, ())):
            yield Reason(claim_id, antecedent, justification, _moment(at))
        for answer_id, antecedent in self._rows("grounds", ids.get(Node.ANSWER, ())):
            yield Reason(answer_id, antecedent, "", items[answer_id].recorded_at)

    def _rows(self, query: str, ids: Iterable[str]) -> list[Row]:
        return rows(self._connection, _QUERIES[query], _which(self._tenant, ids))


def _which(tenant: str, ids: Iterable[str]) -> dict[str, Any]:
    return {"tenant": tenant, "ids": json.dumps(sorted(ids))}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _source(row: Row) -> DatedItem:
    item_id, audience, flags, added_at, valid_from, valid_to, uri, version = row
    stated = (valid_from, valid_to, uri, version)
    return DatedItem(item_id, Node.SOURCE, audience, _STATUSES[flags], _moment(added_at), *stated)


def _passage(row: Row) -> DatedItem:
    item_id, audience, flags, added_at, _ = row
    return DatedItem(item_id, Node.PASSAGE, audience, _STATUSES[flags], _moment(added_at))


def _claim(row: Row) -> DatedItem:
    item_id, audience, flags, recorded_at, valid_from, valid_to, searched = row
    stated = (item_id, Node.CLAIM, audience, _STATUSES[flags], _moment(recorded_at), valid_from, valid_to)
    return DatedItem(*stated, searched=bool(searched))


def _answer(row: Row) -> DatedItem:
    item_id, audience, flags, recorded_at = row
    return DatedItem(item_id, Node.ANSWER, audience, _STATUSES[flags], _moment(recorded_at))


_READ: dict[Node, Callable[[Row], DatedItem]] = {
    Node.SOURCE: _source,
    Node.PASSAGE: _passage,
    Node.CLAIM: _claim,
    Node.ANSWER: _answer,
}
