"""Who asks: one key, compared in constant time. A request without it gets no further.

A pure ASGI middleware, so that even the path's existence and the body's shape stay unknown to strangers. Without a key
only requests that arrived on a loopback address are answered, unless the operator said `insecure`.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

from starlette.types import ASGIApp, Receive, Scope, Send

from stemma.api.errors import problem
from stemma.api.listening import is_loopback
from stemma.api.settings import ApiSettings
from stemma.graphs.policy import LOCAL

OPEN_PATHS = frozenset({"/ok", "/docs", "/openapi.json"})
"""Answered without a key: they say nothing about anyone."""

ACTOR = "stemma.actor"
"""Where the request's `Actor` stands in the ASGI scope."""


class Authenticate:
    """Put the `Actor` into the scope, or answer 401/403."""

    def __init__(self, app: ASGIApp, settings: ApiSettings) -> None:
        self.app = app
        self.digest = _digest(settings.key.get_secret_value().encode()) if settings.key else None
        self.anyone = settings.insecure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            await self.app(scope, receive, send)
            return
        if self.digest is None:
            # `server` is the address this connection came in on; a Unix socket has no port.
            server = scope.get("server")
            if not (self.anyone or server is None or server[1] is None or is_loopback(server[0])):
                refusal = problem(403, "without API_KEY this server answers loopback only", kind="Forbidden")
                await refusal(scope, receive, send)
                return
        elif not hmac.compare_digest(_digest(_credential(scope)), self.digest):
            refusal = problem(
                401,
                "the key is missing or wrong; send it as x-api-key",
                kind="Unauthorized",
                headers={"WWW-Authenticate": "Bearer"},
            )
            await refusal(scope, receive, send)
            return
        # Whoever holds the one key is not necessarily the person at this machine.
        scope[ACTOR] = LOCAL if self.digest is None else replace(LOCAL, name="api-key")
        await self.app(scope, receive, send)


def _digest(key: bytes) -> bytes:
    # Equal lengths, and no early end that tells how much of a guess was right.
    return hashlib.sha256(key).digest()


def _credential(scope: Scope) -> bytes:
    bearer = b""
    for name, value in scope["headers"]:
        if name == b"x-api-key":
            return bytes(value)
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            bearer = bytes(value[7:].strip())
    return bearer
