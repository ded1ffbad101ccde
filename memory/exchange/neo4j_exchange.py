"""Whole records of a Neo4j memory, out and in.

Decides how a record becomes nodes and relations, and back. An export is a page after another, each a read of its own:
it is whole only if nobody wrote meanwhile, which the tenant's revision tells. An import takes the tenant's turn for
each batch, like every other write.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

from stemma.memory.consolidation.neo4j_showing import show
from stemma.memory.errors import ImportConflict, MemoryBusy
from stemma.memory.exchange.fields import KINDS, Kind, Row
from stemma.memory.exchange.ports import RIVAL, RIVAL_HINT, SENTENCES, VECTOR, VECTORS, Difference, Page
from stemma.memory.exchange.vectors import from_bytes, to_bytes
from stemma.memory.lineage.model import Affected
from stemma.memory.model import FAR_FUTURE, Node, Relation
from stemma.memory.neo4j_connection import Neo4jConnection
from stemma.memory.neo4j_dialect import Slot
from stemma.memory.neo4j_entities import put_entities
from stemma.memory.neo4j_flags import decide, settle
from stemma.memory.neo4j_rows import TITLE_WEIGHT, head_key, held, key, reach
from stemma.memory.neo4j_turn import Serving, Turn, in_turn
from stemma.memory.neo4j_values import entity
from stemma.memory.queries import Queries, load_queries
from stemma.memory.scope import Scope
from stemma.memory.text import content_terms

_QUERIES = load_queries("cypher/exchange.cypher")
_CHANGES = load_queries("cypher/changes.cypher")
CONSOLIDATION = "Consolidation"
_PAGE = 500
_SEEDS = 2_000
"""Items whose dependents are worked out in one transaction."""
_FROM: Mapping[str, tuple[str, ...]] = {
    "mentions": (Node.PASSAGE, Node.CLAIM),
    "relates_to": (Node.ENTITY,),
    "derived_from": (Node.CLAIM,),
    "used": (Node.ANSWER,),
    "asserts": (Node.ANSWER,),
    "supersedes": (Node.CLAIM,),
    "contradicts": (Node.CLAIM,),
    "duplicates": (Node.SOURCE, Node.CLAIM),
    "demotion": (CONSOLIDATION,),
}
"""The kinds that are relations, and where those begin."""
_TYPES = {"duplicates": "DUPLICATES", "demotion": "DEMOTES"}
_LABELS = {"store_item": "StoreItem", "consolidation": CONSOLIDATION}
_ENDS = {"demotion": ("consolidation_id", "id")}
"""Where they are not the first two ends."""
_KEYS: Mapping[str, str] = {
    "mentions": "{start: row.values.start, end: row.values.end}",
    "relates_to": "{claim_id: row.values.claim_id}",
    "derived_from": "{key: row.values.key}",
    "contradicts": "{tenant: $tenant, id: row.values.id}",
    "demotion": "{rule: row.values.rule}",
}
"""What tells relations of a type between the same two apart."""
_PUT = {
    "source": "put_sources",
    "passage": "put_passages",
    "claim": "put_claims",
    "answer": "put_items",
    "retraction": "put_decisions",
    "store_item": "put_store_items",
}
_DERIVATION = ("justification", "quote", "start", "end", "extractor", "run_id", "step")


class Neo4jExchange:
    """`ExchangeStore` over one Neo4j database."""

    _connection: Neo4jConnection
    _serving: Serving | None

    async def tenants(self) -> list[str]:
        return [row["tenant"] for row in await self._connection.read(_QUERIES["tenants"], {})]

    async def record_counts(self, scope: Scope) -> Mapping[str, int]:
        where, counts = await self._exportable(scope), {}
        for kind in KINDS:
            labels = _FROM.get(kind.name) or (_LABELS.get(kind.name) or str(kind.label),)
            query = "count_relations" if kind.name in _FROM else "count_items"
            counts[kind.name] = 0
            for label in labels:
                [row] = await self._connection.read(_asked(query, kind, label), where)
                counts[kind.name] += row["count"]
        return {name: count for name, count in counts.items() if count}

    async def records(self, scope: Scope) -> AsyncIterator[Page]:
        before, where = await self._state_of(scope), await self._exportable(scope)
        for kind in KINDS:
            async for rows in self._exported(kind, where):
                yield Page(kind, rows)
        if await self._state_of(scope) != before:
            raise MemoryBusy(
                "The memory was written to while it was read, so this is no state that it was ever in.",
                hint="do it again while nothing is written",
            )

    async def known_items(self, tenant: str, ids: Collection[str]) -> Mapping[str, str]:
        where = {"tenant": tenant, "ids": sorted(ids)}
        return {row["id"]: row["audience"] for row in await self._connection.read(_QUERIES["known_items"], where)}

    async def import_records(self, tenant: str, kind: Kind, rows: Sequence[Row]) -> int:
        prepared = await asyncio.to_thread(lambda: [_put_row(tenant, kind, row) for row in rows])

        async def work(turns: dict[str, Turn]) -> int:
            return await _put(turns[tenant], kind, prepared)

        return await in_turn(self._connection, [tenant], work, self._serving if kind.searched else None)

    async def settle_import(self, tenant: str) -> Sequence[Difference]:
        where = {"tenant": tenant}
        found = {row["id"]: row for row in await self._connection.read(_QUERIES["decided"], where)}

        async def redecide(turns: dict[str, Turn]) -> None:
            await decide(turns[tenant], list(found))
            await turns[tenant].rows(_QUERIES, "touch")

        await in_turn(self._connection, [tenant], redecide)
        after = {row["id"]: row for row in await self._connection.read(_QUERIES["decided"], where)}
        seeds = [row["id"] for row in await self._connection.read(_QUERIES["roots"], where)]
        moved: dict[str, Difference] = {}
        for start in range(0, len(seeds), _SEEDS):
            some = seeds[start : start + _SEEDS]

            async def work(turns: dict[str, Turn], some: Sequence[str] = some) -> list[Difference]:
                return await _settled(turns[tenant], some)

            moved |= {one.id: one for one in await in_turn(self._connection, [tenant], work)}

        async def reshow(turns: dict[str, Turn]) -> None:
            await show(turns[tenant], [row["id"] for row in await turns[tenant].rows(_QUERIES, "duplicated")])

        await in_turn(self._connection, [tenant], reshow)
        for item_id, row in found.items():
            if _taken_back(after.get(item_id, {})) != _taken_back(row) and item_id not in moved:
                said, follows = _taken_back(row), _taken_back(after.get(item_id, {}))
                moved[item_id] = Difference(item_id, Node(row["label"]), said, follows)
        return list(moved.values())

    async def carry_revision(self, tenant: str, number: int, erasures: int) -> None:
        """Let a tenant's revision begin where another database left it, so that no cache takes one for the other."""
        where = {"tenant": tenant, "number": number, "erasures": erasures}
        await self._connection.run(_QUERIES["carry_revision"], where)

    async def _exported(self, kind: Kind, where: Row) -> AsyncIterator[list[Row]]:
        if kind.name in _FROM:
            for label in _FROM[kind.name]:
                async for rows in self._exported_relations(kind, label, where):
                    yield rows
            return
        name = {"source": "sources", "store_item": "store_items"}.get(kind.name, "items")
        query = (self._serving.slot if self._serving else Slot.A).into(
            _asked(name, kind, _LABELS.get(kind.name) or str(kind.label))
        )
        after: Row = {"after": "", "version": 0}
        while found := await self._connection.read(query, {**where, **after, "limit": _PAGE}):
            after = {"after": found[-1]["id"], "version": found[-1].get("version", 0)}
            yield [_item_row(kind, row) for row in found]

    async def _exported_relations(self, kind: Kind, label: str, where: Row) -> AsyncIterator[list[Row]]:
        query, after = _asked("relations", kind, label), ""
        while True:
            [page] = await self._connection.read(query, {**where, "after": after, "limit": _PAGE})
            if page["last"] is None:
                return
            after = page["last"]
            if page["rows"]:
                yield [_relation_row(kind, *row) for row in page["rows"]]

    async def _exportable(self, scope: Scope) -> Row:
        found = await self._connection.read(_QUERIES["audiences"], {"tenant": scope.tenant})
        return {"tenant": scope.tenant, "audiences": [row["audience"] for row in found if scope.owns(row["audience"])]}

    async def _state_of(self, scope: Scope) -> list[Row]:
        return await self._connection.read(_CHANGES["revision"], {"tenant": scope.tenant})


