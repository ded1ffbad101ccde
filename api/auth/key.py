"""Who asks: the operator's one key, one of those that `stemma keys` made, a token of the configured issuer, or whom the
project's own auth file names. A request of nobody gets no further.

A pure ASGI middleware, so that even the path's existence and the body's shape stay unknown to strangers. Where a
project says who asks, it alone does. Otherwise any credential that is good counts; and as long as no key was ever made
and none is asked for, requests that arrived on a loopback address are answered without one, and others only if the
operator said `insecure`.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from stemma.api.auth.refusals import Refusal
from stemma.api.errors import problem_of
from stemma.api.loopback import is_loopback
from stemma.api.services import Services
from stemma.api.settings import ApiSettings
from stemma.graphs.errors import GraphFailure
from stemma.graphs.keys.keys import Keys
from stemma.graphs.policy import LOCAL, Actor
from stemma.graphs.runs.auth_user import AuthUser

if TYPE_CHECKING:
    from stemma.api.auth.bearer import Bearer
    from stemma.api.auth.project import ProjectAuth

OPEN_PATHS = frozenset({"/ok", "/docs", "/openapi.json"})
"""Answered without a key: they say nothing about anyone."""

ACTOR = "stemma.actor"
"""Where the request's `Actor` stands in the ASGI scope."""

UNAUTHORIZED = "the key is missing or wrong; send it as x-api-key"


class Authenticate:
    """Put the `Actor` into the scope, or answer 401/403."""

    def __init__(
        self,
        app: ASGIApp,
        settings: ApiSettings,
        project: ProjectAuth | None = None,
        bearer: Bearer | None = None,
    ) -> None:
        self.app = app
        self.digest = _digest(settings.key.get_secret_value().encode()) if settings.key else None
        self.require_key = settings.require_key or self.digest is not None or bearer is not None
        self.anyone = settings.insecure
        self.project, self.bearer = project, bearer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] in OPEN_PATHS:
            await self.app(scope, receive, send)
            return
        services: Services = scope["app"].state.services
        try:
            actor, receive = await self._who(services.runtime.keys, scope, receive)
        except GraphFailure as failure:  # nobody above turns failures into answers
            await _refuse(failure, scope, receive, send)
            return
        scope[ACTOR] = actor
        await self.app(scope, receive, send)

    async def _who(self, keys: Keys, scope: Scope, receive: Receive) -> tuple[Actor, Receive]:
        if self.project is None:
            return await self._by_credential(keys, scope), receive
        if not self.project.authenticates:
            actor = await self._by_credential(keys, scope)
            return self.project.ruled(actor, AuthUser(actor.profile or _profile(actor))), receive
        if self.project.studio and _header(scope, b"x-auth-scheme") == b"langsmith":
            operator = await self._actor(keys, scope)
            if operator is not None:
                return self.project.studio_user(operator), receive
        return await self.project.actor(scope, receive)

    async def _by_credential(self, keys: Keys, scope: Scope) -> Actor:
        """Raises `Refusal`, `StoreUnavailable`."""
        actor = await self._actor(keys, scope)
        if actor is not None:
            return actor
        if self.require_key or await keys.required():
            raise Refusal(401, UNAUTHORIZED, {"WWW-Authenticate": "Bearer"})
        # `server` is the address this connection came in on; a Unix socket has no port.
        server = scope.get("server")
        if not (self.anyone or server is None or server[1] is None or is_loopback(server[0])):
            raise Refusal(403, "without a key this server answers loopback only")
        return LOCAL

    async def _actor(self, keys: Keys, scope: Scope) -> Actor | None:
        """Whom the first good credential stands for: SDKs add an x-api-key of something else from the environment."""
        key, authorization = _header(scope, b"x-api-key"), _header(scope, b"authorization")
        token = authorization[7:].strip() if authorization[:7].lower() == b"bearer " else b""
        for credential in filter(None, (key, token)):
            if self.digest is not None and hmac.compare_digest(_digest(credential), self.digest):
                # Whoever holds the one key is not necessarily the person at this machine.
                return replace(LOCAL, name="api-key")
            if (actor := await keys.actor(credential.decode("latin-1"))) is not None:
                return replace(actor, profile=_profile(actor))
        return await self.bearer.actor(token) if self.bearer is not None and token else None


def _profile(actor: Actor) -> dict[str, object]:
    return {
        "identity": actor.signature,
        "display_name": actor.signature,
        "is_authenticated": actor is not LOCAL,
        "permissions": sorted(actor.permissions),
    }


async def _refuse(failure: GraphFailure, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": str(failure)[:120]})
        return
    await problem_of(failure)(scope, receive, send)


def _digest(key: bytes) -> bytes:
    # Equal lengths, and no early end that tells how much of a guess was right.
    return hashlib.sha256(key).digest()


def _header(scope: Scope, wanted: bytes) -> bytes:
    return next((bytes(value) for name, value in scope["headers"] if name == wanted), b"")
