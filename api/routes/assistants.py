"""/assistants: graphs that can be run, each with a configuration in versions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from stemma.api.auth.access import AssistantsRead, AssistantsWrite
from stemma.api.errors import documented
from stemma.api.json_wire import Json, JsonRoute
from stemma.api.schemas.assistants import (
    AssistantBody,
    AssistantCount,
    AssistantCreate,
    AssistantPatch,
    AssistantSearch,
    DrawingBody,
    SchemasBody,
    VersionChoice,
    VersionsQuery,
    show_assistant,
)
from stemma.api.schemas.threads import selected
from stemma.api.schemas.values import AssistantId
from stemma.api.services import Served
from stemma.graphs.assistants.model import AssistantQuery
from stemma.graphs.policy import Actor

Depth = Annotated[int, Field(ge=0, le=10)]

router = APIRouter(prefix="/assistants", tags=["assistants"], route_class=JsonRoute)


@router.post("", response_model=AssistantBody, responses=documented(404, 409))
async def create_assistant(body: AssistantCreate, actor: AssistantsWrite, served: Served) -> Response:
    """A new assistant of a graph; with `if_exists: do_nothing` the one that has this id."""
    made = await served.runtime.assistants.create(
        actor,
        body.graph_id,
        body.change(),
        assistant_id=str(body.assistant_id) if body.assistant_id else None,
        if_exists=body.if_exists or "raise",
    )
    return Json(show_assistant(made))


@router.post("/search", response_model=list[AssistantBody], responses=documented())
async def search_assistants(body: AssistantSearch, actor: AssistantsRead, served: Served) -> Response:
    """Assistants page by page; X-Pagination-Next names the next offset, X-Pagination-Total how many there are."""
    query = AssistantQuery(
        actor.tenant,
        metadata=body.metadata or {},
        graph_id=body.graph_id,
        name=body.name,
        limit=body.limit,
        offset=body.offset,
        sort_by=body.sort_by or "created_at",
        descending=body.sort_order != "asc",
    )
    total = await served.runtime.assistants.count(actor, query)
    found = await served.runtime.assistants.search(actor, query)
    headers = {"X-Pagination-Total": str(total)}
    if body.offset + body.limit < total:
        headers["X-Pagination-Next"] = str(body.offset + body.limit)
    return Json([selected(show_assistant(assistant), body.select) for assistant in found], headers=headers)


@router.post("/count", response_model=int, responses=documented())
async def count_assistants(body: AssistantCount, actor: AssistantsRead, served: Served) -> Response:
    """How many assistants match."""
    query = AssistantQuery(actor.tenant, metadata=body.metadata or {}, graph_id=body.graph_id, name=body.name)
    return Json(await served.runtime.assistants.count(actor, query))


@router.get("/{assistant_id}", response_model=AssistantBody, responses=documented(404))
async def get_assistant(assistant_id: AssistantId, actor: AssistantsRead, served: Served) -> Response:
    """One assistant, by its id or its graph's name."""
    return Json(show_assistant(await served.runtime.assistants.get(actor, assistant_id)))


@router.patch("/{assistant_id}", response_model=AssistantBody, responses=documented(404))
async def patch_assistant(
    assistant_id: AssistantId, body: AssistantPatch, actor: AssistantsWrite, served: Served
) -> Response:
    """Make the next version, and use it. Metadata is merged, the rest replaced."""
    return Json(show_assistant(await served.runtime.assistants.change(actor, assistant_id, body.change())))


@router.delete("/{assistant_id}", status_code=204, responses=documented(404, 409))
async def delete_assistant(
    assistant_id: AssistantId,
    actor: AssistantsWrite,
    served: Served,
    delete_threads: Annotated[bool, Query(description="Also its threads; asks for threads:write")] = False,
) -> Response:
    """Delete an assistant with its versions. Its runs stay, unless their threads are deleted with it."""
    found = await served.runtime.assistants.find(actor, assistant_id)
    if delete_threads:
        await _delete_threads(actor, found.assistant_id, served)
    await served.runtime.assistants.delete(actor, found.assistant_id)
    return Response(status_code=204)


async def _delete_threads(actor: Actor, assistant_id: str, served: Served) -> None:
    whose = {"assistant_id": assistant_id}
    while threads := await served.runtime.search_threads(actor, metadata=whose, limit=100):
        for thread in threads:
            await served.runtime.delete_thread(actor, thread.thread_id)


@router.post("/{assistant_id}/versions", response_model=list[AssistantBody], responses=documented(404))
async def list_versions(
    assistant_id: AssistantId, body: VersionsQuery, actor: AssistantsRead, served: Served
) -> Response:
    """An assistant's versions, newest first."""
    found = await served.runtime.assistants.versions(actor, assistant_id, body.metadata or {}, body.limit, body.offset)
    return Json([show_assistant(version) for version in found])


@router.post("/{assistant_id}/latest", response_model=AssistantBody, responses=documented(404))
async def set_latest(
    assistant_id: AssistantId, body: VersionChoice, actor: AssistantsWrite, served: Served
) -> Response:
    """Use another version from now on."""
    return Json(show_assistant(await served.runtime.assistants.use_version(actor, assistant_id, body.version)))


@router.get("/{assistant_id}/graph", response_model=DrawingBody, responses=documented(404))
async def get_graph(
    assistant_id: AssistantId,
    actor: AssistantsRead,
    served: Served,
    xray: Annotated[Depth | bool, Query(description="Draw subgraphs too, down to this depth")] = False,
) -> Response:
    """The graph's nodes and edges."""
    entry = await served.runtime.assistants.entry(actor, assistant_id)
    return Json(entry.drawing(xray))


@router.get("/{assistant_id}/schemas", response_model=SchemasBody, responses=documented(404))
async def get_schemas(assistant_id: AssistantId, actor: AssistantsRead, served: Served) -> Response:
    """JSON schemas of what the graph takes, keeps and gives."""
    entry = await served.runtime.assistants.entry(actor, assistant_id)
    return Json({"graph_id": entry.graph_id, **entry.schemas()})


@router.get("/{assistant_id}/subgraphs", response_model=dict[str, SchemasBody], responses=documented(404))
async def get_subgraphs(
    assistant_id: AssistantId, actor: AssistantsRead, served: Served, recurse: bool = False
) -> Response:
    """Schemas of the graph's subgraphs by namespace."""
    entry = await served.runtime.assistants.entry(actor, assistant_id)
    return Json(entry.subgraphs(recurse=recurse))


@router.get("/{assistant_id}/subgraphs/{namespace}", response_model=dict[str, SchemasBody], responses=documented(404))
async def get_subgraph(
    assistant_id: AssistantId, namespace: str, actor: AssistantsRead, served: Served, recurse: bool = False
) -> Response:
    """Schemas of one subgraph; nothing when there is none of that name."""
    entry = await served.runtime.assistants.entry(actor, assistant_id)
    return Json(entry.subgraphs(namespace=namespace, recurse=recurse))
