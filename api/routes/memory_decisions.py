"""/memory/retractions, /memory/supersessions: taking back, giving back, correcting. The credential says who did it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from stemma.api.auth.access import MemoryRead, MemoryWrite
from stemma.api.errors import documented
from stemma.api.json_wire import Json, JsonRoute
from stemma.api.routes.memory import page_headers
from stemma.api.schemas.memory_decisions import (
    EffectBody,
    RetractionCreate,
    RetractionLift,
    RetractionPageBody,
    SupersessionCreate,
    show_effect,
)
from stemma.api.schemas.memory_items import RetractionItem, show_retraction
from stemma.api.schemas.values import QueryLimit, QueryOffset

router = APIRouter(prefix="/memory", tags=["memory"], route_class=JsonRoute)

RetractionId = Annotated[str, Path(max_length=256, description="As POST /memory/retractions gave it")]


@router.post("/retractions", response_model=EffectBody, responses=documented(404, 409, 507))
async def retract(body: RetractionCreate, asked: MemoryWrite) -> Response:
    """Withdraw a source or claim, or put it into quarantine, and say what went with it; `dry_run` only says it."""
    effect = await asked.memory.retract(
        asked.scope,
        body.item_id,
        reason=body.reason,
        actor=asked.actor.signature,
        quarantine=body.kind == "quarantine",
        dry_run=body.dry_run,
    )
    return Json(show_effect(effect, dry_run=body.dry_run))


@router.get("/retractions", response_model=RetractionPageBody, responses=documented(404))
async def list_retractions(
    asked: MemoryRead,
    open_only: Annotated[bool, Query(alias="open", description="Leave out what was lifted")] = False,
    limit: QueryLimit = 20,
    offset: QueryOffset = 0,
) -> Response:
    """Decisions, newest first, who made them and why."""
    rows, total = await asked.memory.retractions(asked.scope, open_only=open_only, limit=limit, offset=offset)
    headers = page_headers(len(rows), total, offset)
    return Json({"items": [show_retraction(row) for row in rows], "total": total}, headers=headers)


@router.get("/retractions/{retraction_id}", response_model=RetractionItem, responses=documented(404))
async def get_retraction(retraction_id: RetractionId, asked: MemoryRead) -> Response:
    """One decision."""
    return Json(show_retraction(await asked.memory.retraction(asked.scope, retraction_id)))


@router.post("/retractions/{retraction_id}/restore", response_model=EffectBody, responses=documented(404, 409, 507))
async def restore(retraction_id: RetractionId, asked: MemoryWrite, body: RetractionLift | None = None) -> Response:
    """Lift a decision: exactly what it took comes back. The decision stays listed, with who lifted it."""
    dry_run = body is not None and body.dry_run
    effect = await asked.memory.restore(asked.scope, retraction_id, actor=asked.actor.signature, dry_run=dry_run)
    return Json(show_effect(effect, dry_run=dry_run))


@router.post("/supersessions", response_model=EffectBody, responses=documented(404, 409, 507))
async def supersede(body: SupersessionCreate, asked: MemoryWrite) -> Response:
    """Let a newer claim stand in an older one's place, as long as the newer one is supported."""
    effect = await asked.memory.supersede(asked.scope, body.newer, body.older, dry_run=body.dry_run)
    return Json(show_effect(effect, dry_run=body.dry_run))
