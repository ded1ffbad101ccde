"""Contradictions in the SQLite memory: claims to compare, and what was found, by named queries.

Decides which query serves which operation. What is compared and what follows is not the store's business.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import apsw

from stemma.memory.contradictions.model import Backing, ComparedClaim, Conflict, ConflictPage, Resolution
from stemma.memory.contradictions.ruling import Ruling, refuse_changed
from stemma.memory.errors import AlreadyGivenBack, UnknownItem
from stemma.memory.model import Node, Scope, Source
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import Row, SqliteDatabase, rows
from stemma.memory.sqlite_listing import chosen, reader
from stemma.memory.sqlite_rows import scope_of, written
from stemma.memory.sqlite_truth import give_back, supersede, take_back

_QUERIES = load_queries("sql/contradictions.sql")


class SqliteConflicts:
    """`ConflictStore` on an SQLite file."""

    _database: SqliteDatabase

    async def claims_after(self, scope: Scope, after: str, limit: int) -> list[ComparedClaim]:
        where = {"tenant": scope.tenant, "audience": scope.audience, "after": after, "limit": limit}
        found = await self._database.read(lambda connection: rows(connection, _QUERIES["claims_after"], where))
        return [_claim(row, tuple(sorted(json.loads(row[-1])))) for row in found]

    async def claims_about(self, scope: Scope, entity_ids: Sequence[str], most: int) -> dict[str, list[ComparedClaim]]:
        def find(connection: apsw.Connection) -> dict[str, list[ComparedClaim]]:
            where = {**reader(scope), "ids": json.dumps(list(dict.fromkeys(entity_ids))), "most": most}
            near = {entity: json.loads(claims) for entity, claims in rows(connection, _QUERIES["claims_about"], where)}
            claims = {row[0]: _claim(row) for some in near.values() for row in some}
            return {entity: [claims[row[0]] for row in some] for entity, some in near.items() if some}

        return await self._database.read(find) if entity_ids else {}

    async def put_conflicts(self, conflicts: Sequence[Conflict]) -> list[str]:
        return await self._database.write(partial(_put, conflicts=conflicts)) if conflicts else []

    async def conflict(self, scope: Scope, conflict_id: str) -> Conflict:
        return await self._database.read(partial(_one, scope=scope, conflict_id=conflict_id))

    async def conflicts(self, scope: Scope, *, open_only: bool, limit: int, offset: int = 0) -> ConflictPage:
        def find(connection: apsw.Connection) -> ConflictPage:
            where = {**reader(scope), "open": open_only}
            found = rows(connection, _QUERIES["conflicts"], {**where, "limit": limit, "offset": offset})
            counted = found or rows(connection, _QUERIES["conflicts"], {**where, "limit": 1, "offset": 0})
            return ConflictPage([_conflict(row[:-1]) for row in found], counted[0][-1] if counted else 0)

        return await self._database.read(find)

    async def rule(self, scope: Scope, ruling: Ruling) -> None:
        await self._database.write(partial(_rule, scope=scope, ruling=ruling))

    async def backings(self, scope: Scope, claim_ids: Sequence[str]) -> list[Backing]:
        def find(connection: apsw.Connection) -> list[Backing]:
            where = {**reader(scope), "ids": json.dumps(list(dict.fromkeys(claim_ids)))}
            pairs = rows(connection, _QUERIES["backings"], where)
            found = chosen(connection, scope, Node.SOURCE, [source_id for _, source_id in pairs])
            sources = {item.id: item for item in found if isinstance(item, Source)}
            return [Backing(claim, sources[source]) for claim, source in pairs if source in sources]

        return await self._database.read(find) if claim_ids else []


def _put(connection: apsw.Connection, conflicts: Sequence[Conflict]) -> list[str]:
    new = []
    for conflict in conflicts:
        row = {**_row(conflict), "audiences": json.dumps(conflict.scope.audiences())}
        new += [conflict_id for (conflict_id,) in rows(connection, _QUERIES["add_conflict"], row)]
    return new


def _one(connection: apsw.Connection, scope: Scope, conflict_id: str) -> Conflict:
    for row in rows(connection, _QUERIES["conflict"], {**reader(scope), "id": conflict_id}):
        return _conflict(row)
    raise UnknownItem(f"there is no {conflict_id!r} in this scope", hint="stemma memory contradictions")


def _rule(connection: apsw.Connection, scope: Scope, ruling: Ruling) -> None:
    found = ruling.found
    refuse_changed(ruling, _one(connection, scope, found.id))
    if ruling.taken_back:
        take_back(connection, scope, ruling.taken_back)
    if ruling.superseded:
        supersede(connection, scope, found.claim_id, found.other_id, ruling.at)
    if ruling.given_back:
        with suppress(AlreadyGivenBack):
            give_back(connection, scope, ruling.given_back, ruling.actor, ruling.at)
    rows(connection, _QUERIES["resolve"], _row(ruling.kept))


def _claim(row: Row, names: Sequence[str] = ()) -> ComparedClaim:
    claim_id, audience, text, recorded_at, valid_from, valid_to, subject = row[:7]
    at = datetime.fromisoformat(recorded_at)
    return ComparedClaim(claim_id, audience, text, at, valid_from, valid_to, names, subject)


_PLAIN = ("id", "claim_id", "other_id", "slot", "ours", "theirs", "about", "our_quote", "their_quote", "detector")


def _row(conflict: Conflict) -> dict[str, Any]:
    return {
        **{name: getattr(conflict, name) for name in _PLAIN},
        "tenant": conflict.scope.tenant,
        "audience": conflict.scope.audience,
        "found_at": written(conflict.found_at),
        "resolution": conflict.resolution.value,
        "resolved_by": conflict.resolved_by,
        "resolved_at": conflict.resolved_at and written(conflict.resolved_at),
        "reason": conflict.reason,
        "decision": conflict.decision,
    }


def _conflict(row: Row) -> Conflict:
    tenant, conflict_id, audience, *_, found_at, resolution, resolved_by, resolved_at, reason, decision = row
    return Conflict(
        **dict(zip(_PLAIN, (conflict_id, *row[3:12]), strict=True)),
        scope=scope_of(tenant, audience),
        found_at=datetime.fromisoformat(found_at),
        resolution=Resolution(resolution),
        resolved_by=resolved_by,
        resolved_at=datetime.fromisoformat(resolved_at) if resolved_at else None,
        reason=reason,
        decision=decision,
    )
