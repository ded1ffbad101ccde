"""/runs/crons and /threads/…/runs/crons: runs that are made on a schedule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import Response

from stemma.api.auth.access import RunsRead, RunsWrite
from stemma.api.errors import documented
from stemma.api.json_wire import Json, JsonRoute
from stemma.api.schemas.crons import CronBody, CronCount, CronCreate, CronPatch, CronSearch, show_cron
from stemma.api.schemas.threads import selected
from stemma.api.schemas.values import ThreadId
from stemma.api.services import Served
from stemma.graphs.crons.model import CronQuery

CronId = Annotated[UUID, Path(description="A UUID, minted by the server")]

router = APIRouter(tags=["crons"], route_class=JsonRoute)


@router.post("/runs/crons", response_model=CronBody, responses=documented(404, 507))
async def create_cron(body: CronCreate, actor: RunsWrite, served: Served) -> Response:
    """A cron whose every run makes a thread of its own, deleted at the run's end unless it is to be kept."""
    made = await served.runtime.crons.create(actor, body.change(), body.request(), None)
    return Json(show_cron(made))


@router.post("/threads/{thread_id}/runs/crons", response_model=CronBody, responses=documented(404, 507))
async def create_thread_cron(thread_id: ThreadId, body: CronCreate, actor: RunsWrite, served: Served) -> Response:
    """A cron whose runs share a thread, and which goes when the thread is deleted."""
    made = await served.runtime.crons.create(actor, body.change(), body.request(), str(thread_id))
    return Json(show_cron(made))


@router.post("/runs/crons/search", response_model=list[CronBody], responses=documented())
async def search_crons(body: CronSearch, actor: RunsRead, served: Served) -> Response:
    """Crons page by page; X-Pagination-Next names the next offset, X-Pagination-Total how many there are."""
    query = CronQuery(
        actor.tenant,
        assistant_id=body.assistant_id,
        thread_id=str(body.thread_id) if body.thread_id else None,
        enabled=body.enabled,
        metadata=body.metadata or {},
        limit=body.limit,
        offset=body.offset,
        sort_by=body.sort_by or "created_at",
        descending=body.sort_order != "asc",
    )
    total = await served.runtime.crons.count(actor, query)
    found = await served.runtime.crons.search(actor, query)
    headers = {"X-Pagination-Total": str(total)}
    if body.offset + body.limit < total:
        headers["X-Pagination-Next"] = str(body.offset + body.limit)
    now = {"now": datetime.now(UTC).isoformat()} if body.select else {}
    return Json([selected({**show_cron(cron), **now}, body.select) for cron in found], headers=headers)


@router.post("/runs/crons/count", response_model=int, responses=documented())
async def count_crons(body: CronCount, actor: RunsRead, served: Served) -> Response:
    """How many crons match."""
    thread_id = str(body.thread_id) if body.thread_id else None
    query = CronQuery(actor.tenant, assistant_id=body.assistant_id, thread_id=thread_id, metadata=body.metadata or {})
    return Json(await served.runtime.crons.count(actor, query))


@router.get("/runs/crons/{cron_id}", response_model=CronBody, responses=documented(404))
async def get_cron(cron_id: CronId, actor: RunsRead, served: Served) -> Response:
    """One cron."""
    return Json(show_cron(await served.runtime.crons.get(actor, str(cron_id))))


@router.patch("/runs/crons/{cron_id}", response_model=CronBody, responses=documented(404))
async def patch_cron(cron_id: CronId, body: CronPatch, actor: RunsWrite, served: Served) -> Response:
    """Change a cron; a new time counts from now."""
    return Json(show_cron(await served.runtime.crons.change(actor, str(cron_id), body.change())))


@router.delete("/runs/crons/{cron_id}", status_code=204, responses=documented(404))
async def delete_cron(cron_id: CronId, actor: RunsWrite, served: Served) -> Response:
    """Delete a cron; the runs it made stay."""
    await served.runtime.crons.delete(actor, str(cron_id))
    return Response(status_code=204)
