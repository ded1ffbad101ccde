"""/threads/…/runs: runs on a thread."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from stemma.api.auth.access import RunsRead, RunsWrite
from stemma.api.errors import documented
from stemma.api.eventual_json import EventualJson
from stemma.api.feedback_links import Base
from stemma.api.json_wire import Json, JsonRoute
from stemma.api.routes.streams import (
    STREAM_RESPONSES,
    WAIT_RESPONSES,
    location,
    stream,
    submit,
    unattended,
    wait,
)
from stemma.api.schemas.runs import RunBody, RunCreate, RunField, show_delivery, show_run
from stemma.api.schemas.threads import selected
from stemma.api.schemas.values import (
    FromCheckpoint,
    IdempotencyKey,
    JoinedModes,
    LastEventId,
    Namespaces,
    QueryLimit,
    QueryOffset,
    RunId,
    ThreadId,
    cursor,
)
from stemma.api.services import Served
from stemma.api.sse import EventStream
from stemma.graphs.runs.model import RunStatus

router = APIRouter(prefix="/threads/{thread_id}/runs", tags=["runs"], route_class=JsonRoute)


@router.post("", response_model=RunBody, responses=documented(404, 409, 507))
async def create_run(
    thread_id: ThreadId, body: RunCreate, actor: RunsWrite, served: Served, idempotency_key: IdempotencyKey = None
) -> Response:
    """Accept a run; it is durable when this answers."""
    run = await submit(served, actor, str(thread_id), unattended(body), idempotency_key)
    return Json(show_run(run), headers=location(run))


@router.post("/stream", status_code=200, response_class=EventStream, responses=STREAM_RESPONSES)
async def create_and_stream(
    thread_id: ThreadId,
    body: RunCreate,
    actor: RunsWrite,
    served: Served,
    base: Base,
    idempotency_key: IdempotencyKey = None,
    namespace: Namespaces = None,
) -> Response:
    """Accept a run and stream its events."""
    run = await submit(served, actor, str(thread_id), body, idempotency_key)
    return stream(
        served,
        actor,
        run,
        modes=body.modes(),
        subgraphs=body.stream_subgraphs,
        cancel_when_gone=body.on_disconnect == "cancel",
        base=base,
        namespaces=namespace,
    )


@router.post("/wait", status_code=200, response_class=EventualJson, responses=WAIT_RESPONSES)
async def create_and_wait(
    thread_id: ThreadId, body: RunCreate, actor: RunsWrite, served: Served, idempotency_key: IdempotencyKey = None
) -> Response:
    """Accept a run and answer with its final values."""
    run = await submit(served, actor, str(thread_id), body, idempotency_key)
    return wait(served, actor, run, cancel_when_gone=body.on_disconnect == "cancel")


@router.get("", response_model=list[RunBody], responses=documented(404))
async def list_runs(
    thread_id: ThreadId,
    actor: RunsRead,
    served: Served,
    limit: QueryLimit = 10,
    offset: QueryOffset = 0,
    status: RunStatus | None = None,
    select: Annotated[list[RunField] | None, Query(description="Only these fields")] = None,
) -> Response:
    """The thread's runs, newest first."""
    runs = await served.runtime.list_runs(actor, str(thread_id), limit=limit, offset=offset, status=status)
    return Json([selected({**show_run(run)}, select) for run in runs])


@router.get("/{run_id}", response_model=RunBody, responses=documented(404))
async def get_run(thread_id: ThreadId, run_id: RunId, actor: RunsRead, served: Served) -> Response:
    """One run; where it has a webhook, also how far telling its end has come."""
    run = await served.runtime.get_run(actor, str(thread_id), str(run_id))
    delivery = await served.runtime.deliverer.of(run)
    return Json({**show_run(run), **({"webhook": show_delivery(delivery)} if delivery else {})})


@router.delete("/{run_id}", status_code=204, responses=documented(404, 409))
async def delete_run(thread_id: ThreadId, run_id: RunId, actor: RunsWrite, served: Served) -> Response:
    """Remove an ended run; its events leave tombstones without content."""
    await served.runtime.delete_run(actor, str(thread_id), str(run_id))
    return Response(status_code=204)


@router.post(
    "/{run_id}/cancel",
    status_code=202,
    response_class=Response,
    responses={204: {"description": "It has ended"}, **documented(404)},
)
async def cancel_run(
    thread_id: ThreadId,
    run_id: RunId,
    actor: RunsWrite,
    served: Served,
    wait: bool = False,
    action: Literal["interrupt", "rollback"] = "interrupt",
) -> Response:
    """Stop a run: keep what it did, or with `rollback` remove it. With `wait`, answer when it has ended."""
    await served.runtime.cancel(actor, str(thread_id), str(run_id), action=action, wait=wait)
    return Response(status_code=204 if wait else 202)


@router.get("/{run_id}/join", status_code=200, response_class=EventualJson, responses=WAIT_RESPONSES)
async def join_run(
    thread_id: ThreadId, run_id: RunId, actor: RunsRead, served: Served, cancel_on_disconnect: bool = False
) -> Response:
    """The run's final values, once it has ended."""
    run = await served.runtime.get_run(actor, str(thread_id), str(run_id))
    return wait(served, actor, run, cancel_when_gone=cancel_on_disconnect)


@router.get("/{run_id}/stream", status_code=200, response_class=EventStream, responses=STREAM_RESPONSES)
async def join_stream(
    thread_id: ThreadId,
    run_id: RunId,
    actor: RunsRead,
    served: Served,
    base: Base,
    stream_mode: JoinedModes = None,
    cancel_on_disconnect: bool = False,
    namespace: Namespaces = None,
    checkpoint_id: FromCheckpoint = "",
    last_event_id: LastEventId = None,
) -> Response:
    """The run's events after the cursor, then live; also long after its end."""
    run = await served.runtime.get_run(actor, str(thread_id), str(run_id))
    return stream(
        served,
        actor,
        run,
        modes=stream_mode or run.request.stream_mode,
        subgraphs=run.request.stream_subgraphs,
        after=cursor(last_event_id),
        cancel_when_gone=cancel_on_disconnect,
        base=base,
        namespaces=namespace,
        checkpoint_id=checkpoint_id,
    )
