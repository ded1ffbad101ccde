"""Whole records of the in-memory graph, out and in: the port's mirror.

Decides nothing that the port does not say. What a record is of these rows, `memory_records.py` has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter

from stemma.memory.consolidation.memory_consolidation import show
from stemma.memory.errors import ImportConflict
from stemma.memory.exchange.fields import KINDS, Kind, Row
from stemma.memory.exchange.memory_beside import BESIDE, beside_records, put_beside
from stemma.memory.exchange.memory_records import (
    item_of,
    item_record,
    link_record,
    links_of,
    put_of,
    stored_record,
    with_link,
)
from stemma.memory.exchange.ports import RIVAL, RIVAL_HINT, SENTENCES, VECTOR, Difference, Page
from stemma.memory.exchange.vectors import from_bytes, to_bytes
from stemma.memory.lineage.model import Affected, Retraction
from stemma.memory.memory_rows import LABELS, TenantRows
from stemma.memory.memory_search import term_counts
from stemma.memory.memory_truth import settle
from stemma.memory.memory_vectors import InMemoryVectors
from stemma.memory.model import Entity, Relation, Scope, Source
from stemma.memory.ports import Item
from stemma.memory.recall.sentence_blob import pack, unpack

_PAGE = 500


class InMemoryExchange(InMemoryVectors):
    """`ExchangeStore` over the tenants' rows."""

    async def tenants(self) -> list[str]:
        return sorted(tenant for tenant, rows in self._tenants.items() if rows.number or rows.erasures)

    async def record_counts(self, scope: Scope) -> Mapping[str, int]:
        return dict(Counter(kind.name for kind in KINDS for _ in _records(self._rows(scope), scope, kind)))

    async def records(self, scope: Scope) -> AsyncIterator[Page]:
        rows = self._rows(scope).copy()
        for kind in KINDS:
            found = sorted(_records(rows, scope, kind), key=itemgetter(*kind.key))
            for start in range(0, len(found), _PAGE):
                yield Page(kind, found[start : start + _PAGE])

    async def known_items(self, tenant: str, ids: Collection[str]) -> Mapping[str, str]:
        items = self._rows(Scope(tenant)).items
        found = [items[item_id] for item_id in ids if item_id in items]
        return {item.id: item.scope.audience for item in found if not isinstance(item, Retraction)}

    async def import_records(self, tenant: str, kind: Kind, rows: Sequence[Row]) -> int:
        kept = self._rows(Scope(tenant)).copy()
        self._check_vectors(from_bytes(row[VECTOR]) for row in rows if row.get(VECTOR) is not None)
        kept.number += 1
        new = sum(_put(kept, tenant, kind, row) for row in rows)
        self._tenants[tenant] = kept
        return new

    async def settle_import(self, tenant: str) -> Sequence[Difference]:
        rows = self._rows(Scope(tenant))
        rows.number += 1
        said = {item.id: _taken_back(item) for item in rows.items.values()}
        moved = {
            item_id: Difference.of(Affected(item_id, LABELS[type(rows.items[item_id])], before, after))
            for item_id, (before, after) in settle(rows).items()
            if not isinstance(rows.items[item_id], Source) or before.supported != after.supported
        }
        for item in rows.items.values():
            if _taken_back(item) != said[item.id] and item.id not in moved:
                moved[item.id] = Difference(item.id, LABELS[type(item)], said[item.id], _taken_back(item))
        show(rows)
        return list(moved.values())


def _taken_back(item: Item) -> tuple[str, ...]:
    return tuple(name for name in ("withdrawn", "quarantined") if getattr(item, name, False))


def _records(rows: TenantRows, scope: Scope, kind: Kind) -> Iterator[Row]:
    if kind.name in BESIDE:
        yield from (row for row in beside_records(rows, kind) if scope.owns(row["audience"]))
    elif isinstance(kind.label, Relation):
        for link, audience in rows.links.items():
            if link.relation is kind.label and scope.owns(audience):
                yield link_record(rows, link)
    elif kind.label is None:
        yield from (stored_record(put) for row, put in rows.stored.items() if scope.owns(row.audience))
    else:
        for item in rows.items.values():
            if LABELS[type(item)] is kind.label and scope.owns(item.scope.audience):
                yield {**item_record(rows, item), **_vectors(rows, item)}


def _vectors(rows: TenantRows, item: Item) -> Row:
    vector, sentences = rows.vectors.get(item.id), rows.sentences.get(item.id)
    return {
        VECTOR: None if vector is None else to_bytes(vector),
        SENTENCES: pack(sentences) if sentences and sentences.spans else None,
    }


def _put(rows: TenantRows, tenant: str, kind: Kind, row: Row) -> bool:
    """Whether it was new."""
    if kind.name in BESIDE:
        return put_beside(rows, tenant, kind, row)
    if kind.label is None:
        put = put_of(rows.items[row["source_id"]], row)
        is_new = put.item.row not in rows.stored
        rows.stored.setdefault(put.item.row, put)
        return is_new
    if isinstance(kind.label, Relation):
        [link] = links_of(kind, row)
        is_new = link not in rows.links
        rows.links.setdefault(link, row["audience"])
        rows.items[link.dependent] = with_link(rows.items[link.dependent], kind, row)
        if row.get("recorded_at"):
            rows.times.setdefault(link, datetime.fromisoformat(row["recorded_at"]))
    else:
        is_new = _put_item(rows, item_of(tenant, kind, row))
        for link in links_of(kind, row):
            rows.links[link] = row["audience"]
        if is_new and row.get(VECTOR) is not None:
            _index(rows, row)
    return is_new


def _put_item(rows: TenantRows, item: Item) -> bool:
    known = rows.items.get(item.id)
    if isinstance(known, Entity) and isinstance(item, Entity):
        aliases = tuple(sorted({*known.aliases, *item.aliases}))
        rows.items[item.id] = replace(known, aliases=aliases)
    if known is None:
        rival = rows.newest(item.scope, item.uri) if isinstance(item, Source) else None
        if isinstance(item, Source) and rival and rival.version >= item.version:
            raise ImportConflict(RIVAL, hint=RIVAL_HINT)
        rows.items[item.id] = item
    return known is None


def _index(rows: TenantRows, row: Row) -> None:
    item_id = row["id"]
    rows.vectors[item_id] = tuple(from_bytes(row[VECTOR]))
    rows.words[item_id] = term_counts(row.get("title", ""), row["text"])
    rows.revisions[item_id] = rows.number
    if row.get(SENTENCES) is not None:
        rows.sentences[item_id] = unpack(row[SENTENCES])
