"""/assistants: the graphs that can be run."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from stemma.api.auth.access import AssistantsRead
from stemma.api.errors import documented
from stemma.api.json_wire import Json, JsonRoute
from stemma.api.schemas.assistants import (
    SYSTEM_METADATA,
    AssistantBody,
    AssistantCount,
    AssistantSearch,
    DrawingBody,
    SchemasBody,
    show_assistant,
)
from stemma.api.schemas.threads import selected
from stemma.api.schemas.values import AssistantId
from stemma.api.services import Served
from stemma.graphs.catalog import Catalog

Depth = Annotated[int, Field(ge=0, le=10)]

router = APIRouter(prefix="/assistants", tags=["assistants"], route_class=JsonRoute)


def _matching(catalog: Catalog, wanted: AssistantCount) -> list[dict[str, Any]]:
    shown = [show_assistant(catalog.entry(graph_id)) for graph_id in catalog.ids()]
    return [
        assistant
        for assistant in shown
        if (not wanted.graph_id or wanted.graph_id == assistant["graph_id"])
        and (not wanted.name or wanted.name.casefold() in assistant["name"].casefold())
        and (wanted.metadata or {}).items() <= SYSTEM_METADATA.items()
    ]


@router.post("/search", response_model=list[AssistantBody], responses=documented())
async def search_assistants(body: AssistantSearch, _: AssistantsRead, served: Served) -> Response:
    """Assistants page by page; X-Pagination-Next names the next offset, X-Pagination-Total how many there are."""
    found = _matching(served.runtime.catalog, body)
    found.sort(key=lambda assistant: str(assistant[body.sort_by or "created_at"]), reverse=body.sort_order != "asc")
    end = body.offset + body.limit
    headers = {"X-Pagination-Total": str(len(found))}
    if end < len(found):
        headers["X-Pagination-Next"] = str(end)
    return Json([selected(assistant, body.select) for assistant in found[body.offset : end]], headers=headers)


@router.post("/count", response_model=int, responses=documented())
async def count_assistants(body: AssistantCount, _: AssistantsRead, served: Served) -> Response:
    """How many assistants match."""
    return Json(len(_matching(served.runtime.catalog, body)))


@router.get("/{assistant_id}", response_model=AssistantBody, responses=documented(404))
async def get_assistant(assistant_id: AssistantId, _: AssistantsRead, served: Served) -> Response:
    """One assistant, by its id or its graph's name."""
    return Json(show_assistant(served.runtime.catalog.entry(assistant_id)))


@router.get("/{assistant_id}/graph", response_model=DrawingBody, responses=documented(404))
async def get_graph(
    assistant_id: AssistantId,
    _: AssistantsRead,
    served: Served,
    xray: Annotated[Depth | bool, Query(description="Draw subgraphs too, down to this depth")] = False,
) -> Response:
    """The graph's nodes and edges."""
    return Json(served.runtime.catalog.entry(assistant_id).drawing(xray))


@router.get("/{assistant_id}/schemas", response_model=SchemasBody, responses=documented(404))
async def get_schemas(assistant_id: AssistantId, _: AssistantsRead, served: Served) -> Response:
    """JSON schemas of what the graph takes, keeps and gives."""
    entry = served.runtime.catalog.entry(assistant_id)
    return Json({"graph_id": entry.graph_id, **entry.schemas()})


@router.get("/{assistant_id}/subgraphs", response_model=dict[str, SchemasBody], responses=documented(404))
async def get_subgraphs(
    assistant_id: AssistantId, _: AssistantsRead, served: Served, recurse: bool = False
) -> Response:
    """Schemas of the graph's subgraphs by namespace."""
    return Json(served.runtime.catalog.entry(assistant_id).subgraphs(recurse=recurse))


@router.get("/{assistant_id}/subgraphs/{namespace}", response_model=dict[str, SchemasBody], responses=documented(404))
async def get_subgraph(
    assistant_id: AssistantId, namespace: str, _: AssistantsRead, served: Served, recurse: bool = False
) -> Response:
    """Schemas of one subgraph; nothing when there is none of that name."""
    return Json(served.runtime.catalog.entry(assistant_id).subgraphs(namespace=namespace, recurse=recurse))
