"""The HTTP application: every layer a request passes, outermost first, in one function.

Heavy imports stand inside the functions, because the command line passes through this module to print its help.
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import APIRouter, FastAPI
    from starlette.middleware import Middleware

    from stemma.api.project import ServedProject
    from stemma.api.settings import ApiSettings
    from stemma.graphs.runs.runtime import Runtime
    from stemma.memory.long_term import LongTermMemory

EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "The event's number on its thread: what Last-Event-ID takes"},
        "event": {"type": "string", "description": "The stream mode, with |namespace for subgraphs"},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
"""One server-sent event, in the words of OpenAPI 3.2."""
DESCRIPTION = "Durable, streaming, replayable LangGraph runs. The official LangGraph SDKs are clients of this server."


def create_app(
    runtime: Runtime | None = None,
    settings: ApiSettings | None = None,
    *,
    memory: LongTermMemory | None = None,
    graphs: Mapping[str, Any] | None = None,
    answer: bool = True,
    project: ServedProject | None = None,
) -> FastAPI:
    """An ASGI application over durable runs.

    `graphs` are compiled graphs or builders by name, served beside the built-in `answer` graph (unless `answer` is
    false). Stores are those of the MEMORY_* and GRAPHS_* settings, opened when the application starts and closed when
    it stops. A caller that has an open `runtime` gives it instead, with its `memory` if it has one; they stay open and
    are served as they are. A `project` brings its graphs, its own application and what its `http` says.
    """
    from fastapi import FastAPI

    from stemma.api.errors import HANDLERS
    from stemma.api.settings import ApiSettings

    settings = settings or ApiSettings()
    app = FastAPI(
        title="Stemma",
        description=DESCRIPTION,
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(runtime, memory, settings, graphs or {}, project, answer=answer),
        exception_handlers=HANDLERS,
        middleware=_layers(settings, project),
    )
    for router in _routers():
        app.include_router(router)
    app.openapi = _openapi(app, project)  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
    return app


def _layers(settings: ApiSettings, project: ServedProject | None) -> list[Middleware]:
    """What a request passes before a route, outermost first."""
    from starlette.middleware import Middleware
    from starlette.middleware.cors import CORSMiddleware

    from stemma.api.auth.key import Authenticate
    from stemma.api.auth.sources import who_asks
    from stemma.api.browser import BrowserDefence
    from stemma.api.cors import cross_origin
    from stemma.api.limits import BodyLimits
    from stemma.api.project_layers import after_credentials, before_credentials

    pages = cross_origin(settings, project.http.cors if project else None)
    return [
        Middleware(CORSMiddleware, **pages.options),
        Middleware(BrowserDefence, settings=settings, cross_origin=pages),
        *before_credentials(project),
        Middleware(Authenticate, settings=settings, **who_asks(settings, project)),
        *after_credentials(project),
        Middleware(BodyLimits, max_bytes=settings.max_body_bytes, max_upload_bytes=settings.max_upload_bytes),
    ]


def _routers() -> Sequence[APIRouter]:
    """Matched in this order, one by one: what is asked most often stands first."""
    from stemma.api.routes import (
        assistants,
        crons,
        evals,
        feedback,
        memory,
        memory_consolidations,
        memory_contradictions,
        memory_decisions,
        memory_healing,
        memory_history,
        protocol,
        protocol_socket,
        runs,
        state,
        stateless_runs,
        store,
        system,
        threads,
        ui,
    )

    modules = (
        stateless_runs,
        runs,
        threads,
        state,
        protocol,
        protocol_socket,
        assistants,
        crons,
        system,
        memory,
        memory_consolidations,
        memory_contradictions,
        memory_decisions,
        memory_healing,
        memory_history,
        store,
        feedback,
        evals,
        ui,
    )
    return [module.router for module in modules]


def _lifespan(
    runtime: Runtime | None,
    memory: LongTermMemory | None,
    settings: ApiSettings,
    graphs: Mapping[str, Any],
    project: ServedProject | None,
    *,
    answer: bool,
) -> Any:
    from stemma.api.services import Services
    from stemma.graphs.projects.components import Components, components_of

    components = components_of(project.loaded.project) if project else Components()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        async with AsyncExitStack() as stack:
            entered = await stack.enter_async_context(project.entered()) if project else None
            state = (entered and entered.state) or {}
            if runtime is not None:
                app.state.services = Services(runtime, settings, memory, components)
                yield state
                return
            from stemma.graphs.local import open_local

            loaded = project.loaded if project else None
            local = await stack.enter_async_context(open_local(graphs=graphs, answer=answer, project=loaded))
            app.state.services = Services(local.runtime, settings, local.memory, components)
            # What start-up made stays for good: walking it again in every full collection costs 70 ms at a time.
            gc.freeze()
            gc.set_threshold(10_000, 10, 10)  # a run makes thousands of short-lived objects and hardly a cycle
            yield state

    return lifespan


def _openapi(app: FastAPI, project: ServedProject | None) -> Any:
    """The document with the key's scheme and the error schema, made once."""
    from fastapi.openapi.utils import get_openapi

    from stemma.api.auth.key import OPEN_PATHS
    from stemma.api.errors import documented
    from stemma.api.project_document import with_project
    from stemma.api.schemas.problem import Problem

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            components = made.setdefault("components", {})
            components.setdefault("schemas", {}).update({**problem.pop("$defs", {}), "Problem": problem})
            components["securitySchemes"] = {
                "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            }
            made["security"] = [{"key": []}, {"bearer": []}]
            for path, operations in made["paths"].items():
                for operation in operations.values():
                    if "requestBody" in operation:
                        operation["responses"].setdefault("413", documented(413)[413])
                    if path in OPEN_PATHS:
                        operation["security"] = []
                    if path.endswith(("/stream", "/stream/events")):
                        operation["responses"]["200"]["content"] = {"text/event-stream": {"itemSchema": EVENT}}
            app.openapi_schema = with_project(made, project)
        return app.openapi_schema

    return document
