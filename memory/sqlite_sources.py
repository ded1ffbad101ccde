"""Writing and looking up versions of sources in the SQLite memory, as functions on a connection.

Decides the order of a batch's statements: who is taken, then all new rows together, then what follows from them. What
an index row is stands in `sqlite_writes.py`, the transaction and its errors in `sqlite_database.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import apsw

from stemma.memory.bundles import SourceBundle
from stemma.memory.contradictions.pairs import told_pairs
from stemma.memory.model import Node, Scope, Source
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import rows
from stemma.memory.sqlite_mentions import add_mentions, places_of
from stemma.memory.sqlite_rows import passage_row, read_source, source_row
from stemma.memory.sqlite_support import refresh, unsettled
from stemma.memory.sqlite_writes import (
    IndexEntry,
    add_claims,
    add_derivations,
    add_entities,
    add_relations,
    add_to_indexes,
    index_entries,
    raise_revision,
)
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
    places: Mapping[str, str]
    """By item: what it mentions (`sqlite_mentions.places_of`)."""
    told: Collection[tuple[str, str]]
    """Which claim is to be found by which entity (`told_pairs`)."""


def source_rows(bundles: Iterable[SourceBundle]) -> list[SourceRows]:
    """The rows of each bundle. Slow, so not under the write lock."""
    return [_rows_of(bundle, places_of(bundle.mentions)) for bundle in bundles]


def _rows_of(bundle: SourceBundle, places: Mapping[str, str]) -> SourceRows:
    return SourceRows(
        bundle,
        source_row(bundle.source, bundle.replaces),
        [passage_row(passage, places.get(passage.id, "[]")) for passage in bundle.passages],
        index_entries(bundle.passages, bundle.vectors, bundle.sentences, bundle.words),
        places,
        told_pairs(bundle.claims, bundle.mentions, bundle.entities),
    )


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
    tenants = sorted({item.bundle.source.scope.tenant for item in new})
    revisions = {tenant: raise_revision(connection, tenant) for tenant in tenants}
    connection.executemany(_WRITE["add_source"], [item.source for item in new])
    connection.executemany(_WRITE["add_passage"], list(chain.from_iterable(item.passages for item in new)))
    add_to_indexes(connection, list(chain.from_iterable(item.entries for item in new)), revisions)
    seeds: defaultdict[str, list[tuple[str, Node]]] = defaultdict(list)
    for item in new:
        bundle, scope = item.bundle, item.bundle.source.scope
        add_entities(connection, bundle.entities)
        seeds[scope.tenant] += _add_claims(connection, item)
        add_relations(connection, scope, bundle.relations)
        if bundle.replaces:
            seeds[scope.tenant].append((bundle.source.id, Node.SOURCE))
    for tenant, some in seeds.items():
        if some:
            refresh(connection, tenant, some, revisions[tenant])
    return taken


def _add_claims(connection: apsw.Connection, item: SourceRows) -> list[tuple[str, Node]]:
    """Store what was extracted from the passages; those of the claims whose flags must be worked out.

    A new claim that rests on passages of this very source has the flags that it was written with.
    """
    bundle, scope = item.bundle, item.bundle.source.scope
    if not bundle.claims:
        return []
    new = add_claims(connection, bundle.claims, item.places)
    known = {claim.id for claim in bundle.claims} - new
    add_mentions(connection, scope, bundle.mentions, item.told, known)
    fresh = [claim for claim in bundle.claims if claim.id in new]
    add_derivations(connection, scope, bundle.derivations, bundle.source.added_at, fresh)
    passages = {passage.id for passage in bundle.passages}
    plain = {row.claim_id for row in bundle.derivations if row.antecedent_id in passages}
    plain -= {row.claim_id for row in bundle.derivations if row.antecedent_id not in passages}
    return [(one, Node.CLAIM) for one in (*new - plain, *unsettled(connection, scope.tenant, known))]
