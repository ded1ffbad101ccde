"""The project's own application (`http.app`): its routes before ours, its middleware around ours, its lifespan.

Decides which of the two answers a path. The project's routes go first, as on the Agent Server; its generated
documentation and a mount that takes every path do not hide ours. It reads nothing of a request but method and path.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Match, Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from stemma.graphs.errors import CannotImport
from stemma.graphs.projects.imports import import_object
from stemma.graphs.projects.model import Http, Project


def import_app(project: Project) -> Starlette | None:
    """The application that `http.app` names, or None. Raises `CannotImport`."""
    if project.http.app is None:
        return None
    found = import_object(project.folder, project.http.app)
    if not isinstance(found, Starlette):
        kind = type(found).__name__
        raise CannotImport(
            f"http.app: {project.http.app} is a {kind}, not an application", hint="app = FastAPI() or app = Starlette()"
        )
    return found


@asynccontextmanager
async def lifespan_of(app: Starlette | None) -> AsyncIterator[dict[str, Any]]:
    """Enter the application's lifespan, once; gives the state that its requests see."""
    if app is None:
        yield {}
        return
    async with app.router.lifespan_context(app) as state:
        yield dict(state or {})


def outside(app: Starlette | None, http: Http) -> list[Middleware]:
    """The layers around the check of credentials."""
    if app is None:
        return []
    if http.auth_first:
        return [] if http.authenticate_custom_routes else [Middleware(CustomRoutes, custom=app)]
    own = [] if http.authenticate_custom_routes else [Middleware(CustomRoutes, custom=without_middleware(app))]
    return [*app.user_middleware, *own]


def inside(app: Starlette | None, http: Http) -> list[Middleware]:
    """The layers that see only requests that were let in."""
    if app is None:
        return []
    layers = list(app.user_middleware) if http.auth_first else []
    own = [Middleware(CustomRoutes, custom=without_middleware(app))] if http.authenticate_custom_routes else []
    return [*layers, *own]


def without_middleware(app: Starlette) -> Starlette:
    """The same application, the same state, without its middleware, which stands around all routes already."""
    bare = copy.copy(app)
    bare.user_middleware = []
    bare.middleware_stack = None
    return bare


class CustomRoutes:
    """Give what one of the project's routes takes to the project's application."""

    def __init__(self, app: ASGIApp, custom: Starlette) -> None:
        self.app, self.custom = app, custom
        generated = {getattr(custom, name, None) for name in _GENERATED}
        self.routes = [route for route in custom.router.routes if getattr(route, "path", None) not in generated]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = scope["type"] in ("http", "websocket") and self._takes(scope)
        await (self.custom if taken else self.app)(scope, receive, send)

    def _takes(self, scope: Scope) -> bool:
        catch_all = [route for route in self.routes if isinstance(route, Mount) and not route.path]
        named = _best((route for route in self.routes if route not in catch_all), scope)
        if named is Match.FULL:
            return True
        if named is Match.NONE and not catch_all:
            return False
        return _best(scope["app"].router.routes, scope) is Match.NONE


_GENERATED = ("openapi_url", "docs_url", "redoc_url", "swagger_ui_oauth2_redirect_url")


def _best(routes: Iterable[BaseRoute], scope: Scope) -> Match:
    """How well any of the routes fits. Matching leaves notes in a scope, so it gets a copy."""
    return max((route.matches({**scope})[0] for route in routes), key=lambda match: match.value, default=Match.NONE)


def merge_document(document: dict[str, Any], app: Starlette | None) -> None:
    """Add the project's documented routes to our OpenAPI document; its own names never replace ours."""
    if not isinstance(app, FastAPI):
        return
    own = app.openapi()
    document["paths"] = {**document["paths"], **own.get("paths", {})}
    for kind, entries in own.get("components", {}).items():
        ours = document.setdefault("components", {}).setdefault(kind, {})
        ours.update({name: entry for name, entry in entries.items() if name not in ours})
