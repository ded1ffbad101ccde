"""Who asks: the operator's one key, or one of those that `stemma keys` made. A request without one gets no further.

A pure ASGI middleware, so that even the path's existence and the body's shape stay unknown to strangers. As long as no
key was ever made, requests that arrived on a loopback address are answered without one, and others only if the operator
said `insecure`.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from stemma.api.errors import problem, status_of
from stemma.api.listening import is_loopback
from stemma.api.services import Services
from stemma.api.settings import ApiSettings
from stemma.graphs.errors import StoreUnavailable
from stemma.graphs.keys.keys import Keys
from stemma.graphs.policy import LOCAL, Actor

OPEN_PATHS = frozenset({"/ok", "/docs", "/openapi.json"})
"""Answered without a key: they say nothing about anyone."""

ACTOR = "stemma.actor"
"""Where the request's `Actor` stands in the ASGI scope."""


class Authenticate:
    """Put the `Actor` into the scope, or answer 401/403."""

    def __init__(self, app: ASGIApp, settings: ApiSettings) -> None:
        self.app = app
        self.digest = _digest(settings.key.get_secret_value().encode()) if settings.key else None
        self.require_key = settings.require_key or self.digest is not None
        self.anyone = settings.insecure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            await self.app(scope, receive, send)
            return
        services: Services = scope["app"].state.services
        keys = services.runtime.keys
        try:
            actor = await self._actor(keys, _credential(scope))
            required = actor is None and (self.require_key or await keys.required())
        except StoreUnavailable as failure:  # nobody above turns failures into answers
            refusal = problem(status_of(failure), str(failure), kind=type(failure).__name__, hint=failure.hint)
            await refusal(scope, receive, send)
            return
        if actor is None:
            if required:
                await _unauthorized()(scope, receive, send)
                return
            # `server` is the address this connection came in on; a Unix socket has no port.
            server = scope.get("server")
            if not (self.anyone or server is None or server[1] is None or is_loopback(server[0])):
                refusal = problem(403, "without a key this server answers loopback only", kind="Forbidden")
                await refusal(scope, receive, send)
                return
            actor = LOCAL
        scope[ACTOR] = actor
        await self.app(scope, receive, send)

    async def _actor(self, keys: Keys, credential: bytes) -> Actor | None:
        if not credential:
            return None
        if self.digest is not None and hmac.compare_digest(_digest(credential), self.digest):
            # Whoever holds the one key is not necessarily the person at this machine.
            return replace(LOCAL, name="api-key")
        return await keys.actor(credential.decode("latin-1"))


def _unauthorized() -> Response:
    return problem(
        401,
        "the key is missing or wrong; send it as x-api-key",
        kind="Unauthorized",
        headers={"WWW-Authenticate": "Bearer"},
    )


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
