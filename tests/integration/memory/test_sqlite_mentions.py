"""A file from before items kept in their rows what they mention: nothing of it is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import apsw

from stemma.memory.model import Relation, Scope
from stemma.memory.sqlite_graph import SqliteGraph
from tests.contracts.contradictory_claims import BERTHS, MORE_BERTHS, stating
from tests.contracts.memory_bundles import IDENTITY, new_scope, put

_BEFORE = 10
_OLDER = """
    CREATE TABLE older (
        tenant TEXT NOT NULL,
        item_id TEXT NOT NULL,
        entity_id TEXT NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        audience TEXT NOT NULL,
        PRIMARY KEY (tenant, item_id, entity_id, first)
    ) WITHOUT ROWID, STRICT;
    INSERT INTO older SELECT tenant, item_id, entity_id, first, last, audience FROM mentions;
    DROP VIEW mentions;
    DROP TABLE claim_entity;
    ALTER TABLE passage DROP COLUMN mentions;
    ALTER TABLE claim DROP COLUMN mentions;
    ALTER TABLE older RENAME TO mentions;
    CREATE INDEX mentions_entity ON mentions (tenant, entity_id);
"""


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[SqliteGraph]:
    graph = SqliteGraph(path)
    await graph.open()
    try:
        yield graph
    finally:
        await graph.close()


def make_older(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(_OLDER)
    connection.pragma("user_version", _BEFORE)
    connection.close()


async def mentioned(graph: SqliteGraph, scope: Scope, entity_ids: list[str]) -> list[object]:
    """All that tells who mentions what."""
    about = await graph.claims_about(scope, entity_ids, 9)
    items = await graph.changed_items(scope, 0, 99)
    counted = (await graph.statistics(scope)).by_relation[Relation.MENTIONS]
    return [about, {item.id: item.mentions for item in items}, await graph.claims_after(scope, "", 9), counted]


async def test_an_older_file_keeps_its_mentions(tmp_path: Path) -> None:
    scope, path = new_scope(), tmp_path / "memory.db"
    bundles = [stating(scope, BERTHS), stating(scope, MORE_BERTHS)]
    ids = sorted({entity.id for bundle in bundles for entity in bundle.entities})
    async with opened(path) as graph:
        await graph.claim_embedder(IDENTITY)
        await put(graph, *bundles)
        before = await mentioned(graph, scope, ids)
    make_older(path)
    async with opened(path) as graph:
        assert await mentioned(graph, scope, ids) == before
    assert before[0]
    assert before[-1]
