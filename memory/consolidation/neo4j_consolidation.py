"""Consolidation in Neo4j: what a run looks at, writes down and takes back.

Decides the order of statements; each write is a turn of the tenant, at whose end what is shown is worked out anew
(`neo4j_showing.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from stemma.memory.consolidation.model import Candidate, Consolidation, Demotion, DemotionRule, Duplicate, Mark
from stemma.memory.consolidation.neo4j_showing import QUERIES, edges_around, in_turn, settle, show, standing
from stemma.memory.consolidation.refusal import refuse_undoing
from stemma.memory.consolidation.standing import hidden
from stemma.memory.model import Node, Scope
from stemma.memory.neo4j_connection import Neo4jConnection
from stemma.memory.neo4j_rows import Row, instant
from stemma.memory.neo4j_turn import Turn, Undone
from stemma.memory.neo4j_turn import in_turn as take_turn


class Neo4jConsolidation:
    """`ConsolidationStore` over one Neo4j database."""

    _connection: Neo4jConnection

    async def candidates(self, scope: Scope, node: Node, after: str, limit: int) -> list[Candidate]:
        where = {"tenant": scope.tenant, "audience": scope.audience, "after": after, "limit": limit}
        query, read = ("source_candidates", _source) if node is Node.SOURCE else ("claim_candidates", _claim)
        [found] = await self._connection.read(QUERIES[query], where)
        return [read(row) for row in found["rows"]]

    async def consolidate(
        self, run: Consolidation, duplicates: Sequence[Duplicate], demotions: Sequence[Demotion]
    ) -> Consolidation:
        async def work(turns: dict[str, Turn]) -> Consolidation:
            return await _write(turns[run.scope.tenant], run, duplicates, demotions)

        try:
            return await take_turn(self._connection, [run.scope.tenant], work)
        except Undone:
            known = await self._connection.read(QUERIES["run"], {"tenant": run.scope.tenant, "run": run.id})
            return _run(run.scope.tenant, known[0]["row"]) if known else replace(run, sources=0, claims=0, demoted=0)

    async def undo_consolidation(self, scope: Scope, run_id: str, *, actor: str, at: datetime) -> Consolidation:
        async def work(turns: dict[str, Turn]) -> Consolidation:
            turn = turns[scope.tenant]
            found = await turn.rows(QUERIES, "run", run=run_id)
            refuse_undoing(scope, run_id, _run(scope.tenant, found[0]["row"]) if found else None)
            [made] = await turn.rows(QUERIES, "made_by", run=run_id)
            before = await edges_around(in_turn(turn), {item_id for pair in made["rows"] for item_id in pair})
            [row] = await turn.rows(QUERIES, "unmake", run=run_id, at=instant(at), actor=actor)
            left = before - {(one, other) for one, other in made["rows"]}
            await settle(turn, left, {item_id for pair in before for item_id in pair})
            return _run(scope.tenant, row["row"])

        return await take_turn(self._connection, [scope.tenant], work)

    async def consolidations(self, scope: Scope, *, limit: int, offset: int = 0) -> tuple[list[Consolidation], int]:
        where = {"tenant": scope.tenant, "audiences": list(scope.audiences()), "limit": limit, "offset": offset}
        [page] = await self._connection.read(QUERIES["runs"], where)
        return [_run(scope.tenant, row) for row in page["rows"]], page["total"]

    async def marks(self, scope: Scope, ids: Sequence[str]) -> Mapping[str, Mark]:
        where = {"tenant": scope.tenant, "audiences": list(scope.audiences()), "ids": list(dict.fromkeys(ids))}
        [found] = await self._connection.read(QUERIES["marks"], where)
        instead = await self._shown_for(scope, [item_id for item_id, is_hidden, *_ in found["rows"] if is_hidden])
        marks = {
            item_id: Mark(
                instead.get(item_id, ""), stands_for or 0, tuple(one for one in DemotionRule if one.value in rules)
            )
            for item_id, _, stands_for, rules in found["rows"]
        }
        return {item_id: mark for item_id, mark in marks.items() if mark != Mark()}

    async def _shown_for(self, scope: Scope, ids: Sequence[str]) -> dict[str, str]:
        async def ask(query: str, ids: list[str]) -> list[list[Any]]:
            [found] = await self._connection.read(QUERIES[query], {"tenant": scope.tenant, "ids": ids})
            return list(found["rows"])

        if not ids:
            return {}
        edges = await edges_around(ask, ids)
        now = await standing(ask, {item_id for pair in edges for item_id in pair})
        return hidden(edges, now.places, now.current)


async def _write(
    turn: Turn, run: Consolidation, duplicates: Sequence[Duplicate], demotions: Sequence[Demotion]
) -> Consolidation:
    own = {"run": run.id, "audience": run.scope.audience}
    await turn.rows(QUERIES, "put_run", **own, actor=run.actor, at=instant(run.at))
    pairs = [
        {"id": one.id, "canonical": one.canonical, "node": one.node.value, "rule": one.rule.value} for one in duplicates
    ]
    low = [{"id": one.id, "node": one.node.value, "rule": one.rule.value} for one in demotions]
    new = await turn.rows(QUERIES, "put_duplicates", **own, rows=pairs)
    demoted = await turn.rows(QUERIES, "put_demotions", **own, rows=low)
    if not new and not demoted:
        raise Undone
    sources = sum(row["node"] == Node.SOURCE for row in new)
    counts = {"sources": sources, "claims": len(new) - sources, "demoted": len(demoted)}
    [row] = await turn.rows(QUERIES, "count_in", run=run.id, **counts)
    await show(turn, {row["id"] for row in new})
    return _run(turn.tenant, row["row"])


def _source(row: Sequence[Any]) -> Candidate:
    item_id, uri, title, content_hash, trust, added_at, is_hidden, texts, used, rules = row
    return Candidate(
        id=item_id,
        node=Node.SOURCE,
        uri=uri,
        title=title,
        texts=texts,
        content_hash=content_hash,
        weight=trust,
        came_at=datetime.fromisoformat(added_at),
        last_used=datetime.fromisoformat(used) if used else None,
        hidden=bool(is_hidden),
        demoted=frozenset(rules),
    )


def _claim(row: Sequence[Any]) -> Candidate:
    item_id, text, confidence, recorded_at, searched, stale, is_hidden, used, rules = row
    return Candidate(
        id=item_id,
        node=Node.CLAIM,
        title="",
        texts=(text,),
        content_hash="",
        weight=confidence,
        came_at=datetime.fromisoformat(recorded_at),
        last_used=datetime.fromisoformat(used) if used else None,
        searched=searched,
        stale=stale,
        hidden=bool(is_hidden),
        demoted=frozenset(rules),
    )


def _run(tenant: str, row: Row) -> Consolidation:
    undone_at = row.get("undone_at")
    return Consolidation(
        scope=Scope(tenant, *row["audience"].split("\x1f")),
        at=datetime.fromisoformat(row["at"]),
        undone_at=datetime.fromisoformat(undone_at) if undone_at else None,
        **{name: row[name] for name in ("id", "actor", "sources", "claims", "demoted", "undone_by")},
    )
