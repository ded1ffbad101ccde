"""Lineage in Neo4j, followed a step at a time: so what is nearest comes first, and a limit stops the work.

Decides the order (by distance, then id) and what belongs to a limited answer: items up to the limit, and the relations
between those. It reads nothing that the scope may not see.
"""

from __future__ import annotations

from collections.abc import Iterable

from stemma.memory.errors import UnknownItem
from stemma.memory.lineage.model import Direction, Lineage, LineageEdge
from stemma.memory.model import Answer, Claim, Node, Passage, Relation, Scope, Source
from stemma.memory.neo4j_reads import Neo4jReads
from stemma.memory.neo4j_rows import Row
from stemma.memory.neo4j_values import node_of
from stemma.memory.queries import load_queries

_LINEAGE = load_queries("cypher/lineage.cypher")
_BATCH = 1_000
_DETAILS = ("justification", "quote", "extractor", "run_id", "step", "start", "end", "rank", "score")


class Neo4jLineage(Neo4jReads):
    """The explaining part of `LineageStore`."""

    async def lineage(self, scope: Scope, item_id: str, direction: Direction, *, limit: int) -> Lineage:
        own = {"tenant": scope.tenant, "audiences": list(scope.audiences())}
        found = await self._connection.read(_LINEAGE["root"], {**own, "id": item_id})
        if not found:
            raise UnknownItem(f"there is no lineage of {item_id!r} in this scope", hint="stemma memory ls")
        walk = _Walk(item_id, node_of(found[0]["labels"]), limit)
        while frontier := walk.next_frontier(_BATCH):
            walk.take(await self._connection.read(_LINEAGE[direction.value], {**own, "ids": frontier}))
        items = await self._items_by_id(scope, walk.nodes)
        return Lineage(
            root=item_id,
            direction=direction,
            items=items,
            edges=[edge for edge in walk.edges if edge.dependent in items and edge.antecedent in items],
            retractions=await self.retractions(scope, list(items)),
            truncated=walk.truncated,
        )

    async def _items_by_id(self, scope: Scope, nodes: dict[str, Node]) -> dict[str, Source | Passage | Claim | Answer]:
        found: dict[str, Source | Passage | Claim | Answer] = {}
        for node in set(nodes.values()):
            ids = [item_id for item_id, its in nodes.items() if its is node]
            for item in await self.items_of(node, scope, ids):
                if isinstance(item, Source | Passage | Claim | Answer):
                    found[item.id] = item
        return {item_id: found[item_id] for item_id in nodes if item_id in found}


class _Walk:
    """Breadth first over steps that somebody else reads."""

    def __init__(self, root: str, node: Node, limit: int) -> None:
        self.nodes = {root: node}
        """What was reached, nearest first."""
        self.edges: list[LineageEdge] = []
        self.truncated = False
        self._limit = limit
        self._waiting = [root]
        self._reached: dict[str, Node] = {}

    def next_frontier(self, most: int) -> list[str]:
        """Items whose steps are to be read next; none at the end."""
        if not self._waiting:
            order = sorted(self._reached.items())
            room = max(self._limit - len(self.nodes), 0)
            self.truncated = self.truncated or len(order) > room
            self.nodes |= order[:room]
            self._waiting, self._reached = [item for item, _ in order[:room]], {}
        frontier, self._waiting = self._waiting[:most], self._waiting[most:]
        return frontier

    def take(self, rows: Iterable[Row]) -> None:
        """The steps from the last frontier."""
        for row in rows:
            if row["other"] not in self.nodes:
                self._reached[row["other"]] = node_of(row["labels"])
            self.edges.append(_edge(row))


def _edge(row: Row) -> LineageEdge:
    given = {name: row[name] for name in _DETAILS if row[name] is not None}
    return LineageEdge(row["dependent"], row["antecedent"], Relation(row["relation"]), **given)
