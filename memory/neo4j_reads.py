"""Reading from Neo4j by id and by page: each operation one named query, or two.

Decides which query serves which operation. How queries run is `neo4j_connection.py`'s; what a row means,
`neo4j_values.py`'s. It searches nothing (`neo4j_search.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stemma.memory.errors import UnknownItem
from stemma.memory.lineage.model import Retraction, Standing
from stemma.memory.model import Claim, Derivation, Entity, Node, Passage, Relation, Scope, Source, Statistics
from stemma.memory.neo4j_connection import Neo4jConnection
from stemma.memory.neo4j_rows import Row, head_key
from stemma.memory.neo4j_values import (
    FLAGS,
    READERS,
    claim,
    derivation,
    entity,
    graph_item,
    node_of,
    passage,
    retraction,
    source,
)
from stemma.memory.ports import Item, ItemPage, RelationPage, StatedRelation
from stemma.memory.queries import load_queries
from stemma.memory.recall.ports import Details, GraphItem, Revision

_READ = load_queries("cypher/read.cypher")
_CHANGES = load_queries("cypher/changes.cypher")
_ENTITIES = load_queries("cypher/entities.cypher")
_LINEAGE = load_queries("cypher/lineage.cypher")


class Neo4jReads:
    """The part of `MemoryGraph` that reads what is there."""

    _connection: Neo4jConnection

    async def current_sources(self, scope: Scope, uris: Sequence[str]) -> dict[str, Source]:
        keys = [head_key(scope, uri) for uri in dict.fromkeys(uris)]
        found = [source(scope.tenant, row) for row in await self._rows("current_sources", scope, keys=keys)]
        return {item.uri: item for item in found}

    async def passages(self, scope: Scope, ids: Sequence[str]) -> list[Passage]:
        return [passage(scope.tenant, row) for row in await self._chosen("passages", scope, ids)]

    async def earlier_passages(self, scope: Scope, quotes: Sequence[tuple[str, str]]) -> list[Passage]:
        if not quotes:
            return []
        asked = [{"source": source_id, "quote": quote} for source_id, quote in quotes]
        found = await self._rows("earlier_passages", scope, quotes=asked)
        return [passage(scope.tenant, row) for row in found]

    async def claims(self, scope: Scope, ids: Sequence[str]) -> list[Claim]:
        return [claim(scope.tenant, row) for row in await self._chosen("claims", scope, ids)]

    async def sources(self, scope: Scope, ids: Sequence[str]) -> list[Source]:
        return [source(scope.tenant, row) for row in await self._chosen("sources", scope, ids)]

    async def details(self, scope: Scope, passage_ids: Sequence[str], claim_ids: Sequence[str]) -> Details:
        ids = {"passages": list(dict.fromkeys(passage_ids)), "claims": list(dict.fromkeys(claim_ids))}
        if not any(ids.values()):
            return Details([], [], [])
        [row] = await self._connection.read(_READ["details"], {**_own(scope), **ids})
        passages = [passage(scope.tenant, one) for one in _in_order(row["passages"], ids["passages"])]
        claims = [claim(scope.tenant, one) for one in _in_order(row["claims"], ids["claims"])]
        sources = _in_order(row["sources"], dict.fromkeys(one.source_id for one in passages))
        against = {one["id"]: tuple(one["others"]) for one in row["contradicted"]}
        stated = [*sources, *row["stated"]]
        low = {one["id"] for one in stated if one["demoted"]}
        return Details(
            passages,
            claims,
            [source(scope.tenant, one) for one in sources],
            {one["id"]: one["stands_for"] for one in stated if one.get("stands_for")},
            [*(one.id for one in passages if one.source_id in low), *(one.id for one in claims if one.id in low)],
            against,
        )

    async def sources_under(self, scope: Scope, prefix: str, *, limit: int, offset: int = 0) -> ItemPage:
        query = {**_own(scope), "prefix": prefix, "limit": limit, "offset": offset}
        [page] = await self._connection.read(_READ["sources_under"], query)
        return ItemPage(await self.items_of(Node.SOURCE, scope, page["ids"]), page["total"])

    async def entities_called(self, scope: Scope, aliases: Sequence[str]) -> list[Entity]:
        query = {**_own(scope), "names": list(aliases)}
        found = await self._connection.read(_ENTITIES["entities_called"], query)
        return [entity(scope.tenant, row["row"]) for row in found]

    async def relations(self, scope: Scope, entity_id: str, *, limit: int, offset: int = 0) -> RelationPage:
        query = {**_own(scope), "id": entity_id, "limit": limit, "offset": offset}
        [page] = await self._connection.read(_ENTITIES["relations"], query)
        return RelationPage([StatedRelation(**row) for row in page["rows"]], page["total"])

    async def item(self, scope: Scope, item_id: str) -> Item:
        found = await self._connection.read(_READ["labels"], {**_own(scope), "id": item_id})
        for item in await self.items_of(node_of(found[0]["labels"]), scope, [item_id]) if found else []:
            return item
        raise UnknownItem(f"there is no {item_id!r} in this scope", hint="stemma memory ls")

    async def items(
        self, scope: Scope, node: Node, *, limit: int, offset: int = 0, standing: Standing | None = None
    ) -> ItemPage:
        if standing is None:
            return await self._page(scope, node, limit, offset, (None, None))
        flag = FLAGS[standing].get(node)
        return await self._page(scope, node, limit, offset, flag) if flag else ItemPage([], 0)

    async def derivations(self, scope: Scope, claim_ids: Sequence[str]) -> list[Derivation]:
        ids = list(dict.fromkeys(claim_ids))
        return [derivation(row) for row in await self._rows("derivations", scope, ids=ids)]

    async def retractions(self, scope: Scope, item_ids: Sequence[str]) -> list[Retraction]:
        query = {**_own(scope), "ids": list(dict.fromkeys(item_ids))}
        found = await self._connection.read(_LINEAGE["decisions"], query)
        return [retraction(scope.tenant, row["row"]) for row in found]

    async def retraction(self, scope: Scope, retraction_id: str) -> Retraction:
        for row in await self._chosen("retractions", scope, [retraction_id]):
            return retraction(scope.tenant, row)
        raise UnknownItem(f"there is no decision {retraction_id!r} in this scope", hint="stemma memory ls retractions")

    async def list_retractions(
        self, scope: Scope, *, open_only: bool, limit: int, offset: int = 0
    ) -> tuple[list[Retraction], int]:
        missing = ("lifted_at" if open_only else None, None)
        page = await self._page(scope, Node.RETRACTION, limit, offset, missing)
        return [item for item in page.items if isinstance(item, Retraction)], page.total

    async def statistics(self, scope: Scope) -> Statistics:
        nodes = {row["name"]: row["count"] for row in await self._connection.read(_READ["count_nodes"], _own(scope))}
        found = await self._connection.read(_READ["count_relations"], _own(scope))
        relations = {row["name"]: row["count"] for row in found}
        return Statistics(
            {node: nodes.get(node, 0) for node in Node}, {kind: relations.get(kind, 0) for kind in Relation}
        )

    async def revision(self, scope: Scope) -> Revision:
        for row in await self._connection.read(_CHANGES["revision"], {"tenant": scope.tenant}):
            return Revision(row["number"], row["erasures"])
        return Revision()

    async def changed_items(self, scope: Scope, after: int, limit: int) -> list[GraphItem]:
        query = {"tenant": scope.tenant, "after": after, "limit": limit}
        [until] = await self._connection.read(_CHANGES["changed_until"], query)
        if until["last"] is None:
            return []
        found = await self._connection.read(_CHANGES["changed_items"], {**query, "last": until["last"]})
        return [graph_item(row) for some in found for row in some["rows"]]

    async def items_of(self, node: Node, scope: Scope, ids: Sequence[str]) -> list[Item]:
        """Those of the items of one label that the scope may see, in the order of `ids`."""
        query, read = READERS[node]
        return [read(scope.tenant, row) for row in await self._chosen(query, scope, ids)]

    async def _page(
        self, scope: Scope, node: Node, limit: int, offset: int, flag: tuple[str | None, bool | None]
    ) -> ItemPage:
        query = {**_own(scope), "limit": limit, "offset": offset, "flag": flag[0], "value": flag[1]}
        [page] = await self._connection.read(_READ[f"page_{node.lower()}"], query)
        return ItemPage(await self.items_of(node, scope, page["ids"]), page["total"])

    async def _chosen(self, query: str, scope: Scope, ids: Sequence[str]) -> list[Row]:
        """Rows of the ids that the scope may see, in the order of `ids`."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return []
        return _in_order(await self._rows(query, scope, ids=wanted), wanted)

    async def _rows(self, query: str, scope: Scope, **parameters: object) -> list[Row]:
        found = await self._connection.read(_READ[query], {**_own(scope), **parameters})
        return [row for some in found for row in some["rows"]]


def _in_order(rows: Iterable[Row], ids: Iterable[str]) -> list[Row]:
    found = {row["id"]: row for row in rows}
    return [found[item_id] for item_id in ids if item_id in found]


def _own(scope: Scope) -> Row:
    return {"tenant": scope.tenant, "audiences": list(scope.audiences())}
