"""Looking at what the SQLite memory holds: one item, a page of a label, counts.

Decides which table and which row reader belong to a label, and which condition to a standing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import apsw

from stemma.memory.consolidation.sqlite_showing import also_said, demoted_by
from stemma.memory.contradictions.sqlite_contradicted import contradicted
from stemma.memory.errors import UnknownItem
from stemma.memory.lineage.model import Retraction, Standing
from stemma.memory.model import Answer, Claim, Entity, Node, Passage, Relation, Scope, Source, Statistics
from stemma.memory.ports import Item, ItemPage, RelationPage, StatedRelation
from stemma.memory.queries import load_queries
from stemma.memory.recall.ports import Details
from stemma.memory.sqlite_database import Row, SqliteDatabase, rows
from stemma.memory.sqlite_rows import (
    read_answer,
    read_claim,
    read_entity,
    read_passage,
    read_retraction,
    read_source,
)

T = TypeVar("T", Source, Passage, Entity, Claim, Answer, Retraction, Item)

_QUERIES = load_queries("sql/read.sql")
_ENTITIES = load_queries("sql/entities.sql")
_TABLES = {node: node.value.lower() for node in Node}
_RELATION_TABLES = {
    relation: relation.value.lower()
    for relation in Relation
    if relation not in (Relation.PART_OF, Relation.REPLACES, Relation.WITHDRAWS, Relation.RELATES_TO)
}
_READERS: Mapping[Node, tuple[str, Callable[[Row], Item]]] = {
    Node.SOURCE: ("sources", read_source),
    Node.PASSAGE: ("passages", read_passage),
    Node.ENTITY: ("entities", read_entity),
    Node.CLAIM: ("claims", read_claim),
    Node.ANSWER: ("answers", read_answer),
    Node.RETRACTION: ("retractions", read_retraction),
}
_CONDITIONS: Mapping[tuple[Node, Standing], str] = {
    **{(node, Standing.UNSUPPORTED): "is_unsupported" for node in (Node.SOURCE, Node.PASSAGE, Node.CLAIM, Node.ANSWER)},
    **{(node, Standing.WITHDRAWN): "is_withdrawn" for node in (Node.SOURCE, Node.CLAIM)},
    **{(node, Standing.QUARANTINED): "is_quarantined" for node in (Node.SOURCE, Node.CLAIM)},
    **{(node, Standing.STALE): "is_stale" for node in (Node.CLAIM, Node.ANSWER)},
    (Node.SOURCE, Standing.STALE): "is_replaced",
}


class SqliteListing:
    """The part of `MemoryGraph` that looks at single items and counts them."""

    _database: SqliteDatabase

    async def entities_called(self, scope: Scope, aliases: Sequence[str]) -> list[Entity]:
        where = {**reader(scope), "names": json.dumps(list(aliases))}
        found = await self._database.read(lambda connection: rows(connection, _ENTITIES["entities_called"], where))
        return [read_entity(row) for row in found]

    async def relations(self, scope: Scope, entity_id: str, *, limit: int, offset: int = 0) -> RelationPage:
        def find(connection: apsw.Connection) -> RelationPage:
            where = {**reader(scope), "id": entity_id}
            found = rows(connection, _ENTITIES["relations"], {**where, "limit": limit, "offset": offset})
            counted = found or rows(connection, _ENTITIES["relations"], {**where, "limit": 1, "offset": 0})
            return RelationPage([StatedRelation(*row[:-1]) for row in found], counted[0][-1] if counted else 0)

        return await self._database.read(find)

    async def item(self, scope: Scope, item_id: str) -> Item:
        def find(connection: apsw.Connection) -> Item | None:
            for node in _READERS:
                for found in chosen(connection, scope, node, [item_id]):
                    return found
            return None

        found = await self._database.read(find)
        if found is None:
            raise unknown(item_id)
        return found

    async def items(
        self, scope: Scope, node: Node, *, limit: int, offset: int = 0, standing: Standing | None = None
    ) -> ItemPage:
        condition = "is_any" if standing is None else _CONDITIONS.get((node, standing))
        if condition is None:
            return ItemPage([], 0)
        return await self._database.read(lambda connection: page(connection, scope, node, condition, limit, offset))

    async def details(self, scope: Scope, passage_ids: Sequence[str], claim_ids: Sequence[str]) -> Details:
        def find(connection: apsw.Connection) -> Details:
            found = chosen(connection, scope, Node.PASSAGE, passage_ids)
            passages = [item for item in found if isinstance(item, Passage)]
            claims = chosen(connection, scope, Node.CLAIM, claim_ids)
            sources = chosen(connection, scope, Node.SOURCE, (passage.source_id for passage in passages))
            stated = [item.id for item in (*sources, *claims)]
            low = demoted_by(connection, scope.tenant, stated)
            return Details(
                passages,
                [item for item in claims if isinstance(item, Claim)],
                [item for item in sources if isinstance(item, Source)],
                also_said(connection, scope.tenant, stated),
                [*(one.id for one in passages if one.source_id in low), *(one.id for one in claims if one.id in low)],
                contradicted(connection, scope, [*passage_ids, *claim_ids]),
            )

        return await self._database.read(find)

    async def sources_under(self, scope: Scope, prefix: str, *, limit: int, offset: int = 0) -> ItemPage:
        def find(connection: apsw.Connection) -> ItemPage:
            where = {**reader(scope), "prefix": prefix}
            ids = [item_id for (item_id,) in rows(connection, _QUERIES["sources_under"], where)]
            return ItemPage(chosen(connection, scope, Node.SOURCE, ids[offset : offset + limit]), len(ids))

        return await self._database.read(find)

    async def statistics(self, scope: Scope) -> Statistics:
        def count(connection: apsw.Connection) -> Statistics:
            nodes: dict[str, int] = {node: size(connection, scope, table) for node, table in _TABLES.items()}
            relations: dict[str, int] = {
                relation: size(connection, scope, table) for relation, table in _RELATION_TABLES.items()
            }
            relations[Relation.PART_OF] = nodes[Node.PASSAGE]
            relations[Relation.WITHDRAWS] = nodes[Node.RETRACTION]
            relations[Relation.REPLACES] = int(rows(connection, _QUERIES["count_replacements"], reader(scope))[0][0])
            relations[Relation.RELATES_TO] = int(rows(connection, _ENTITIES["count_relations"], reader(scope))[0][0])
            return Statistics(nodes, relations)

        return await self._database.read(count)


def reader(scope: Scope) -> dict[str, Any]:
    """The parameters by which a query knows who reads."""
    return {"tenant": scope.tenant, "audiences": json.dumps(scope.audiences())}


def unknown(item_id: str) -> UnknownItem:
    return UnknownItem(f"there is no {item_id!r} in this scope", hint="stemma memory ls")


def chosen(connection: apsw.Connection, scope: Scope, node: Node, ids: Iterable[str]) -> list[Item]:
    """Those of the items with this label that the scope may see, in the order of `ids`."""
    wanted = list(dict.fromkeys(ids))
    query, read = _READERS[node]
    found = rows(connection, _QUERIES[query], {**reader(scope), "ids": json.dumps(wanted)}) if wanted else []
    return in_order(wanted, [read(row) for row in found])


def page(connection: apsw.Connection, scope: Scope, node: Node, condition: str, limit: int, offset: int) -> ItemPage:
    """A page of one label; `condition` names a query that is one."""
    standing = _QUERIES[condition].format(table=_TABLES[node])
    window = {**reader(scope), "limit": limit, "offset": offset}
    listing = _QUERIES[f"list_{_READERS[node][0]}"].format(standing=standing)
    ids = [item_id for (item_id,) in rows(connection, listing, window)]
    return ItemPage(chosen(connection, scope, node, ids), size(connection, scope, _TABLES[node], standing))


def size(connection: apsw.Connection, scope: Scope, table: str, standing: str = "TRUE") -> int:
    """How many rows of one table the scope may see."""
    ((count,),) = rows(connection, _QUERIES["count_rows"].format(table=table, standing=standing), reader(scope))
    return int(count)


def in_order(ids: Iterable[str], found: Sequence[T]) -> list[T]:
    """What was found, in the order of the ids, each once."""
    by_id = {item.id: item for item in found}
    return [by_id[item_id] for item_id in dict.fromkeys(ids) if item_id in by_id]
