"""/threads: conversations, their metadata, and the stream of everything that happens on one."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from stemma.api.auth.access import RunsRead, ThreadsRead, ThreadsWrite
from stemma.api.errors import documented
from stemma.api.feedback_links import Base, linked
from stemma.api.json_wire import Json, JsonRoute, dumps
from stemma.api.routes.streams import STREAM_RESPONSES
from stemma.api.schemas.paths import extracted
from stemma.api.schemas.threads import (
    ThreadBody,
    ThreadCount,
    ThreadCreate,
    ThreadPatch,
    ThreadPrune,
    ThreadSearch,
    ThreadsPruned,
    selected,
    show_thread,
    show_ttl,
)
from stemma.api.schemas.values import LastEventId, ThreadId, cursor
from stemma.api.services import Served
from stemma.api.sse import EventStream
from stemma.graphs.runs.follow import ThreadMode
from stemma.graphs.runs.model import Thread, ThreadStatus

router = APIRouter(prefix="/threads", tags=["threads"], route_class=JsonRoute)


@router.post("", response_model=ThreadBody, responses=documented(409))
async def create_thread(body: ThreadCreate, actor: ThreadsWrite, served: Served) -> Response:
    """A new thread; with `if_exists: do_nothing` the one that has this id."""
    thread = await served.runtime.create_thread(
        actor,
        thread_id=str(body.thread_id) if body.thread_id else None,
        metadata=body.metadata or {},
        if_exists=body.if_exists or "raise",
        ttl=body.time_to_live(),
        supersteps=body.steps(),
    )
    return Json(show_thread(thread))


@router.post("/search", response_model=list[ThreadBody], responses=documented())
async def search_threads(body: ThreadSearch, actor: ThreadsRead, served: Served) -> Response:
    """Threads page by page; X-Pagination-Next names the next offset when there may be more."""
    found = await served.runtime.search_threads(
        actor,
        metadata=body.metadata or {},
        values=body.values or {},
        ids=[str(thread_id) for thread_id in body.ids or ()],
        status=ThreadStatus(body.status) if body.status else None,
        limit=body.limit,
        offset=body.offset,
        sort_by=body.sort_by or "updated_at",
        sort_order=body.sort_order or "desc",
    )
    headers = {"X-Pagination-Next": str(body.offset + body.limit)} if len(found) == body.limit else {}
    return Json([_found(thread, body) for thread in found], headers=headers)


def _found(thread: Thread, asked: ThreadSearch) -> dict[str, Any]:
    body = show_thread(thread)
    shown = selected(body, asked.select)
    if asked.extract:
        shown["extracted"] = extracted(orjson.loads(dumps(body)), asked.extract)
    return shown


@router.post("/count", response_model=int, responses=documented())
async def count_threads(body: ThreadCount, actor: ThreadsRead, served: Served) -> Response:
    """How many threads match."""
    status = ThreadStatus(body.status) if body.status else None
    count = await served.runtime.count_threads(
        actor, metadata=body.metadata or {}, values=body.values or {}, status=status
    )
    return Json(count)


@router.post("/prune", response_model=ThreadsPruned, responses=documented(409))
async def prune_threads(body: ThreadPrune, actor: ThreadsWrite, served: Served) -> Response:
    """Delete threads, or all of them but the latest state. Ids that are not there are not counted."""
    ids = [str(thread_id) for thread_id in body.thread_ids]
    return Json({"pruned_count": await served.runtime.prune_threads(actor, ids, body.strategy)})


@router.get("/{thread_id}", response_model=ThreadBody, responses=documented(404))
async def get_thread(
    thread_id: ThreadId,
    actor: ThreadsRead,
    served: Served,
    include: Annotated[str | None, Query(pattern="^(ttl)?$", description="`ttl`: also when its time is over")] = None,
) -> Response:
    """One thread with the values at its head."""
    thread = await served.runtime.get_thread(actor, str(thread_id))
    return Json({**show_thread(thread), **({"ttl": show_ttl(thread)} if include else {})})


@router.post("/{thread_id}/copy", response_model=ThreadBody, responses=documented(404))
async def copy_thread(thread_id: ThreadId, actor: ThreadsWrite, served: Served) -> Response:
    """A new thread with this one's metadata and checkpoints. Its runs and events stay behind."""
    return Json(show_thread(await served.runtime.copy_thread(actor, str(thread_id))))


@router.patch("/{thread_id}", response_model=ThreadBody, responses=documented(404))
async def patch_thread(
    thread_id: ThreadId,
    body: ThreadPatch,
    actor: ThreadsWrite,
    served: Served,
    prefer: Annotated[str | None, Header(description="return=minimal answers 204")] = None,
) -> Response:
    """Merge metadata into the thread's, and say how long it stays."""
    thread = await served.runtime.patch_thread(actor, str(thread_id), body.metadata or {}, ttl=body.time_to_live())
    if prefer and "return=minimal" in prefer:
        return Response(status_code=204)
    return Json(show_thread(thread))


@router.delete("/{thread_id}", status_code=204, responses=documented(404))
async def delete_thread(thread_id: ThreadId, actor: ThreadsWrite, served: Served) -> Response:
    """Cancel what runs on the thread and remove it with its runs, checkpoints and events."""
    await served.runtime.delete_thread(actor, str(thread_id))
    return Response(status_code=204)


@router.get("/{thread_id}/stream", status_code=200, response_class=EventStream, responses=STREAM_RESPONSES)
async def stream_thread(
    thread_id: ThreadId,
    actor: RunsRead,
    served: Served,
    base: Base,
    stream_mode: Annotated[list[ThreadMode] | None, Query()] = None,
    stream_modes: Annotated[list[ThreadMode] | None, Query()] = None,
    last_event_id: LastEventId = None,
) -> Response:
    """What happens on the thread, past events after the cursor first. Ends only when the client goes.

    `run_modes`: each run in the modes it was started with, and its end; `lifecycle`: when runs begin and end;
    `state_update`: what somebody wrote to the state.
    """
    # Before the answer begins: a thread that is not there is a 404, not a broken stream.
    await served.runtime.require_thread(actor, str(thread_id))
    frames = served.runtime.stream_thread(
        actor.answered(),
        str(thread_id),
        modes=[*(stream_mode or ()), *(stream_modes or ())] or ["run_modes"],
        after=cursor(last_event_id),
    )
    location = {"Location": f"/threads/{thread_id}/stream"}
    return EventStream(linked(frames, base), served.settings, served.answers, headers=location)
