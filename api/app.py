"""The HTTP application: every layer a request passes, outermost first, in one function.

Heavy imports stand inside the functions, because the command line passes through this module to print its help.
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import APIRouter, FastAPI

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
) -> FastAPI:
    """An ASGI application over durable runs.

    `graphs` are compiled graphs or builders by name, served beside the built-in `answer` graph (unless `answer` is
    false). Stores are those of the MEMORY_* and GRAPHS_* settings, opened when the application starts and closed when
    it stops. A caller that has an open `runtime` gives it instead, with its `memory` if it has one; they stay open and
    are served as they are.
    """
    from fastapi import FastAPI
    from starlette.middleware import Middleware
    from starlette.middleware.cors import CORSMiddleware

    from stemma.api.auth.key import Authenticate
    from stemma.api.browser import BrowserDefence
    from stemma.api.errors import HANDLERS
    from stemma.api.limits import BodyLimits
    from stemma.api.settings import ApiSettings

    settings = settings or ApiSettings()
    app = FastAPI(
        title="Stemma",
        description=DESCRIPTION,
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(runtime, memory, settings, graphs or {}, answer=answer),
        exception_handlers=HANDLERS,
        middleware=[
            Middleware(CORSMiddleware, **_cors(settings)),
            Middleware(BrowserDefence, settings=settings),
            Middleware(Authenticate, settings=settings),
            Middleware(BodyLimits, max_bytes=settings.max_body_bytes, max_upload_bytes=settings.max_upload_bytes),
        ],
    )
    for router in _routers():
        app.include_router(router)
    app.openapi = _openapi(app)  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
    return app


def _routers() -> Sequence[APIRouter]:
    """Matched in this order, one by one: what is asked most often stands first."""
    from stemma.api.routes import (
        assistants,
        crons,
        evals,
        feedback,
        memory,
        memory_decisions,
        runs,
        state,
        stateless_runs,
        store,
        system,
        threads,
    )

    modules = (
        stateless_runs,
        runs,
        threads,
        state,
        assistants,
        crons,
        system,
        memory,
        memory_decisions,
        store,
        feedback,
        evals,
    )
    return [module.router for module in modules]


def _lifespan(
    runtime: Runtime | None,
    memory: LongTermMemory | None,
    settings: ApiSettings,
    graphs: Mapping[str, Any],
    *,
    answer: bool,
) -> Any:
    from stemma.api.services import Services

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if runtime is not None:
            app.state.services = Services(runtime, settings, memory)
            yield
            return
        from stemma.graphs.local import open_local

        async with open_local(graphs=graphs, answer=answer) as local:
            app.state.services = Services(local.runtime, settings, local.memory)
            # What start-up made stays for good: walking it again in every full collection costs 70 ms at a time.
            gc.freeze()
            gc.set_threshold(10_000, 10, 10)  # a run makes thousands of short-lived objects and hardly a cycle
            yield

    return lifespan


def _cors(settings: ApiSettings) -> dict[str, Any]:
    return {
        "allow_origins": settings.cors_origins,
        "allow_methods": ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        "allow_headers": [
            "authorization",
            "content-type",
            "idempotency-key",
            "last-event-id",
            "prefer",
            "x-api-key",
            "x-auth-scheme",
        ],
        "expose_headers": ["Content-Location", "Location", "X-Pagination-Next", "X-Pagination-Total"],
    }


def _openapi(app: FastAPI) -> Any:
    """The document with the key's scheme and the error schema, made once."""
    from fastapi.openapi.utils import get_openapi

    from stemma.api.auth.key import OPEN_PATHS
    from stemma.api.errors import documented
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
                    if path.endswith("/stream"):
                        operation["responses"]["200"]["content"] = {"text/event-stream": {"itemSchema": EVENT}}
            app.openapi_schema = made
        return app.openapi_schema

    return document
