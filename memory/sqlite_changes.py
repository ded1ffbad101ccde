"""What changed in the SQLite memory since a revision, for the caches of a process.

Decides that a page ends with a whole revision. What a revision is stands in `recall/ports.py`; the writers stamp it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from operator import itemgetter

import apsw

from stemma.memory.model import Node, Scope
from stemma.memory.queries import load_queries
from stemma.memory.recall.ports import GraphItem, NamedMention, Revision
from stemma.memory.recall.sentence_blob import unpack
from stemma.memory.sqlite_database import Row, SqliteDatabase, rows
from stemma.memory.sqlite_mentions import names_of

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
    found = rows(connection, _QUERIES["changed_items"], where)
    places = [sorted(json.loads(row[-1]), key=itemgetter(1, 0)) for row in found]
    names = names_of(connection, tenant, (entity_id for some in places for entity_id, *_ in some))
    return [
        _graph_item(row[:-1], [NamedMention(one, names[one], first, last) for one, first, last in some if one in names])
        for row, some in zip(found, places, strict=True)
    ]


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
