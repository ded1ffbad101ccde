"""/memory/diff: what changed in memory between two moments of belief."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from stemma.api.auth.access import MemoryRead
from stemma.api.errors import documented
from stemma.api.json_wire import Json, JsonRoute
from stemma.api.routes.memory import page_headers
from stemma.api.schemas.memory_history import DifferenceBody, Moment, show_difference
from stemma.api.schemas.values import QueryLimit, QueryOffset
from stemma.memory.history.texts import texts_of

router = APIRouter(prefix="/memory", tags=["memory"], route_class=JsonRoute)


@router.get("/diff", response_model=DifferenceBody, responses=documented(404))
async def diff(
    asked: MemoryRead,
    earlier: Annotated[Moment, Query(description="From when on; with its zone")],
    later: Annotated[Moment | None, Query(description="Until when; without it, now")] = None,
    limit: QueryLimit = 20,
    offset: QueryOffset = 0,
) -> Response:
    """What came, was taken back, superseded or replaced, came back or became stale, and the decisions in between."""
    until = later or datetime.now(UTC)
    found = await asked.memory.history.difference(asked.scope, earlier, until)
    shown = found.changed[offset : offset + limit]
    texts = await texts_of(asked.memory.graph, asked.scope, shown)
    headers = page_headers(len(shown), len(found.changed), offset)
    return Json(show_difference(found, shown, texts), headers=headers)