def _asked(name: str, kind: Kind, label: str) -> str:
    """A query for a kind. Its words come from closed sets: neither a label nor a type can be a parameter."""
    relation = str(kind.label) if isinstance(kind.label, Relation) else _TYPES.get(kind.name, "")
    return _QUERIES[name].replace("TYPE", relation).replace("LABEL", label).replace("KEY", _KEYS.get(kind.name, ""))


def _item_row(kind: Kind, found: Row) -> Row:
    properties = dict(found["row"])
    if kind.label is Node.SOURCE:
        properties |= {"replaces": found["replaces"], "metadata": json.loads(properties["metadata"])}
    if kind.label is Node.RETRACTION:
        properties["item_id"] = properties["withdraws"]
    row = {name: properties.get(name) for name in kind.shapes}
    if kind.searched:
        vector = found["vector"]
        row |= {VECTOR: None if vector is None else to_bytes(vector), SENTENCES: found["sentences"]}
    if kind.name == "store_item":
        row[VECTORS] = [(embedder, to_bytes(vector)) for embedder, vector in found["vectors"]]
    return row


def _relation_row(kind: Kind, start: str, end: str, properties: Row, node: str) -> Row:
    first, second = _ends(kind)
    row = {name: properties.get(name) for name in kind.shapes} | {first: start, second: end}
    if kind.name in _TYPES:
        row["node"] = node
    if kind.name == "duplicates":
        row["consolidation_id"] = properties["run"]
    return row


