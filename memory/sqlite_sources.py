"""Writing and looking up versions of sources in the SQLite memory, as functions on a connection.

Decides the order of a batch's statements: who is taken, then all new rows together, then what they replace. What an
index row is stands in `sqlite_writes.py`, the transaction and its errors in `sqlite_database.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import apsw

from stemma.memory.bundles import SourceBundle
from stemma.memory.model import Scope, Source
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import rows
from stemma.memory.sqlite_rows import passage_row, read_source, source_row
from stemma.memory.sqlite_writes import IndexEntry, add_entities, add_to_indexes, index_entries
from stemma.memory.versions import next_versions, place

_READ = load_queries("sql/read.sql")
_WRITE = load_queries("sql/write.sql")


@dataclass(frozen=True, slots=True)
class SourceRows:
    """A bundle with its rows; made before the transaction begins."""

    bundle: SourceBundle
    source: dict[str, Any]
    passages: list[dict[str, Any]]
    entries: list[IndexEntry]


def source_rows(bundles: Iterable[SourceBundle]) -> list[SourceRows]:
    """The rows of each bundle. Slow, so not under the write lock."""
    return [
        SourceRows(
            bundle,
            source_row(bundle.source, bundle.replaces),
            [passage_row(passage) for passage in bundle.passages],
            index_entries(bundle.passages, bundle.vectors),
        )
        for bundle in bundles
    ]


def current_sources(connection: apsw.Connection, scope: Scope, uris: Iterable[str]) -> dict[str, Source]:
    """By uri, the newest version under exactly this scope."""
    found: dict[str, Source] = {}
    for uri in set(uris):
        where = {"tenant": scope.tenant, "audience": scope.audience, "uri": uri}
        for row in rows(connection, _READ["current_source"], where):
            found[uri] = read_source(row)
    return found


def add_sources(connection: apsw.Connection, prepared: Sequence[SourceRows]) -> list[bool]:
    """Store those that are the next version of their source; for each whether it was."""
    bundles = [item.bundle for item in prepared]
    newest = {
        (scope, uri): (source.version, source.id)
        for scope, uri in {place(bundle) for bundle in bundles}
        for source in current_sources(connection, scope, [uri]).values()
    }
    taken = next_versions(bundles, newest)
    new = [item for item, is_taken in zip(prepared, taken, strict=True) if is_taken]
    connection.executemany(_WRITE["add_source"], [item.source for item in new])
    connection.executemany(_WRITE["add_passage"], list(chain.from_iterable(item.passages for item in new)))
    add_to_indexes(connection, list(chain.from_iterable(item.entries for item in new)))
    for item in new:
        bundle = item.bundle
        add_entities(connection, bundle.source.scope, bundle.entities, bundle.mentions)
        if bundle.replaces:
            _hide_source(connection, bundle.source.scope.tenant, bundle.replaces)
    return taken


def _hide_source(connection: apsw.Connection, tenant: str, source_id: str) -> None:
    which = {"tenant": tenant, "id": source_id}
    connection.execute(_WRITE["mark_replaced"], which)
    connection.execute(_WRITE["hide_passages"], which)
    for (number,) in rows(connection, _WRITE["passage_numbers"], which):
        one = {"tenant": tenant, "n": number}
        connection.execute(_WRITE["remove_words"], {"n": number})
        for audience, embedding in rows(connection, _WRITE["vector_of"], one):
            connection.execute(_WRITE["remove_vector"], {"n": number})
            hidden = {**one, "audience": audience, "recallable": 0, "embedding": embedding}
            connection.execute(_WRITE["add_vector"], hidden)
