"""`KeyStore` in the run store's SQLite file, through its group commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from stemma.graphs.errors import UnknownKey
from stemma.graphs.keys.model import ApiKey, Role
from stemma.graphs.runs.ports import Unit
from stemma.graphs.runs.rows import when
from stemma.graphs.runs.sqlite_group import GroupCommit
from stemma.graphs.runs.sqlite_transaction import Transaction

Read = Callable[[str, Sequence[Any]], list[Any]]
"""Runs a named query on the reading connection."""


class SqliteKeys:
    """See `KeyStore`."""

    def __init__(self, group: GroupCommit, read: Read) -> None:
        self._group, self._read = group, read

    async def add(self, key: ApiKey, digest: bytes) -> None:
        values = (key.key_id, digest, key.name, key.tenant, key.user, key.role.value, key.created_at.timestamp())
        await self._group.call(Unit(""), lambda tx: tx.do("key_insert", values))

    async def find(self, key_id: str) -> tuple[ApiKey, bytes] | None:
        found = self._read("key_get", (key_id,))
        return (_key(found[0]), bytes(found[0][7])) if found else None

    async def keys(self) -> list[ApiKey]:
        return [_key(row) for row in self._read("key_list", ())]

    async def revoke(self, key_id: str, at: datetime) -> ApiKey:
        return await self._group.call(Unit(""), partial(_revoke, key_id=key_id, at=at.timestamp()))


def _revoke(tx: Transaction, key_id: str, at: float) -> ApiKey:
    if not tx.do("key_revoke", (key_id, at)):
        raise UnknownKey(f"there is no key {key_id}", hint="stemma keys ls")
    return _key(tx.all("key_get", (key_id,))[0])


def _key(row: Sequence[Any]) -> ApiKey:
    return ApiKey(
        key_id=row[0],
        name=row[1],
        tenant=row[2],
        user=row[3],
        role=Role(row[4]),
        created_at=when(row[5]),
        revoked_at=when(row[6]) if row[6] is not None else None,
    )
