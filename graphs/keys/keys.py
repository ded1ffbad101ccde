"""Makes, checks and revokes API keys.

Decides what a secret looks like and whom it stands for. A secret holds 256 random bits, so a plain digest keeps it
safe at rest; it is compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from stemma.graphs.errors import InvalidRequest
from stemma.graphs.keys.model import PERMISSIONS, ApiKey, Role
from stemma.graphs.keys.ports import KeyStore
from stemma.graphs.policy import Actor
from stemma.memory.scope import Scope

PREFIX = "stemma"
"""A secret is stemma_<key id>_<random>: what leaks is recognised, and the id finds its row."""


class Keys:
    """The keys of one store. What was found is remembered until the store changes."""

    def __init__(self, store: KeyStore, version: Callable[[], object]) -> None:
        """`version` changes when another process wrote to the store."""
        self._store, self._version = store, version
        self._seen: object = None
        self._actors: dict[bytes, Actor | None] = {}
        self._required: bool | None = None

    async def create(self, name: str, *, tenant: str, user: str = "", role: Role) -> tuple[ApiKey, str]:
        """A new key and its secret, which is nowhere else. Raises `InvalidRequest`."""
        try:
            Scope(tenant, user)
        except ValueError as error:
            raise InvalidRequest(str(error), field="tenant or user") from error
        key = ApiKey(secrets.token_hex(8), name, tenant, user, role, datetime.now(UTC))
        secret = f"{PREFIX}_{key.key_id}_{secrets.token_urlsafe(32)}"
        await self._store.add(key, _digest(secret))
        self._forget()
        return key, secret

    async def list(self) -> list[ApiKey]:
        """All of them, oldest first."""
        return await self._store.keys()

    async def revoke(self, key_id: str) -> ApiKey:
        """Raises `UnknownKey`."""
        revoked = await self._store.revoke(key_id, datetime.now(UTC))
        self._forget()
        return revoked

    async def required(self) -> bool:
        """Whether a key was ever made: from then on nobody is answered without one."""
        self._refresh()
        if self._required is None:
            self._required = bool(await self._store.keys())
        return self._required

    async def actor(self, secret: str) -> Actor | None:
        """Whom a secret stands for; None for one that is unknown or revoked."""
        self._refresh()
        digest = _digest(secret)
        if digest not in self._actors:
            if len(self._actors) > 10_000:  # somebody guesses
                self._actors.clear()
            self._actors[digest] = await self._look_up(secret, digest)
        return self._actors[digest]

    async def _look_up(self, secret: str, digest: bytes) -> Actor | None:
        prefix, _, rest = secret.partition("_")
        key_id = rest.partition("_")[0]
        found = await self._store.find(key_id) if prefix == PREFIX and key_id else None
        if found is None or not hmac.compare_digest(found[1], digest) or found[0].revoked_at is not None:
            return None
        key = found[0]
        return Actor(tenant=key.tenant, user=key.user, permissions=PERMISSIONS[key.role], name=f"key {key.name}")

    def _refresh(self) -> None:
        version = self._version()
        if version != self._seen:
            self._seen = version
            self._forget()

    def _forget(self) -> None:
        self._actors.clear()
        self._required = None


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
