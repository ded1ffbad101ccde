"""/memory/consolidations: what says the same shown once, what nobody used put below the rest, and both taken back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from stemma.api.auth.access import MemoryRead, MemoryWrite
from stemma.api.errors import documented
from stemma.api.json_wire import Json, JsonRoute
from stemma.api.routes.memory import page_headers
from stemma.api.schemas.consolidations import (
    ConsolidationBody,
    ConsolidationCreate,
    ConsolidationPageBody,
    ConsolidationReportBody,
    show_report,
    show_run,
)
from stemma.api.schemas.values import QueryLimit, QueryOffset
from stemma.memory.consolidation.consolidator import Consolidator
from stemma.memory.settings import MemorySettings

router = APIRouter(prefix="/memory", tags=["memory"], route_class=JsonRoute)

ConsolidationId = Annotated[str, Path(max_length=256, description="As POST /memory/consolidations gave it")]


@router.post("/consolidations", response_model=ConsolidationReportBody, responses=documented(404, 507))
async def consolidate(asked: MemoryWrite, body: ConsolidationCreate | None = None) -> Response:
    """Look through the asker's own memory, not through a wider or a narrower one, and say what was merged and demoted.

    What was written stays when the client goes away; asking again goes on from there.
    """
    wanted = body or ConsolidationCreate()
    days = wanted.demote_after_days
    after = MemorySettings().demote_after_days if days is None else days
    consolidator = Consolidator(asked.memory.graph, demote_after_days=after)
    report = await consolidator.run(asked.scope, actor=asked.actor.signature, dry_run=wanted.dry_run)
    return Json(show_report(report, dry_run=wanted.dry_run))


@router.get("/consolidations", response_model=ConsolidationPageBody, responses=documented(404))
async def list_consolidations(asked: MemoryRead, limit: QueryLimit = 20, offset: QueryOffset = 0) -> Response:
    """Runs, newest first, what they did and who undid them."""
    runs, total = await Consolidator(asked.memory.graph).runs(asked.scope, limit=limit, offset=offset)
    headers = page_headers(len(runs), total, offset)
    return Json({"items": [show_run(run) for run in runs], "total": total}, headers=headers)


@router.post(
    "/consolidations/{consolidation_id}/undo", response_model=ConsolidationBody, responses=documented(404, 409, 507)
)
async def undo(consolidation_id: ConsolidationId, asked: MemoryWrite) -> Response:
    """Take back exactly what one run did: what it merged is shown by itself again, what it demoted stands as before."""
    run = await Consolidator(asked.memory.graph).undo(asked.scope, consolidation_id, actor=asked.actor.signature)
    return Json(show_run(run))
