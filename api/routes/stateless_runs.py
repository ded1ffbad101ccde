"""/runs: runs without a thread of the client's. Each gets a temporary one, so that it can be joined later."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from starlette.responses import Response

from stemma.api.auth.access import RunsRead, RunsWrite
from stemma.api.errors import documented
from stemma.api.eventual_json import EventualJson
from stemma.api.feedback_links import Base
from stemma.api.json_wire import Json, JsonRoute
from stemma.api.routes.streams import STREAM_RESPONSES, WAIT_RESPONSES, location, stream, submit, unattended, wait
from stemma.api.schemas.batches import RunBatch
from stemma.api.schemas.runs import RunBody, RunCreate, RunsCancel, show_run
from stemma.api.schemas.values import (
    FromCheckpoint,
    IdempotencyKey,
    JoinedModes,
    LastEventId,
    Namespaces,
    RunId,
    cursor,
)
from stemma.api.services import Served
from stemma.api.sse import EventStream

router = APIRouter(prefix="/runs", tags=["stateless runs"], route_class=JsonRoute)


@router.post("", response_model=RunBody, responses=documented(404, 409, 507))
async def create_stateless_run(
    body: RunCreate, actor: RunsWrite, served: Served, idempotency_key: IdempotencyKey = None
) -> Response:
    """Accept a run; it is durable when this answers."""
    run = await submit(served, actor, None, unattended(body), idempotency_key)
    return Json(show_run(run), headers=location(run))


@router.post("/batch", response_model=list[RunBody], responses=documented(404, 409, 507))
async def create_batch(body: RunBatch, actor: RunsWrite, served: Served) -> Response:
    """Accept runs, all of them or none; they run at the same time."""
    runs = await served.runtime.submit_all(actor, [unattended(one).request() for one in body.root])
    served.submitted += len(runs)
    return Json([show_run(run) for run in runs])


@router.post("/cancel", status_code=204, responses=documented(404))
async def cancel_runs(
    body: RunsCancel, actor: RunsWrite, served: Served, action: Literal["interrupt", "rollback"] = "interrupt"
) -> Response:
    """Stop runs by their ids, or all that wait or run: keep what they did, or with `rollback` remove them."""
    await served.runtime.cancel_all(
        actor,
        thread_id=str(body.thread_id) if body.thread_id else None,
        run_ids=[str(run_id) for run_id in body.run_ids or ()],
        statuses=body.statuses(),
        action=action,
    )
    return Response(status_code=204)


@router.post("/stream", status_code=200, response_class=EventStream, responses=STREAM_RESPONSES)
async def create_and_stream_stateless(
    body: RunCreate,
    actor: RunsWrite,
    served: Served,
    base: Base,
    idempotency_key: IdempotencyKey = None,
    namespace: Namespaces = None,
) -> Response:
    """Accept a run and stream its events."""
    run = await submit(served, actor, None, body, idempotency_key)
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
async def create_and_wait_stateless(
    body: RunCreate, actor: RunsWrite, served: Served, idempotency_key: IdempotencyKey = None
) -> Response:
    """Accept a run and answer with its final values."""
    run = await submit(served, actor, None, body, idempotency_key)
    return wait(served, actor, run, cancel_when_gone=body.on_disconnect == "cancel")


@router.get("/{run_id}/stream", status_code=200, response_class=EventStream, responses=STREAM_RESPONSES)
async def join_stateless_stream(
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
    """The run's events after the cursor, then live, found by the run's id alone."""
    run = await served.runtime.get_run(actor, None, str(run_id))
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
