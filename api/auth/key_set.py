"""The issuer's public keys, from an address or a file, as JWK.

Decides how often they are asked for: when they have grown old, and when a token names a key that is not there, but
never more often than the settings say, whoever sends tokens. What cannot be fetched leaves the keys that are there.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from stemma.api.auth.refusals import Refusal

logger = logging.getLogger("stemma.api")

Key = Mapping[str, Any]
Fetch = Callable[[], Awaitable[bytes]]
MAX_BYTES = 1024 * 1024
SECONDS = 5.0
"""How long the issuer may take to answer."""


class KeySet:
    """Keys by their ids. Many requests at once fetch once."""

    def __init__(
        self, fetch: Fetch, *, max_age: float, refetch: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`max_age`: seconds after which they are asked for again; `refetch`: the least time between two tries."""
        self._fetch, self._max_age, self._refetch, self._clock = fetch, max_age, refetch, clock
        self._keys: Sequence[Key] = ()
        self._fetched = self._tried = float("-inf")
        self._turn = asyncio.Lock()

    async def find(self, kid: str | None) -> list[Key]:
        """The keys of this id; all of them for a token that names none. Raises `Refusal` while there are no keys."""
        found = self._named(kid)
        if not found or self._clock() - self._fetched > self._max_age:
            await self._ask_again()
            found = self._named(kid)
        if not self._keys:
            raise Refusal(503, "the keys of the token's issuer cannot be had now")
        return found

    def _named(self, kid: str | None) -> list[Key]:
        return [key for key in self._keys if kid is None or key.get("kid") == kid]

    async def _ask_again(self) -> None:
        async with self._turn:
            now = self._clock()
            if now - self._tried < self._refetch:
                return
            self._tried = now
            try:
                self._keys = parsed(await self._fetch())
                self._fetched = now
            except (OSError, ValueError) as error:
                logger.warning("the keys of API_JWT_JWKS cannot be had: %s", type(error).__name__)


def parsed(text: bytes) -> list[Key]:
    """The public keys for signatures of a JWK set. Raises `ValueError` for what is none."""
    found = orjson.loads(text)
    keys = found.get("keys") if isinstance(found, Mapping) else None
    if not isinstance(keys, list):
        raise ValueError("not a JWK set")
    public = [key for key in keys if isinstance(key, Mapping) and key.get("kty") in ("RSA", "EC", "OKP")]
    return [key for key in public if key.get("use") in (None, "sig")]


def fetching(place: str) -> Fetch:
    """How to get the set from an address or a file."""
    if place.startswith(("https://", "http://")):
        return lambda: _download(place)
    return lambda: asyncio.to_thread(Path(place).read_bytes)


async def _download(address: str) -> bytes:
    """Raises `OSError`."""
    import httpx

    try:
        async with (
            httpx.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", address) as answer,
        ):
            if answer.status_code != 200:
                raise OSError(f"status {answer.status_code}")
            text = b""
            async for part in answer.aiter_bytes():
                text += part
                if len(text) > MAX_BYTES:
                    raise OSError("too large")
            return text
    except httpx.HTTPError as error:
        raise OSError(str(error)) from error
