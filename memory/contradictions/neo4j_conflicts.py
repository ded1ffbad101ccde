"""Contradictions in Neo4j: `(Claim)-[:CONTRADICTS]->(Claim)`, written in the tenant's turn like everything else.

Decides which query serves which operation. What is compared and what follows is not the store's business.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from stemma.memory.contradictions.model import Backing, ComparedClaim, Conflict, ConflictPage, Resolution
from stemma.memory.contradictions.ruling import Ruling, refuse_changed
from stemma.memory.errors import AlreadyGivenBack, UnknownItem
from stemma.memory.model import Scope
from stemma.memory.neo4j_connection import Neo4jConnection
from stemma.memory.neo4j_decisions import give_back, supersede, take_back
from stemma.memory.neo4j_rows import Row, instant
from stemma.memory.neo4j_turn import Turn, Undone, in_turn
from stemma.memory.neo4j_values import source
from stemma.memory.queries import load_queries

_QUERIES = load_queries("cypher/contradictions.cypher")
_PLAIN = ("slot", "ours", "theirs", "about", "our_quote", "their_quote", "detector")


class Neo4jConflicts:
    """`ConflictStore` over one Neo4j database."""

    _connection: Neo4jConnection

    async def claims_after(self, scope: Scope, after: str, limit: int) -> list[ComparedClaim]:
        where = {"tenant": scope.tenant, "audience": scope.audience, "after": after, "limit": limit}
        [found] = await self._connection.read(_QUERIES["claims_after"], where)
        return [_claim(row) for row in found["rows"]]

    async def claims_about(self, scope: Scope, entity_ids: Sequence[str], most: int) -> dict[str, list[ComparedClaim]]:
        if not entity_ids:
            return {}
        where = {**_own(scope), "ids": list(dict.fromkeys(entity_ids)), "most": most}
        [found] = await self._connection.read(_QUERIES["claims_about"], where)
        return {entity_id: [_claim(row) for row in claims] for entity_id, claims in found["rows"] if claims}

    async def put_conflicts(self, conflicts: Sequence[Conflict]) -> list[str]:
        if not conflicts:
            return []
        by_tenant: defaultdict[str, list[Row]] = defaultdict(list)
        for conflict in conflicts:
            by_tenant[conflict.scope.tenant].append(_row(conflict))

        async def work(turns: dict[str, Turn]) -> list[str]:
            new: list[str] = []
            for tenant, turn in turns.items():
                for row in await turn.rows(_QUERIES, "put_conflicts", rows=by_tenant[tenant]):
                    new += row["ids"]
            if not new:
                raise Undone
            return new

        try:
            made = set(await in_turn(self._connection, by_tenant, work))
        except Undone:
            return []
        return [conflict_id for conflict_id in dict.fromkeys(one.id for one in conflicts) if conflict_id in made]

    async def conflict(self, scope: Scope, conflict_id: str) -> Conflict:
        [found] = await self._connection.read(_QUERIES["conflict"], {**_own(scope), "id": conflict_id})
        return _only(scope, conflict_id, found["rows"])

    async def conflicts(self, scope: Scope, *, open_only: bool, limit: int, offset: int = 0) -> ConflictPage:
        where = {**_own(scope), "open": open_only, "limit": limit, "offset": offset}
        [page] = await self._connection.read(_QUERIES["conflicts"], where)
        return ConflictPage([_conflict(scope.tenant, row) for row in page["rows"]], page["total"])

    async def rule(self, scope: Scope, ruling: Ruling) -> None:
        found = ruling.found

        async def work(turns: dict[str, Turn]) -> None:
            turn = turns[scope.tenant]
            seen = {"audiences": list(scope.audiences()), "id": found.id}
            [stored] = await turn.rows(_QUERIES, "conflict", **seen)
            refuse_changed(ruling, _only(scope, found.id, stored["rows"]))
            if ruling.taken_back:
                await take_back(turn, scope, ruling.taken_back)
            if ruling.superseded:
                await supersede(turn, scope, found.claim_id, found.other_id, ruling.at)
            if ruling.given_back:
                with suppress(AlreadyGivenBack):
                    await give_back(turn, scope, ruling.given_back, ruling.actor, ruling.at)
            kept = _row(ruling.kept)
            await turn.rows(_QUERIES, "resolve", id=found.id, audience=found.scope.audience, values=kept["values"])

        await in_turn(self._connection, [scope.tenant], work)

    async def backings(self, scope: Scope, claim_ids: Sequence[str]) -> list[Backing]:
        if not claim_ids:
            return []
        where = {**_own(scope), "ids": list(dict.fromkeys(claim_ids))}
        [found] = await self._connection.read(_QUERIES["backings"], where)
        read = partial(source, scope.tenant)
        return [Backing(row["claim"], read(row["source"])) for row in found["rows"]]


def _own(scope: Scope) -> Row:
    return {"tenant": scope.tenant, "audiences": list(scope.audiences())}


def _only(scope: Scope, conflict_id: str, found: Sequence[Row]) -> Conflict:
    for row in found:
        return _conflict(scope.tenant, row)
    raise UnknownItem(f"there is no {conflict_id!r} in this scope", hint="stemma memory contradictions")


def _claim(row: Sequence[Any]) -> ComparedClaim:
    claim_id, audience, text, recorded_at, valid_from, valid_to, subject, *names = row
    recorded = datetime.fromisoformat(recorded_at)
    return ComparedClaim(claim_id, audience, text, recorded, valid_from, valid_to, tuple(sorted(names)), subject)


def _row(conflict: Conflict) -> Row:
    values = {
        **{name: getattr(conflict, name) for name in _PLAIN},
        "audience": conflict.scope.audience,
        "found_at": instant(conflict.found_at),
        "resolution": conflict.resolution.value,
        "resolved_by": conflict.resolved_by,
        "resolved_at": instant(conflict.resolved_at) if conflict.resolved_at else None,
        "reason": conflict.reason,
        "decision": conflict.decision,
    }
    return {
        "id": conflict.id,
        "claim_id": conflict.claim_id,
        "other_id": conflict.other_id,
        "audiences": list(conflict.scope.audiences()),
        "values": values,
    }


def _conflict(tenant: str, row: Row) -> Conflict:
    return Conflict(
        id=row["id"],
        scope=Scope(tenant, *row["audience"].split("\x1f")),
        claim_id=row["claim_id"],
        other_id=row["other_id"],
        **{name: row[name] for name in _PLAIN},
        found_at=datetime.fromisoformat(row["found_at"]),
        resolution=Resolution(row["resolution"]),
        resolved_by=row["resolved_by"],
        resolved_at=datetime.fromisoformat(row["resolved_at"]) if row.get("resolved_at") else None,
        reason=row["reason"],
        decision=row["decision"],
    )
