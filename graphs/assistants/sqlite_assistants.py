"""`AssistantStore` in the run store's SQLite file, through its group commit.

Decides what a transaction about an assistant writes. Every function raises before it writes, as `GroupCommit.call`
demands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import orjson

from stemma.graphs.assistants.model import Assistant, AssistantChange, AssistantQuery
from stemma.graphs.errors import UnknownAssistant
from stemma.graphs.runs.ports import Unit
from stemma.graphs.runs.rows import to_json, when
from stemma.graphs.runs.sqlite_group import GroupCommit
from stemma.graphs.runs.sqlite_queries import QUERIES
from stemma.graphs.runs.sqlite_transaction import Transaction

SORTS = {
    "assistant_id": "assistant_id",
    "graph_id": "graph_id",
    "name": "name",
    "created_at": "created",
    "updated_at": "updated",
}
"""The columns a search may be sorted by."""
Read = Callable[[str, Sequence[Any]], list[Any]]
"""Runs SQL on the reading connection."""


class SqliteAssistants:
    """See `AssistantStore`."""

    def __init__(self, group: GroupCommit, read: Read) -> None:
        self._group, self._read = group, read

    async def create(self, tenant: str, assistant: Assistant) -> bool:
        return await self._group.call(Unit(""), partial(_create, tenant=tenant, assistant=assistant))

    async def get(self, tenant: str, assistant_id: str) -> Assistant | None:
        found = self._read(QUERIES["assistant_get"], (tenant, assistant_id))
        return _assistant(found[0]) if found else None

    async def change(
        self, tenant: str, assistant_id: str, change: AssistantChange, now: datetime, default: Assistant | None
    ) -> Assistant:
        call = partial(_change, tenant=tenant, assistant_id=assistant_id, change=change, now=now, default=default)
        return await self._group.call(Unit(""), call)

    async def use(self, tenant: str, assistant_id: str, version: int, now: datetime) -> Assistant:
        call = partial(_use, tenant=tenant, assistant_id=assistant_id, version=version, now=now)
        return await self._group.call(Unit(""), call)

    async def versions(
        self, tenant: str, assistant_id: str, metadata: Mapping[str, Any], limit: int, offset: int
    ) -> list[Assistant]:
        values = (tenant, assistant_id, to_json(metadata).decode(), limit, offset)
        return [_assistant(row) for row in self._read(QUERIES["assistant_versions"], values)]

    async def delete(self, tenant: str, assistant_id: str) -> bool:
        return await self._group.call(Unit(""), partial(_delete, tenant=tenant, assistant_id=assistant_id))

    async def search(self, query: AssistantQuery) -> list[Assistant]:
        order = f" ORDER BY {SORTS[query.sort_by]} {'DESC' if query.descending else 'ASC'}, assistant_id"
        sql = QUERIES["assistant_search"] + order + " LIMIT ?6 OFFSET ?7"
        found = self._read(sql, (*_search_values(query), query.limit, query.offset))
        return [_assistant(row) for row in found]

    async def count(self, query: AssistantQuery) -> int:
        found = self._read(f"SELECT count(*) FROM ({QUERIES['assistant_search']})", _search_values(query))
        return int(found[0][0])


def _create(tx: Transaction, tenant: str, assistant: Assistant) -> bool:
    created, updated = assistant.created_at.timestamp(), assistant.updated_at.timestamp()
    if not tx.do("assistant_insert", (tenant, assistant.assistant_id, assistant.version, created, updated)):
        return False
    _add_version(tx, tenant, assistant)
    return True


def _change(
    tx: Transaction,
    tenant: str,
    assistant_id: str,
    change: AssistantChange,
    now: datetime,
    default: Assistant | None,
) -> Assistant:
    found = tx.all("assistant_get", (tenant, assistant_id))
    before = _assistant(found[0]) if found else default
    if before is None:
        raise UnknownAssistant(f"there is no assistant {assistant_id}")
    if not found:
        _create(tx, tenant, before)
    last = int(tx.all("assistant_last", (tenant, assistant_id))[0][0])
    after = change.of(before, last + 1, now)
    _add_version(tx, tenant, after)
    tx.do("assistant_use", (tenant, assistant_id, after.version, now.timestamp()))
    return after


def _use(tx: Transaction, tenant: str, assistant_id: str, version: int, now: datetime) -> Assistant:
    if not tx.do("assistant_use", (tenant, assistant_id, version, now.timestamp())):
        raise UnknownAssistant(f"there is no version {version} of an assistant {assistant_id}")
    return _assistant(tx.all("assistant_get", (tenant, assistant_id))[0])


def _delete(tx: Transaction, tenant: str, assistant_id: str) -> bool:
    tx.do("assistant_delete_versions", (tenant, assistant_id))
    return bool(tx.do("assistant_delete", (tenant, assistant_id)))


def _add_version(tx: Transaction, tenant: str, assistant: Assistant) -> None:
    values = (
        tenant,
        assistant.assistant_id,
        assistant.version,
        assistant.updated_at.timestamp(),
        assistant.graph_id,
        assistant.name,
        assistant.description,
        to_json(assistant.config).decode(),
        to_json(assistant.context).decode(),
        to_json(assistant.metadata).decode(),
    )
    tx.do("assistant_version_insert", values)


def _search_values(query: AssistantQuery) -> Sequence[Any]:
    """The parameters of `assistant_search`."""
    defaults = to_json([_row(assistant) for assistant in query.defaults]).decode()
    name = query.name.lower() if query.name else None
    return (query.tenant, defaults, query.graph_id or None, name, to_json(query.metadata).decode())


def _row(assistant: Assistant) -> Sequence[Any]:
    """The columns of `assistant_get`."""
    return (
        assistant.assistant_id,
        assistant.graph_id,
        assistant.name,
        assistant.created_at.timestamp(),
        assistant.updated_at.timestamp(),
        assistant.description,
        to_json(assistant.config).decode(),
        to_json(assistant.context).decode(),
        to_json(assistant.metadata).decode(),
        assistant.version,
    )


def _assistant(row: Sequence[Any]) -> Assistant:
    return Assistant(
        assistant_id=row[0],
        graph_id=row[1],
        name=row[2],
        created_at=when(row[3]),
        updated_at=when(row[4]),
        description=row[5],
        config=orjson.loads(row[6]),
        context=orjson.loads(row[7]),
        metadata=orjson.loads(row[8]),
        version=row[9],
    )
