"""`KeyStore` in a dictionary: the fake beside sqlite_keys.py, held by the same contract suite."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from stemma.graphs.errors import UnknownKey
from stemma.graphs.keys.model import ApiKey


class MemoryKeys:
    """See `KeyStore`."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[ApiKey, bytes]] = {}

    async def add(self, key: ApiKey, digest: bytes) -> None:
        self._keys[key.key_id] = (key, digest)

    async def find(self, key_id: str) -> tuple[ApiKey, bytes] | None:
        return self._keys.get(key_id)

    async def keys(self) -> list[ApiKey]:
        return [key for key, _ in self._keys.values()]

    async def revoke(self, key_id: str, at: datetime) -> ApiKey:
        if key_id not in self._keys:
            raise UnknownKey()
        key, digest = self._keys[key_id]
        self._keys[key_id] = (replace(key, revoked_at=key.revoked_at or at), digest)
        return self._keys[key_id][0]

    def drop(self, tenant: str, user: str) -> None:
        """The keys of a user, or with an empty one of a tenant."""
        self._keys = {
            key_id: (key, digest)
            for key_id, (key, digest) in self._keys.items()
            if key.tenant != tenant or user not in ("", key.user)
        }
