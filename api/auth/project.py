"""A project's `langgraph_sdk.Auth` object: who asks is what its `@auth.authenticate` handler says.

Decides what that handler is given, by the names of its parameters, and that a server whose auth file cannot be used
does not start. Everything a handler reads of the body is read again by the route.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from fastapi.routing import iter_route_contexts
from langgraph_sdk import Auth
from langgraph_sdk.auth.types import StudioUser
from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection, Request
from starlette.routing import compile_path
from starlette.types import Message, Receive, Scope

from stemma.api.auth.handlers import HandlerRules, answered
from stemma.api.auth.refusals import HandlerFailure, Refusal
from stemma.api.auth.users import actor_of, profile_of, shown_to_handlers
from stemma.api.failures import UnusableAuth
from stemma.graphs.policy import Actor
from stemma.graphs.projects.imports import import_object

Given = Callable[["Asked"], Awaitable[Any]]


class Headers(dict[bytes, bytes]):
    """The request's headers by name in bytes, as ASGI has them; a name in text finds the value in text."""

    def get(self, name: Any, default: Any = None) -> Any:
        if not isinstance(name, str):
            return super().get(name, default)
        value = super().get(name.lower().encode())
        return default if value is None else value.decode("latin-1")

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name.lower().encode() if isinstance(name, str) else name)

    def __missing__(self, name: Any) -> Any:
        if not isinstance(name, str):
            raise KeyError(name)
        return self[name.lower().encode()].decode("latin-1")


class Replayed:
    """What was heard of a request while it was authenticated, heard again by the route."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._limit = receive, limit
        self._heard: list[Message] = []
        self._bytes = 0

    async def hear(self) -> Message:
        """Raises `Refusal` when this is more than a body may be."""
        message = await self._receive()
        self._heard.append(message)
        self._bytes += len(message.get("body", b""))
        if self._bytes > self._limit:
            raise Refusal(413, f"a body may have {self._limit} bytes")
        return message

    async def __call__(self) -> Message:
        return self._heard.pop(0) if self._heard else await self._receive()


class Asked:
    """One request, as far as a handler wants to know of it."""

    def __init__(self, scope: Scope, replayed: Replayed) -> None:
        self.scope, self._replayed = scope, replayed
        self.connection = Request(scope, replayed.hear) if scope["type"] == "http" else HTTPConnection(scope)

    async def request(self) -> HTTPConnection:
        self.scope.setdefault("path_params", await self.path_params())
        return self.connection

    async def body(self) -> Any:
        """The parsed JSON body; None where there is none."""
        if not isinstance(self.connection, Request) or "json" not in self.connection.headers.get("content-type", ""):
            return None
        try:
            return orjson.loads(await self.connection.body())
        except orjson.JSONDecodeError:
            return None

    async def path_params(self) -> dict[str, Any]:
        method = self.scope.get("method")
        for context in iter_route_contexts(self.scope["app"].routes):
            if method is None or method in (context.methods or ()):
                pattern, _, converters = compile_path(context.path or "")
                if found := pattern.match(self.scope["path"]):
                    return {name: converters[name].convert(value) for name, value in found.groupdict().items()}
        return {}

    async def headers(self) -> Headers:
        return Headers(self.scope["headers"])

    async def authorization(self) -> str | None:
        return self.connection.headers.get("authorization")

    async def path(self) -> str:
        return str(self.scope["path"])

    async def method(self) -> str:
        return str(self.scope.get("method", "GET"))

    async def query_params(self) -> QueryParams:
        return self.connection.query_params

    async def scopes(self) -> list[str]:
        return []  # nobody has been authenticated yet

    async def user(self) -> None:
        return None

    async def asgi_scope(self) -> Scope:
        return self.scope


GIVEN: dict[str, Given] = {
    "request": Asked.request,
    "body": Asked.body,
    "path": Asked.path,
    "method": Asked.method,
    "path_params": Asked.path_params,
    "query_params": Asked.query_params,
    "headers": Asked.headers,
    "authorization": Asked.authorization,
    "scope": Asked.asgi_scope,
    "scopes": Asked.scopes,
    "user": Asked.user,
}
"""What a handler may ask for by a parameter's name."""


class ProjectAuth:
    """One per app."""

    def __init__(self, auth: Auth, *, studio: bool, max_body_bytes: int, tenant_field: str = "") -> None:
        """Raises `UnusableAuth` for a handler that asks for what there is not."""
        self.auth, self.studio, self._limit, self._tenant_field = auth, studio, max_body_bytes, tenant_field
        self._handler = auth._authenticate_handler
        self._wanted = _wanted(self._handler) if self._handler is not None else ()

    @property
    def authenticates(self) -> bool:
        """Whether the project says who asks; or else keys and tokens do, and it says only what they may."""
        return self._handler is not None

    async def actor(self, scope: Scope, receive: Receive) -> tuple[Actor, Receive]:
        """Whom the handler names, and the request to read from then on. Raises `Refusal`, `HandlerFailure`."""
        replayed = Replayed(receive, self._limit)
        asked = Asked(scope, replayed)
        given = {name: await GIVEN[name](asked) for name in self._wanted}
        returned = await answered(self._call(given), "the authenticate handler", refused=401)
        if returned is None or returned is False:
            raise Refusal(401, "this credential names nobody")
        profile = profile_of(returned)
        actor = actor_of(profile, self._tenant_field) if profile else None
        if profile is None or actor is None:
            raise HandlerFailure("the authenticate handler returned no user with an identity")
        return self.ruled(actor, shown_to_handlers(returned, profile)), replayed

    def ruled(self, actor: Actor, user: Any) -> Actor:
        """The actor, under the project's handlers. They know the user as given, or as what is known of the actor."""
        return replace(actor, rules=HandlerRules(self.auth, user))

    def studio_user(self, actor: Actor) -> Actor:
        """The operator's credential, as Studio sends it with `x-auth-scheme: langsmith`."""
        user = StudioUser(actor.signature, is_authenticated=True)
        return self.ruled(replace(actor, profile=profile_of(user)), user)

    async def _call(self, given: dict[str, Any]) -> Any:
        handler: Any = self._handler
        if inspect.iscoroutinefunction(handler):
            return await handler(**given)
        returned = await asyncio.to_thread(handler, **given)
        return await returned if inspect.isawaitable(returned) else returned


def load_auth(folder: Path, path: str, *, studio: bool, max_body_bytes: int, tenant_field: str) -> ProjectAuth:
    """The object that `file.py:name` or `package.module:name` names; relative files begin at the folder.

    Raises `UnusableAuth`, `CannotImport`.
    """
    found = import_object(folder, path)
    if not isinstance(found, Auth):
        raise UnusableAuth(f"auth.path: {path} is a {type(found).__name__}", hint="name a langgraph_sdk.Auth object")
    return ProjectAuth(found, studio=studio, max_body_bytes=max_body_bytes, tenant_field=tenant_field)


def _wanted(handler: Any) -> tuple[str, ...]:
    wanted = []
    for name, parameter in inspect.signature(handler).parameters.items():
        if name in GIVEN:
            wanted.append(name)
        elif parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_KEYWORD,
            parameter.VAR_POSITIONAL,
        ):
            raise UnusableAuth(
                f"auth.path: the authenticate handler asks for {name}", hint=f"it may ask for {', '.join(GIVEN)}"
            )
    return tuple(wanted)
