"""Writing versions of sources to Neo4j: a whole batch in one transaction, a few statements for all of it.

Decides how writers of one source find out who was first: the head of each source is locked in the database, in one
order everywhere, so that two batches wait for each other instead of deadlocking; entities come after heads, in order
too. May run again after a lost connection: the heads then say what is there already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import uuid4

from stemma.memory.bundles import SourceBundle
from stemma.memory.neo4j_connection import Row, Transaction
from stemma.memory.neo4j_rows import entity_row, head_key, mention_row, passage_row, source_row
from stemma.memory.neo4j_write import put_batches, rows_of
from stemma.memory.versions import next_versions, place


@dataclass(frozen=True, slots=True)
class SourceRows:
    """A bundle with its rows; made before the transaction begins."""

    bundle: SourceBundle
    key: str
    source: Row
    passages: list[Row]
    entities: list[Row]
    mentions: list[Row]

    @property
    def tenant(self) -> str:
        return self.bundle.source.scope.tenant


def source_rows(bundles: Iterable[SourceBundle]) -> list[SourceRows]:
    """The rows of each bundle. Slow, and the same for every attempt."""
    return [
        SourceRows(
            bundle,
            head_key(bundle.source.scope, bundle.source.uri),
            source_row(bundle.source),
            [passage_row(*pair) for pair in zip(bundle.passages, bundle.vectors, strict=True)],
            [entity_row(entity) for entity in bundle.entities],
            [mention_row(mention) for mention in dict.fromkeys(bundle.mentions)],
        )
        for bundle in bundles
    ]


async def write_sources(tx: Transaction, prepared: Sequence[SourceRows]) -> list[bool]:
    """Store those that are the next version of their source; for each whether it was."""
    taken: dict[int, bool] = {}
    order = sorted(range(len(prepared)), key=lambda n: (prepared[n].tenant, n))
    for tenant, numbers in groupby(order, key=lambda n: prepared[n].tenant):
        chosen = list(numbers)
        taken |= zip(chosen, await _write_of_tenant(tx, tenant, [prepared[n] for n in chosen]), strict=True)
    return [taken[n] for n in range(len(prepared))]


async def _write_of_tenant(tx: Transaction, tenant: str, prepared: Sequence[SourceRows]) -> list[bool]:
    own = {"tenant": tenant}
    places = {item.key: place(item.bundle) for item in prepared}
    heads = [{"key": key, "audience": places[key][0].audience} for key in sorted(places)]
    await put_batches(tx, "lock_heads", {**own, "writer": uuid4().hex}, heads)
    # Read by a statement of its own, after the locks: whoever waited sees what the one before it stored.
    found = await rows_of(tx, "heads", {**own, "keys": sorted(places)})
    newest = {places[row["key"]]: (row["version"], row["source_id"]) for row in found}
    taken = next_versions([item.bundle for item in prepared], newest)
    new = [item for item, is_taken in zip(prepared, taken, strict=True) if is_taken]
    replaced = [{"id": item.bundle.source.id, "old": item.bundle.replaces} for item in new if item.bundle.replaces]
    await put_batches(tx, "put_sources", own, [{"key": item.key, "source": item.source} for item in new])
    await put_batches(tx, "put_passages", own, [row for item in new for row in item.passages])
    await put_batches(tx, "put_entities", own, _entities(new))
    await put_batches(tx, "put_passage_mentions", own, _mentions(new))
    await put_batches(tx, "replace_sources", own, replaced)
    return taken


def _entities(new: Iterable[SourceRows]) -> list[Row]:
    by_id = {row["id"]: row for item in reversed(list(new)) for row in item.entities}
    return [by_id[entity_id] for entity_id in sorted(by_id)]


def _mentions(new: Iterable[SourceRows]) -> list[Row]:
    return sorted((row for item in new for row in item.mentions), key=lambda row: str(row["entity_id"]))
