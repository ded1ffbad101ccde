"""/memory/contradictions: claims that exclude each other, listed, looked for and resolved."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from stemma.api.auth.access import MemoryRead, MemoryWrite
from stemma.api.errors import documented
from stemma.api.json_wire import Json, JsonRoute
from stemma.api.routes.memory import page_headers
from stemma.api.schemas.memory_contradictions import (
    ContradictionBody,
    ContradictionPageBody,
    ContradictionResolve,
    ContradictionSweep,
    SweepBody,
    show_contradiction,
    show_sweep,
)
from stemma.api.schemas.values import QueryLimit, QueryOffset
from stemma.memory.contradictions.model import Resolution

router = APIRouter(prefix="/memory/contradictions", tags=["memory"], route_class=JsonRoute)

ContradictionId = Annotated[str, Path(max_length=256, description="As GET /memory/contradictions gave it")]


@router.get("", response_model=ContradictionPageBody, responses=documented(404))
async def list_contradictions(
    asked: MemoryRead,
    open_only: Annotated[bool, Query(alias="open", description="Only those that nobody has resolved")] = False,
    limit: QueryLimit = 20,
    offset: QueryOffset = 0,
) -> Response:
    """Claims that exclude each other, the last found first: both quotes, and which side has more for it and why."""
    found, total = await asked.memory.contradictions.page(asked.scope, open_only=open_only, limit=limit, offset=offset)
    headers = page_headers(len(found), total, offset)
    return Json({"items": [show_contradiction(one) for one in found], "total": total}, headers=headers)


@router.post("/sweep", response_model=SweepBody, responses=documented(404, 507))
async def sweep(asked: MemoryWrite, body: ContradictionSweep | None = None) -> Response:
    """Compare the asker's own claims with what they may see, so many at a time; `next` says where to go on. What was
    found before is not found again."""
    wanted = body or ContradictionSweep()
    done = await asked.memory.contradictions.sweep(asked.scope, after=wanted.after, most=wanted.limit)
    return Json(show_sweep(done))


@router.get("/{contradiction_id}", response_model=ContradictionBody, responses=documented(404))
async def get_contradiction(contradiction_id: ContradictionId, asked: MemoryRead) -> Response:
    """One contradiction."""
    return Json(show_contradiction(await asked.memory.contradictions.one(asked.scope, contradiction_id)))


@router.post("/{contradiction_id}/resolve", response_model=ContradictionBody, responses=documented(404, 409, 507))
async def resolve(contradiction_id: ContradictionId, body: ContradictionResolve, asked: MemoryWrite) -> Response:
    """Decide for good. `keep-older` withdraws the newer claim, `keep-newer` lets it stand in the older one's place,
    `both-hold` gives back what was set apart; the contradiction is not raised again."""
    resolved = await asked.memory.contradictions.resolve(
        asked.scope,
        contradiction_id,
        Resolution(body.resolution),
        actor=asked.actor.signature,
        reason=body.reason,
    )
    return Json(show_contradiction(resolved))
