"""Whole records of the SQLite memory, out and in.

Decides that an export is one read transaction, whose rows are handed over a page at a time while it goes on, and that
an imported record's index rows are made from its text and vector as those of a new one are.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

import apsw

from stemma.memory.consolidation.sqlite_showing import show
from stemma.memory.errors import ImportConflict
from stemma.memory.exchange.fields import KINDS, Kind, Row, Shape
from stemma.memory.exchange.ports import RIVAL, RIVAL_HINT, SENTENCES, VECTOR, VECTORS, Difference, Page
from stemma.memory.exchange.vectors import from_bytes
from stemma.memory.model import Claim, Node, Passage, Position, Relation, Scope
from stemma.memory.ports import EmbedderIdentity
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import SqliteDatabase, rows
from stemma.memory.sqlite_embedder import check_vectors
from stemma.memory.sqlite_mentions import put_mention
from stemma.memory.sqlite_rows import scope_of
from stemma.memory.sqlite_support import decide, refresh
from stemma.memory.sqlite_writes import IndexEntry, add_to_indexes, index_entries, raise_revision

_QUERIES = load_queries("sql/exchange.sql")
_WRITE = load_queries("sql/write.sql")
_STORE = load_queries("sql/store.sql")
_PAGE = 500
_COLUMNS = {"start": "first", "end": "last"}
"""Words of SQL that columns are not called by."""
_DERIVED = {"duplicates": ("hidden",)}
"""Flags that are worked out after an import, and must say something until then."""


class SqliteExchange:
    """`ExchangeStore` on an SQLite file."""

    _database: SqliteDatabase
    _claimed: EmbedderIdentity | None

    async def tenants(self) -> list[str]:
        found = await self._database.read(lambda connection: rows(connection, _QUERIES["tenants"]))
        return [tenant for (tenant,) in found]

    async def record_counts(self, scope: Scope) -> Mapping[str, int]:
        return await self._database.read(partial(_counts, scope=scope))

    async def records(self, scope: Scope) -> AsyncIterator[Page]:
        pages: asyncio.Queue[Page] = asyncio.Queue(2)
        loop, stopped = asyncio.get_running_loop(), threading.Event()

        def work(connection: apsw.Connection) -> None:
            for page in _pages(connection, scope):
                if stopped.is_set():
                    return
                asyncio.run_coroutine_threadsafe(pages.put(page), loop).result()

        reading = asyncio.ensure_future(self._database.read(work))
        try:
            while (page := await _next(pages, reading)) is not None:
                yield page
            await reading
        finally:
            stopped.set()
            while await _next(pages, reading) is not None:
                pass

    async def known_items(self, tenant: str, ids: Collection[str]) -> Mapping[str, str]:
        where = {"tenant": tenant, "ids": json.dumps(sorted(ids))}
        found = await self._database.read(lambda connection: rows(connection, _QUERIES["known_items"], where))
        return dict(found)

    async def import_records(self, tenant: str, kind: Kind, rows: Sequence[Row]) -> int:
        entries = await asyncio.to_thread(_entries, tenant, kind, rows)
        put = partial(_put, tenant=tenant, kind=kind, records=rows, entries=entries, claimed=self._claimed)
        return await self._database.write(put)

    async def settle_import(self, tenant: str) -> Sequence[Difference]:
        return await self._database.write(partial(_settle, tenant=tenant))


async def _next(pages: asyncio.Queue[Page], reading: asyncio.Future[None]) -> Page | None:
    """The next page, or None when there is none any more."""
    getting = asyncio.ensure_future(pages.get())
    waiting: list[asyncio.Future[Any]] = [getting, reading]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    if getting.done():
        return getting.result()
    getting.cancel()
    return pages.get_nowait() if not pages.empty() else None


def _owned(connection: apsw.Connection, scope: Scope) -> dict[str, str]:
    """The audiences of the tenant that are the scope's own or narrower."""
    found = [audience for (audience,) in rows(connection, _WRITE["audiences_of_tenant"], {"tenant": scope.tenant})]
    return {"tenant": scope.tenant, "audiences": json.dumps(list(filter(scope.owns, found)))}


def _counts(connection: apsw.Connection, scope: Scope) -> dict[str, int]:
    where = _owned(connection, scope)
    counts = {kind.name: rows(connection, _query("count_records", kind), where)[0][0] for kind in KINDS}
    return {name: count for name, count in counts.items() if count}


def _pages(connection: apsw.Connection, scope: Scope) -> Iterator[Page]:
    where = _owned(connection, scope)
    for kind in KINDS:
        cursor = connection.execute(_query("records", kind), where)
        while found := [_record(kind, values) for values in islice(cursor, _PAGE)]:
            _add_vectors(connection, scope.tenant, kind, found)
            yield Page(kind, found)


def _query(name: str, kind: Kind) -> str:
    columns = [column(field) for field in kind.shapes]
    values, unset = [f":{one}" for one in columns], _DERIVED.get(kind.name, ()) if name == "put_record" else ()
    return _QUERIES[name].format(
        table=kind.name,
        columns=", ".join([*columns, *unset]),
        values=", ".join([*values, *("0" for _ in unset)]),
        key=", ".join(map(column, kind.key)),
    )


def column(field: str) -> str:
    """The column of a field."""
    return _COLUMNS.get(field, field)


def _record(kind: Kind, values: Sequence[Any]) -> Row:
    row = dict(zip(kind.shapes, values, strict=True))
    for name in kind.has(Shape.FLAG):
        row[name] = bool(row[name])
    for name in (*kind.has(Shape.JSON), *kind.has(Shape.NAMES)):
        row[name] = json.loads(row[name])
    return row


