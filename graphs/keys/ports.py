"""What API keys need from the place where they are kept, as one Protocol."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from stemma.graphs.keys.model import ApiKey


class KeyStore(Protocol):
    """Keys of every tenant, with the digests of their secrets. Raises `StoreUnavailable` and its kinds."""

    async def add(self, key: ApiKey, digest: bytes) -> None: ...

    async def find(self, key_id: str) -> tuple[ApiKey, bytes] | None:
        """A key, revoked or not, and its digest."""
        ...

    async def keys(self) -> list[ApiKey]:
        """All of them, oldest first."""
        ...

    async def revoke(self, key_id: str, at: datetime) -> ApiKey:
        """It opens nothing from now on; the first time stays. Raises `UnknownKey`."""
        ...
