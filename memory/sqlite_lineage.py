"""Taking back and explaining on an SQLite file: each decision is one write transaction, each look one consistent read.

Decides only that. What a decision does stands in `sqlite_truth.py`, how lineage is followed in `sqlite_paths.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import apsw

from stemma.memory.lineage.model import Direction, Effect, Lineage, Retraction
from stemma.memory.model import Node, Scope
from stemma.memory.sqlite_database import SqliteDatabase
from stemma.memory.sqlite_listing import chosen, page, unknown
from stemma.memory.sqlite_paths import decisions, lineage
from stemma.memory.sqlite_truth import give_back, rolled_back, supersede, take_back


class SqliteLineage:
    """`LineageStore` on an SQLite file."""

    _database: SqliteDatabase

    async def take_back(self, scope: Scope, retraction: Retraction, *, dry_run: bool = False) -> Effect:
        return await self._decide(partial(take_back, scope=scope, retraction=retraction), dry_run)

    async def give_back(
        self, scope: Scope, retraction_id: str, *, actor: str, at: datetime, dry_run: bool = False
    ) -> Effect:
        lift = partial(give_back, scope=scope, retraction_id=retraction_id, actor=actor, at=at)
        return await self._decide(lift, dry_run)

    async def supersede(
        self, scope: Scope, newer: str, older: str, *, at: datetime | None = None, dry_run: bool = False
    ) -> Effect:
        decide = partial(supersede, scope=scope, newer_id=newer, older_id=older, at=at)
        return await self._decide(decide, dry_run)

    async def _decide(self, decide: Callable[[apsw.Connection], Effect], dry_run: bool) -> Effect:
        return await self._database.write(partial(rolled_back, decide=decide) if dry_run else decide)

    async def retractions(self, scope: Scope, item_ids: Sequence[str]) -> list[Retraction]:
        return await self._database.read(partial(decisions, scope=scope, item_ids=item_ids))

    async def retraction(self, scope: Scope, retraction_id: str) -> Retraction:
        def find(connection: apsw.Connection) -> Retraction:
            for found in chosen(connection, scope, Node.RETRACTION, [retraction_id]):
                if isinstance(found, Retraction):
                    return found
            raise unknown(retraction_id)

        return await self._database.read(find)

    async def list_retractions(
        self, scope: Scope, *, open_only: bool, limit: int, offset: int = 0
    ) -> tuple[list[Retraction], int]:
        condition = "is_open" if open_only else "is_any"

        def listed(connection: apsw.Connection) -> tuple[list[Retraction], int]:
            found = page(connection, scope, Node.RETRACTION, condition, limit, offset)
            return [item for item in found.items if isinstance(item, Retraction)], found.total

        return await self._database.read(listed)

    async def lineage(self, scope: Scope, item_id: str, direction: Direction, *, limit: int) -> Lineage:
        return await self._database.read(partial(lineage, scope=scope, root=item_id, direction=direction, limit=limit))