def _add_vectors(connection: apsw.Connection, tenant: str, kind: Kind, records: Sequence[Row]) -> None:
    if kind.searched:
        where = {"tenant": tenant, "ids": json.dumps([row["id"] for row in records])}
        vectors = {item_id: rest for item_id, *rest in rows(connection, _QUERIES["vectors_of"], where)}
        for row in records:
            row[VECTOR], row[SENTENCES] = vectors.get(row["id"], (None, None))
    if kind.name == "store_item":
        for row in records:
            row[VECTORS] = rows(connection, _QUERIES["item_vectors"], _place(tenant, row))


def _place(tenant: str, row: Row) -> Row:
    return {"tenant": tenant, **{name: row[name] for name in ("audience", "namespace", "key")}}


def _entries(tenant: str, kind: Kind, records: Sequence[Row]) -> dict[str, IndexEntry]:
    """By id, what the indexes keep. Slow, so not under the write lock."""
    found: dict[str, IndexEntry] = {}
    for row in records if kind.searched else ():
        if row.get(VECTOR) is not None:
            [entry] = index_entries([_item(tenant, kind, row)], [from_bytes(row[VECTOR])])
            found[row["id"]] = replace(entry, sentences=row.get(SENTENCES))
    return found


def _item(tenant: str, kind: Kind, row: Row) -> Passage | Claim:
    scope = scope_of(tenant, row["audience"])
    if kind.label is Node.CLAIM:
        return Claim(row["id"], scope, row["text"], recorded_at=datetime.min)  # only its text is looked at
    place = Position(row["start"], row["end"])
    return Passage(row["id"], row["source_id"], scope, row["ordinal"], row["title"], row["text"], place)


def _put(
    connection: apsw.Connection,
    tenant: str,
    kind: Kind,
    records: Sequence[Row],
    entries: Mapping[str, IndexEntry],
    claimed: EmbedderIdentity | None,
) -> int:
    known = _known(connection, tenant, kind, records)
    new = [row for row in records if row.get("id") not in known]
    check_vectors(connection, [from_bytes(entry.embedding) for entry in entries.values()], claimed)
    if kind.label is Node.ENTITY:
        connection.executemany(_WRITE["add_entity"], [{"tenant": tenant, **_stored(kind, row)} for row in records])
        return len(new)
    query, count = _query("put_record", kind), 0
    if kind.label is Relation.MENTIONS:
        return sum(put_mention(connection, tenant, _stored(kind, row)) for row in records)
    for row in new:
        connection.execute(query, {"tenant": tenant, **_stored(kind, row)})
        if connection.changes():
            count += 1
            _put_item_vectors(connection, tenant, row)
    if kind.label is Node.SOURCE and count < len(new):
        raise ImportConflict(RIVAL, hint=RIVAL_HINT)
    raised = {tenant: raise_revision(connection, tenant)}
    if indexable := [entries[row["id"]] for row in new if row.get("id") in entries]:
        add_to_indexes(connection, indexable, raised)
        hidden = json.dumps([row["id"] for row in new if not row["recallable"]])
        connection.execute(_QUERIES["hide"], {"tenant": tenant, "ids": hidden})
    return count


def _known(connection: apsw.Connection, tenant: str, kind: Kind, records: Sequence[Row]) -> set[str]:
    if not isinstance(kind.label, Node) or kind.label is Node.RETRACTION:
        return set()
    where = {"tenant": tenant, "ids": json.dumps([row["id"] for row in records])}
    return {item_id for item_id, _ in rows(connection, _QUERIES["known_items"], where)}


def _put_item_vectors(connection: apsw.Connection, tenant: str, row: Row) -> None:
    for field, (embedder, vector) in enumerate(row.get(VECTORS) or ()):
        values = {**_place(tenant, row), "field": field, "embedder": embedder, "embedding": vector}
        connection.execute(_STORE["put_vector"], values)


def _stored(kind: Kind, row: Row) -> Row:
    values = dict(row)
    for name in (*kind.has(Shape.JSON), *kind.has(Shape.NAMES)):
        values[name] = json.dumps(values[name])
    return {column(name): values[name] for name in kind.shapes}


def _decided(withdrawn: int, quarantined: int) -> tuple[str, ...]:
    return ("withdrawn",) * bool(withdrawn) + ("quarantined",) * bool(quarantined)


def _settle(connection: apsw.Connection, tenant: str) -> list[Difference]:
    where = {"tenant": tenant}
    before = rows(connection, _QUERIES["decided"], where)
    for item_id, label, *_ in before:
        decide(connection, tenant, Node(label), item_id)
    after = {item_id: flags for item_id, _, *flags in rows(connection, _QUERIES["decided"], where)}
    for query in ("hold", "touch"):
        connection.execute(_QUERIES[query], where)
    seeds = [(item_id, Node(label)) for item_id, label in rows(connection, _QUERIES["roots"], where)]
    revision = raise_revision(connection, tenant)
    changed = refresh(connection, tenant, seeds, revision)
    show(connection, tenant, [item_id for (item_id,) in rows(connection, _QUERIES["duplicated"], where)], revision)
    moved = {item.id: Difference.of(item) for item in changed.affected}
    for item_id, label, *flags in before:
        if after.get(item_id, [0, 0]) != flags and item_id not in moved:
            moved[item_id] = Difference(item_id, Node(label), _decided(*flags), _decided(*after.get(item_id, (0, 0))))
    return list(moved.values())
