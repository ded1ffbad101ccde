"""/memory/retractions/{id}/heal: tainted answers given again. The healing is a run: join or stream it as any other."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from starlette.responses import Response

from stemma.api.auth.access import Allow, MemoryAccess, MemoryRead, MemoryWrite, RunsWrite
from stemma.api.errors import documented
from stemma.api.json_wire import Json, JsonRoute
from stemma.api.routes.memory import page_headers
from stemma.api.routes.memory_decisions import RetractionId
from stemma.api.schemas.memory_healing import HealingBody, HealingCreate, show_healing
from stemma.api.schemas.values import QueryLimit, QueryOffset
from stemma.graphs.errors import InvalidRequest
from stemma.graphs.healing.healing import Healing
from stemma.graphs.healing.record import plan_record, progress_record
from stemma.graphs.policy import Permission, memory_scope

router = APIRouter(prefix="/memory/retractions/{retraction_id}/heal", tags=["memory"], route_class=JsonRoute)


def _healing(asked: MemoryAccess) -> Healing:
    """Raises `InvalidRequest` for a narrowed scope: an answer belongs to its asker, whatever agent gave it."""
    if asked.scope != memory_scope(asked.actor):
        field = "agent" if asked.scope.agent else "thread_id"
        raise InvalidRequest("healing is about all answers of the asker", field=field)
    return Healing(asked.served.runtime, asked.memory)


@router.post(
    "",
    response_model=HealingBody,
    responses=documented(404, 409, 507),
    dependencies=[Depends(Allow(Permission.THREADS_WRITE))],
)
async def heal(
    retraction_id: RetractionId, asked: MemoryWrite, actor: RunsWrite, body: HealingCreate | None = None
) -> Response:
    """Begin to give the answers again that a retraction tainted, or go on with what was stopped; `dry_run` only says
    what would be run. The old answers and their threads stay as they are."""
    wanted = body or HealingCreate()
    healing = _healing(asked)
    if wanted.dry_run:
        return Json(show_healing(plan_record(await healing.plan(actor, retraction_id))))
    begun = await healing.start(actor, retraction_id, move_head=wanted.move_head, parallel=wanted.parallel)
    return Json(show_healing(progress_record(begun)))


@router.get("", response_model=HealingBody, responses=documented(404))
async def get_healing(
    retraction_id: RetractionId, asked: MemoryRead, limit: QueryLimit = 100, offset: QueryOffset = 0
) -> Response:
    """How far the newest healing is, and a page of the answers that are done."""
    record = progress_record(await _healing(asked).progress(asked.actor, retraction_id))
    shown = show_healing(record, offset, limit)
    return Json(shown, headers=page_headers(len(shown["answers"]), record["done"], offset))


@router.post("/cancel", response_model=HealingBody, responses=documented(404))
async def cancel_healing(retraction_id: RetractionId, asked: MemoryWrite, actor: RunsWrite) -> Response:
    """Begin no more. What is being given again comes to its end, and a new healing goes on from there."""
    return Json(show_healing(progress_record(await _healing(asked).cancel(actor, retraction_id))))
