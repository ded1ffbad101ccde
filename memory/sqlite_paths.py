"""Lineage in the SQLite memory: what an item rests on, and what it reached, step by step from the nearest.

Decides how far it is followed: level by level, in the order of ids within one, until the limit. It explains nothing in
words (`lineage/`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import apsw

from stemma.memory.lineage.model import Direction, Lineage, LineageEdge, Retraction
from stemma.memory.model import Answer, Claim, Node, Passage, Relation, Scope, Source
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import rows
from stemma.memory.sqlite_listing import chosen, reader, unknown
from stemma.memory.sqlite_rows import read_retraction

_QUERIES = load_queries("sql/lineage.sql")
_STEPS = {Direction.UPSTREAM: "upstream", Direction.DOWNSTREAM: "downstream"}


def lineage(connection: apsw.Connection, scope: Scope, root: str, direction: Direction, limit: int) -> Lineage:
    """Everything that can be reached, nearest first. Raises `UnknownItem`."""
    order = _reached(connection, scope, root, _STEPS[direction], limit)
    kept = order[: max(limit, 1)]
    where = {**reader(scope), "ids": json.dumps(kept)}
    edges = [
        LineageEdge(dependent, antecedent, Relation(relation), *rest)
        for dependent, antecedent, relation, *rest in rows(connection, _QUERIES["edges"], where)
    ]
    return Lineage(
        root=root,
        direction=direction,
        items=_items(connection, scope, kept),
        edges=edges,
        retractions=decisions(connection, scope, kept),
        truncated=len(order) > len(kept),
    )


def decisions(connection: apsw.Connection, scope: Scope, item_ids: Iterable[str]) -> list[Retraction]:
    """All decisions about the items that the scope may see, oldest first."""
    where = {**reader(scope), "ids": json.dumps(list(item_ids))}
    return [read_retraction(row) for row in rows(connection, _QUERIES["decisions_about"], where)]


def _reached(connection: apsw.Connection, scope: Scope, root: str, step: str, limit: int) -> list[str]:
    """The ids, nearest first; more than `limit` when there are more. Raises `UnknownItem`."""
    order = dict.fromkeys(_visible(connection, scope, [root]))
    if not order:
        raise unknown(root)
    level = [root]
    while level and len(order) <= limit:
        where = {**reader(scope), "ids": json.dumps(level)}
        found = [item_id for (item_id,) in rows(connection, _QUERIES[step], where) if item_id not in order]
        level = _visible(connection, scope, found)
        order |= dict.fromkeys(level)
    return list(order)


def _visible(connection: apsw.Connection, scope: Scope, ids: Iterable[str]) -> list[str]:
    where = {**reader(scope), "ids": json.dumps(list(ids))}
    return [item_id for (item_id,) in rows(connection, _QUERIES["visible"], where)]


def _items(
    connection: apsw.Connection, scope: Scope, ids: Sequence[str]
) -> dict[str, Source | Passage | Claim | Answer]:
    found = {
        item.id: item
        for node in (Node.SOURCE, Node.PASSAGE, Node.CLAIM, Node.ANSWER)
        for item in chosen(connection, scope, node, ids)
        if isinstance(item, Source | Passage | Claim | Answer)
    }
    return {item_id: found[item_id] for item_id in ids}