def _ends(kind: Kind) -> Sequence[str]:
    return _ENDS.get(kind.name, kind.ends[:2])


def _put_row(tenant: str, kind: Kind, row: Row) -> Row:
    values = {name: row[name] for name in kind.shapes}
    if kind.name in _FROM:
        return _put_relation(kind, values)
    if kind.label in (Node.CLAIM, Node.SOURCE):
        values |= held(values.get("metadata", values))
    if kind.label is Node.SOURCE:
        values["metadata"] = json.dumps(values["metadata"])
        del values["replaces"]
        head = head_key(Scope(tenant, *values["audience"].split("\x1f")), values["uri"])
        return {"key": head, "values": values, "id": values["id"], "replaces": row["replaces"]}
    if kind.label is Node.RETRACTION:
        values["withdraws"] = values.pop("item_id")
    if kind.name == "store_item":
        vectors = [{"embedder": embedder, "vector": from_bytes(text)} for embedder, text in row.get(VECTORS) or ()]
        place = key(values["audience"], values["namespace"], values["key"])
        return {"place": place, "values": values, "vectors": vectors}
    vector = row.get(VECTOR)
    words = {"terms": _terms(kind, values), "reach": reach(tenant, values["audience"])}
    searched = {"words": words, "vector": from_bytes(vector)} if vector is not None else {"vector": None}
    return {"id": values["id"], "values": values, **searched, "sentences": row.get(SENTENCES)}


def _terms(kind: Kind, values: Row) -> str:
    title = content_terms(values["title"]) * TITLE_WEIGHT if kind.label is Node.PASSAGE else []
    return " ".join(title + content_terms(values["text"])) if kind.searched else ""


def _put_relation(kind: Kind, values: Row) -> Row:
    first, second = _ends(kind)
    ends = {"from": values.pop(first), "to": values.pop(second)}
    if kind.label is Relation.DERIVED_FROM:
        values["key"] = key(*(values[name] for name in _DERIVATION))
    if kind.label is Relation.USED:
        values["ordinal"] = values["rank"]
    if kind.name in _TYPES:
        del values["node"]
    if kind.name == "duplicates":
        values["run"] = values.pop("consolidation_id")
    return {**ends, "values": values}


async def _put(turn: Turn, kind: Kind, rows: Sequence[Row]) -> int:
    """How many were new; of relations and runs that is not told apart from those that were there."""
    if kind.name in _FROM:
        query = Queries("exchange.cypher", {kind.name: _asked("put_relations", kind, "")})
        await turn.put(query, kind.name, rows)
        if kind.name == "duplicates":
            await turn.put(_QUERIES, "put_merges", rows)
        return len(rows)
    if kind.name == "consolidation":
        await turn.put(_QUERIES, "put_runs", rows)
        return len(rows)
    if kind.label is Node.ENTITY:
        return await put_entities(turn, [entity(turn.tenant, row["values"]) for row in rows])
    known = await _known(turn, kind, rows)
    new = [row for row in rows if row.get("id", row.get("place")) not in known]
    if kind.label is Node.SOURCE and await turn.rows(_QUERIES, "rivals", rows=new):
        raise ImportConflict(RIVAL, hint=RIVAL_HINT)
    await turn.put(_QUERIES, _PUT[kind.name], new, open_end=FAR_FUTURE)
    if kind.label is Node.SOURCE:
        await turn.put(_QUERIES, "put_replacements", [row for row in new if row["replaces"]])
    return len(new)


async def _known(turn: Turn, kind: Kind, rows: Sequence[Row]) -> set[str]:
    if kind.name == "store_item":
        places = [row["place"] for row in rows]
        return {row["place"] for row in await turn.rows(_QUERIES, "known_places", places=places)}
    query = "known_decisions" if kind.label is Node.RETRACTION else "known_items"
    return {row["id"] for row in await turn.rows(_QUERIES, query, ids=[row["id"] for row in rows])}


async def _settled(turn: Turn, seeds: Sequence[str]) -> list[Difference]:
    changed = await settle(turn, seeds)
    differing = [one for one in changed if one.node is not Node.SOURCE or one.before.supported != one.after.supported]
    return [Difference.of(Affected(one.id, one.node, one.before, one.after)) for one in differing]


def _taken_back(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in ("withdrawn", "quarantined") if row.get(name))
