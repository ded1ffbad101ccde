"""Consolidation on the SQLite memory: what a run looks at, writes down and takes back.

Decides the order of statements; each write is one transaction, at whose end what is shown is worked out anew
(`sqlite_showing.py`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import apsw

from stemma.memory.consolidation.model import Candidate, Consolidation, Demotion, Duplicate, Mark
from stemma.memory.consolidation.refusal import refuse_undoing
from stemma.memory.consolidation.sqlite_showing import (
    demoted_by,
    edges_around,
    settle,
    show,
    shown_for,
)
from stemma.memory.model import Node, Scope
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import Row, SqliteDatabase, rows
from stemma.memory.sqlite_listing import reader
from stemma.memory.sqlite_rows import scope_of, written
from stemma.memory.sqlite_writes import raise_revision

_QUERIES = load_queries("sql/consolidation.sql")
_LINEAGE = load_queries("sql/lineage.sql")


class SqliteConsolidation:
    """`ConsolidationStore` on an SQLite file."""

    _database: SqliteDatabase

    async def candidates(self, scope: Scope, node: Node, after: str, limit: int) -> list[Candidate]:
        where = {"tenant": scope.tenant, "audience": scope.audience, "after": after, "limit": limit}
        find = _sources if node is Node.SOURCE else _claims
        return await self._database.read(partial(find, where=where))

    async def consolidate(
        self, run: Consolidation, duplicates: Sequence[Duplicate], demotions: Sequence[Demotion]
    ) -> Consolidation:
        return await self._database.write(partial(_write, run=run, duplicates=duplicates, demotions=demotions))

    async def undo_consolidation(self, scope: Scope, run_id: str, *, actor: str, at: datetime) -> Consolidation:
        return await self._database.write(partial(_undo, scope=scope, run_id=run_id, actor=actor, at=at))

    async def consolidations(self, scope: Scope, *, limit: int, offset: int = 0) -> tuple[list[Consolidation], int]:
        def find(connection: apsw.Connection) -> tuple[list[Consolidation], int]:
            found = rows(connection, _QUERIES["runs"], {**reader(scope), "limit": limit, "offset": offset})
            ((total,),) = rows(connection, _QUERIES["count_runs"], reader(scope))
            return [_run(row) for row in found], int(total)

        return await self._database.read(find)

    async def marks(self, scope: Scope, ids: Sequence[str]) -> Mapping[str, Mark]:
        return await self._database.read(partial(_marks, scope=scope, ids=ids))


def _sources(connection: apsw.Connection, where: Mapping[str, Any]) -> list[Candidate]:
    found = rows(connection, _QUERIES["source_candidates"], where)
    which = {"tenant": where["tenant"], "ids": json.dumps([row[0] for row in found])}
    texts: dict[str, list[str]] = {}
    for source_id, text in rows(connection, _QUERIES["source_texts"], which):
        texts.setdefault(source_id, []).append(text)
    return [
        Candidate(
            id=item_id,
            node=Node.SOURCE,
            uri=uri,
            title=title,
            texts=texts.get(item_id, ()),
            content_hash=content_hash,
            weight=trust,
            came_at=datetime.fromisoformat(added_at),
            last_used=_latest(used),
            hidden=bool(is_hidden),
            demoted=frozenset(json.loads(demoted)),
        )
        for item_id, uri, title, content_hash, trust, added_at, *used, is_hidden, demoted in found
    ]


def _claims(connection: apsw.Connection, where: Mapping[str, Any]) -> list[Candidate]:
    return [
        Candidate(
            id=item_id,
            node=Node.CLAIM,
            title="",
            texts=(text,),
            content_hash="",
            weight=confidence,
            came_at=datetime.fromisoformat(recorded_at),
            last_used=_latest(used),
            searched=bool(searched),
            stale=bool(stale),
            hidden=bool(is_hidden),
            demoted=frozenset(json.loads(demoted)),
        )
        for item_id, text, confidence, recorded_at, *used, searched, stale, is_hidden, demoted in rows(
            connection, _QUERIES["claim_candidates"], where
        )
    ]


def _latest(times: Sequence[str | None]) -> datetime | None:
    known = [time for time in times if time]
    return datetime.fromisoformat(max(known)) if known else None


def _write(
    connection: apsw.Connection, run: Consolidation, duplicates: Sequence[Duplicate], demotions: Sequence[Demotion]
) -> Consolidation:
    tenant = run.scope.tenant
    own = {"tenant": tenant, "audience": run.scope.audience, "run": run.id}
    pairs = json.dumps([[one.id, one.canonical, one.node.value, one.rule.value] for one in duplicates])
    low = json.dumps([[one.id, one.node.value, one.rule.value] for one in demotions])
    new = rows(connection, _QUERIES["add_duplicates"], {**own, "rows": pairs})
    demoted = rows(connection, _QUERIES["add_demotions"], {**own, "rows": low})
    if new or demoted:
        sources = sum(label == Node.SOURCE for _, label in new)
        counts = {"sources": sources, "claims": len(new) - sources, "demoted": len(demoted)}
        connection.execute(_QUERIES["count_in"], {**own, **counts, "actor": run.actor, "at": written(run.at)})
        show(connection, tenant, {item_id for item_id, _ in new}, raise_revision(connection, tenant))
    return _known(connection, tenant, run.id) or replace(run, sources=0, claims=0, demoted=0)


def _undo(connection: apsw.Connection, scope: Scope, run_id: str, actor: str, at: datetime) -> Consolidation:
    run = refuse_undoing(scope, run_id, _known(connection, scope.tenant, run_id))
    which = {"tenant": scope.tenant, "run": run_id}
    made = rows(connection, _QUERIES["made_by"], which)
    before = edges_around(connection, scope.tenant, {item_id for pair in made for item_id in pair})
    for query in ("remove_duplicates", "remove_demotions"):
        connection.execute(_QUERIES[query], which)
    connection.execute(_QUERIES["mark_undone"], {**which, "at": written(at), "actor": actor})
    revision = raise_revision(connection, scope.tenant)
    settle(connection, scope.tenant, before, before.keys() - {(one, other) for one, other in made}, revision)
    return replace(run, undone_at=at, undone_by=actor)


def _known(connection: apsw.Connection, tenant: str, run_id: str) -> Consolidation | None:
    found = rows(connection, _QUERIES["run"], {"tenant": tenant, "run": run_id})
    return _run(found[0]) if found else None


def _run(row: Row) -> Consolidation:
    tenant, run_id, audience, actor, at, sources, claims, demoted, undone_at, undone_by = row
    undone = datetime.fromisoformat(undone_at) if undone_at else None
    whose, when = scope_of(tenant, audience), datetime.fromisoformat(at)
    return Consolidation(run_id, whose, actor, when, sources, claims, demoted, undone, undone_by)


def _marks(connection: apsw.Connection, scope: Scope, ids: Sequence[str]) -> dict[str, Mark]:
    where = {**reader(scope), "ids": json.dumps(list(dict.fromkeys(ids)))}
    seen = [item_id for (item_id,) in rows(connection, _LINEAGE["visible"], where)]
    edges = edges_around(connection, scope.tenant, seen)
    instead = shown_for(connection, scope.tenant, edges) if edges else {}
    others = Counter(instead.values())
    low = demoted_by(connection, scope.tenant, seen)
    found = {one: Mark(instead.get(one, ""), others[one], low.get(one, ())) for one in seen}
    return {item_id: mark for item_id, mark in found.items() if mark != Mark()}
