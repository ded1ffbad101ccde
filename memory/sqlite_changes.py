"""What changed in the SQLite memory since a revision, for the caches of a process.

Decides that a page ends with a whole revision. What a revision is stands in `recall/ports.py`; the writers stamp it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import apsw

from stemma.memory.model import Node, Scope
from stemma.memory.queries import load_queries
from stemma.memory.recall.ports import GraphItem, NamedMention, Revision
from stemma.memory.recall.sentence_blob import unpack
from stemma.memory.sqlite_database import Row, SqliteDatabase, rows

_QUERIES = load_queries("sql/changes.sql")
_BEYOND_ALL = 2**62


class SqliteChanges:
    """`ChangeStore` on an SQLite file."""

    _database: SqliteDatabase

    async def revision(self, scope: Scope) -> Revision:
        where = {"tenant": scope.tenant}
        found = await self._database.read(lambda connection: rows(connection, _QUERIES["revision"], where))
        return Revision(*found[0]) if found else Revision()

    async def changed_items(self, scope: Scope, after: int, limit: int) -> list[GraphItem]:
        changed = partial(_changed_items, tenant=scope.tenant, after=after, limit=max(limit, 1))
        return await self._database.read(changed)


def _changed_items(connection: apsw.Connection, tenant: str, after: int, limit: int) -> list[GraphItem]:
    where = {"tenant": tenant, "after": after, "limit": limit}
    ends = rows(connection, _QUERIES["last_revision"], where)
    where["last"] = ends[0][0] if ends else _BEYOND_ALL
    mentions: dict[str, list[NamedMention]] = {}
    for item_id, *mention in rows(connection, _QUERIES["changed_mentions"], where):
        mentions.setdefault(item_id, []).append(NamedMention(*mention))
    found = rows(connection, _QUERIES["changed_items"], where)
    return [_graph_item(row, mentions.get(row[0], ())) for row in found]


def _graph_item(row: Row, mentions: Sequence[NamedMention]) -> GraphItem:
    item_id, audience, title, text, recallable, revision, vectors = row
    return GraphItem(
        id=item_id,
        node=Node.CLAIM if title is None else Node.PASSAGE,
        audience=audience,
        title=title or "",
        text=text,
        recallable=bool(recallable),
        revision=revision,
        mentions=mentions,
        sentences=unpack(vectors) if vectors is not None else None,
    )
