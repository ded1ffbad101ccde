"""Puts and removals that the contract of items is tested with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stemma.memory.bundles import SourceBundle
from stemma.memory.model import Scope, Source, SourceKind
from stemma.memory.ports import MemoryGraph
from stemma.memory.store.model import ItemRemoval, ItemWrite, Place, StoredItem, written
from tests.contracts.memory_bundles import identifier

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
PORT = Place(("ports", "north"), "merrow")
AXES = [[float(n == axis) for n in range(8)] for axis in range(8)]


def write(
    scope: Scope,
    place: Place,
    value: str,
    *,
    version: int = 1,
    replaces: str | None = None,
    at: int = 0,
    ttl: float | None = None,
    vectors: list[list[float]] | None = None,
    embedder: str = "contract:8",
) -> ItemWrite:
    """A put of {"is": value}, `at` minutes after NOW."""
    now = NOW + timedelta(minutes=at)
    source_id = identifier("item", scope.tenant, scope.audience, place.uri, version, value)
    source = Source(
        id=source_id,
        scope=scope,
        kind=SourceKind.STORE,
        uri=place.uri,
        title=place.key,
        content_hash=identifier(value),
        version=version,
        added_at=now,
        metadata={"value": written({"is": value})},
    )
    end = None if ttl is None else now + timedelta(minutes=ttl)
    item = StoredItem(scope, place, {"is": value}, source_id, now, now, ttl, end)
    return ItemWrite(item, SourceBundle(source, (), (), replaces=replaces), vectors or (), embedder)


async def value_at(graph: MemoryGraph, scope: Scope, place: Place = PORT, *, at: datetime = NOW) -> object:
    """What stands there; None for nothing."""
    found = await graph.items_at(scope, [place], at)
    return found[0].value["is"] if found else None


async def keys_under(graph: MemoryGraph, scope: Scope, *prefix: str, limit: int | None = None) -> list[str]:
    return [item.place.key for item in await graph.items_under(scope, prefix, NOW, limit=limit)]


def removal(scope: Scope, place: Place, *, at: datetime = NOW, expired: bool = False) -> ItemRemoval:
    return ItemRemoval(scope, place, "ann", "not needed", at, expired)
