"""/threads/…/state and /history: what a thread's graph knows, at its head and at every checkpoint."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from stemma.api.auth.access import ThreadsRead, ThreadsWrite
from stemma.api.errors import documented
from stemma.api.json_wire import Json, JsonRoute
from stemma.api.schemas.runs import CheckpointRef
from stemma.api.schemas.threads import (
    HistoryQuery,
    StateAt,
    StateBody,
    StateField,
    StatePatch,
    StateUpdate,
    StateUpdated,
    ThreadBody,
    selected,
    show_state,
    show_thread,
)
from stemma.api.schemas.values import CheckpointId, QueryLimit, ThreadId
from stemma.api.services import Served
from stemma.graphs.policy import Actor

router = APIRouter(prefix="/threads/{thread_id}", tags=["threads"], route_class=JsonRoute)

Selection = Annotated[list[StateField] | None, Query(description="Only these fields")]


@router.get("/state", response_model=StateBody, responses=documented(404))
async def get_state(
    thread_id: ThreadId, actor: ThreadsRead, served: Served, subgraphs: bool = False, select: Selection = None
) -> Response:
    """The state at the thread's head."""
    state = await served.runtime.get_state(actor, str(thread_id), subgraphs=subgraphs)
    return Json(selected(show_state(state), select))


@router.get("/state/{checkpoint_id}", response_model=StateBody, responses=documented(404))
async def get_state_at(
    thread_id: ThreadId,
    checkpoint_id: CheckpointId,
    actor: ThreadsRead,
    served: Served,
    subgraphs: bool = False,
    select: Selection = None,
) -> Response:
    """The state at one checkpoint."""
    state = await served.runtime.get_state(actor, str(thread_id), checkpoint_id=checkpoint_id, subgraphs=subgraphs)
    return Json(selected(show_state(state), select))


@router.post("/state/checkpoint", response_model=StateBody, responses=documented(404))
async def get_state_at_checkpoint(thread_id: ThreadId, body: StateAt, actor: ThreadsRead, served: Served) -> Response:
    """The state at a checkpoint, of a subgraph too."""
    at = body.checkpoint.of(str(thread_id))
    state = await served.runtime.get_state(
        actor,
        str(thread_id),
        checkpoint_id=at.checkpoint_id,
        checkpoint_ns=at.checkpoint_ns or "",
        subgraphs=body.subgraphs,
    )
    return Json(selected(show_state(state), body.select))


@router.post("/state", response_model=StateUpdated, responses=documented(404, 409))
async def update_state(thread_id: ThreadId, body: StateUpdate, actor: ThreadsWrite, served: Served) -> Response:
    """Write to the state as a node would; the old branch stays."""
    at = body.checkpoint.of(str(thread_id)) if body.checkpoint else None
    checkpoint = await served.runtime.update_state(
        actor,
        str(thread_id),
        body.values,
        as_node=body.as_node,
        checkpoint_id=body.checkpoint_id or (at.checkpoint_id if at else None),
        checkpoint_ns=(at.checkpoint_ns if at else None) or "",
    )
    return Json({"checkpoint": checkpoint})


@router.patch("/state", response_model=ThreadBody, responses=documented(404))
async def patch_state(thread_id: ThreadId, body: StatePatch, actor: ThreadsWrite, served: Served) -> Response:
    """Merge metadata into the thread's."""
    return Json(show_thread(await served.runtime.patch_thread(actor, str(thread_id), body.metadata)))


@router.post("/history", response_model=list[StateBody], responses=documented(404))
async def search_history(thread_id: ThreadId, body: HistoryQuery, actor: ThreadsRead, served: Served) -> Response:
    """The thread's checkpoints, newest first."""
    return Json(await _history(actor, served, str(thread_id), body))


@router.get("/history", response_model=list[StateBody], responses=documented(404))
async def get_history(
    thread_id: ThreadId,
    actor: ThreadsRead,
    served: Served,
    limit: QueryLimit = 10,
    before: Annotated[CheckpointId | None, Query()] = None,
) -> Response:
    """The thread's checkpoints, newest first."""
    return Json(await _history(actor, served, str(thread_id), HistoryQuery(limit=limit, before=before)))


async def _history(actor: Actor, served: Served, thread_id: str, query: HistoryQuery) -> list[dict[str, Any]]:
    at = query.checkpoint.of(thread_id) if query.checkpoint else None
    before = query.before.of(thread_id).checkpoint_id if isinstance(query.before, CheckpointRef) else query.before
    states = await served.runtime.history(
        actor,
        thread_id,
        limit=query.limit,
        before=before,
        metadata=query.metadata or {},
        checkpoint_ns=(at.checkpoint_ns if at else None) or "",
        checkpoint_id=at.checkpoint_id if at else None,
    )
    return [selected(show_state(state), query.select) for state in states]
