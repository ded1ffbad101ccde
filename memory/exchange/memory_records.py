"""Items and links of the in-memory graph as records, and back. Pure.

Decides nothing about the format: what a field is called stands in `fields.py`, what an item's properties are in
`neo4j_rows.py`, whose words the fields are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime

from stemma.memory import neo4j_rows, neo4j_values
from stemma.memory.exchange.fields import Kind, Row
from stemma.memory.exchange.ports import VECTORS
from stemma.memory.exchange.vectors import from_bytes, to_bytes
from stemma.memory.lineage.model import Retraction
from stemma.memory.memory_rows import Link, TenantRows
from stemma.memory.model import (
    Answer,
    Claim,
    Derivation,
    Entity,
    EntityRelation,
    Mention,
    Passage,
    Relation,
    Source,
    Use,
)
from stemma.memory.ports import Item
from stemma.memory.store.model import ItemWrite, Place, StoredItem, decoded, encoded, expiry

_FLAGS = ("supported", "recallable", "stale", "withdrawn", "quarantined", "reason")
ENDS: Mapping[Relation, tuple[str, str]] = {
    Relation.RELATES_TO: ("entity_id", "other_id"),
    Relation.DERIVED_FROM: ("claim_id", "antecedent_id"),
    Relation.USED: ("answer_id", "item_id"),
    Relation.ASSERTS: ("answer_id", "claim_id"),
    Relation.SUPERSEDES: ("claim_id", "older_id"),
    Relation.CONTRADICTS: ("claim_id", "other_id"),
    Relation.MENTIONS: ("item_id", "entity_id"),
}
"""What the dependent and the antecedent of a link are called."""
_RELATED = {"subject_id": "entity_id", "object_id": "other_id"}


def item_record(rows: TenantRows, item: Item) -> Row:
    """The fields of a source, passage, entity, claim, answer or decision."""
    flags = {name: getattr(item, name) for name in _FLAGS if hasattr(item, name)}
    match item:
        case Source():
            found = {**neo4j_rows.source_row(item), "metadata": dict(item.metadata), **flags}
            return {**found, "replaces": _replaced(rows, item)}
        case Passage():
            return {**neo4j_rows.passage_row(item), **flags}
        case Entity():
            return neo4j_rows.entity_row(item)
        case Claim():
            return {**neo4j_rows.claim_row(item, None)["values"], **flags}
        case Answer():
            return {**neo4j_rows.answer_row(item), **flags}
        case Retraction():
            made = neo4j_rows.retraction_row(item)
            return {**made, "audience": item.scope.audience, "item_id": item.withdraws, "reason": item.reason}


def _replaced(rows: TenantRows, source: Source) -> str | None:
    older = [
        one.id
        for one in rows.items.values()
        if isinstance(one, Source)
        and (one.scope, one.uri, one.version) == (source.scope, source.uri, source.version - 1)
    ]
    return older[0] if older else None


def link_record(rows: TenantRows, link: Link) -> Row:
    """The fields of a relation."""
    dependent, antecedent = ENDS[link.relation]
    detail = asdict(link.detail) if link.detail else {}
    known = {"recorded_at": neo4j_rows.instant(rows.times[link])} if link in rows.times else {}
    named = {_RELATED.get(name, name): value for name, value in detail.items()}
    return {
        **named,
        dependent: link.dependent,
        antecedent: link.antecedent,
        "audience": rows.links[link],
        **_ordinal(rows, link),
        **known,
    }


def _ordinal(rows: TenantRows, link: Link) -> Row:
    answer = rows.items[link.dependent]
    if link.relation is not Relation.ASSERTS or not isinstance(answer, Answer):
        return {}
    return {"ordinal": answer.asserts.index(link.antecedent)}


def stored_record(put: ItemWrite) -> Row:
    """The fields of an item of a store, with its vectors."""
    item = put.item
    return {
        "audience": item.scope.audience,
        "namespace": encoded(item.place.namespace),
        "key": item.place.key,
        "source_id": item.source_id,
        "created_at": expiry(item.created_at),
        "updated_at": expiry(item.updated_at),
        "ttl": item.ttl,
        "expires_at": expiry(item.expires_at),
        VECTORS: [(put.embedder, to_bytes(vector)) for vector in put.vectors],
    }


def item_of(tenant: str, kind: Kind, row: Row) -> Item:
    """The way back of `item_record`."""
    values = {name: row[name] for name in kind.shapes}
    match kind.name:
        case "source":
            return neo4j_values.source(tenant, {**values, "metadata": json.dumps(row["metadata"]), "replaced": False})
        case "passage":
            return neo4j_values.passage(tenant, values)
        case "entity":
            return neo4j_values.entity(tenant, values)
        case "claim":
            return neo4j_values.claim(tenant, values)
        case "answer":
            return neo4j_values.answer(tenant, {**values, "used": [], "asserts": []})
        case _:
            return neo4j_values.retraction(tenant, {**values, "withdraws": row["item_id"]})


def links_of(kind: Kind, row: Row) -> Iterator[Link]:
    """The links that a record of a relation, a source, a passage or a decision stands for."""
    match kind.label:
        case Relation():
            dependent, antecedent = ENDS[kind.label]
            yield Link(kind.label, row[dependent], row[antecedent], _detail(kind.label, row))
        case _ if kind.name == "source" and row["replaces"]:
            yield Link(Relation.REPLACES, row["id"], row["replaces"])
        case _ if kind.name == "passage":
            yield Link(Relation.PART_OF, row["id"], row["source_id"])
        case _ if kind.name == "retraction":
            yield Link(Relation.WITHDRAWS, row["id"], row["item_id"])


def _detail(relation: Relation, row: Row) -> Derivation | EntityRelation | Mention | Use | None:
    match relation:
        case Relation.MENTIONS:
            return Mention(row["item_id"], row["entity_id"], row["start"], row["end"])
        case Relation.RELATES_TO:
            return EntityRelation(row["claim_id"], row["entity_id"], row["predicate"], row["other_id"])
        case Relation.USED:
            return Use(row["item_id"], row["rank"], row["score"])
        case Relation.DERIVED_FROM:
            return Derivation(**{one.name: row[one.name] for one in fields(Derivation)})
        case _:
            return None


def put_of(source: Item, row: Row) -> ItemWrite:
    """The way back of `stored_record`; the item's value stands in its source's metadata."""
    value = json.loads(source.metadata["value"]) if isinstance(source, Source) else {}
    vectors = row.get(VECTORS) or []
    ends = None if row["ttl"] is None else datetime.fromisoformat(row["expires_at"])
    item = StoredItem(
        scope=source.scope,
        place=Place(decoded(row["namespace"]), row["key"]),
        value=value,
        source_id=source.id,
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        ttl=row["ttl"],
        expires_at=ends,
    )
    return ItemWrite(item, None, [from_bytes(text) for _, text in vectors], vectors[0][0] if vectors else "")


def with_link(item: Item, kind: Kind, row: Row) -> Item:
    """An answer with what a record says that it used or stated; anything else as it is."""
    if not isinstance(item, Answer):
        return item
    if kind.label is Relation.USED:
        use = Use(row["item_id"], row["rank"], row["score"])
        return replace(item, used=tuple(sorted({*item.used, use}, key=lambda one: one.rank)))
    said = [*item.asserts, *[""] * (row["ordinal"] + 1 - len(item.asserts))]
    said[row["ordinal"]] = row["claim_id"]
    return replace(item, asserts=tuple(said))
