"""/threads/…/runs/…/feedback: what people say about a run. It goes to the memory of whom the credential names.

Saying something asks for runs:read as well: nobody judges a run that they may not see.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from stemma.api.auth.access import FeedbackWrite, RunsRead
from stemma.api.errors import documented
from stemma.api.json_wire import Json, JsonRoute
from stemma.api.routes.memory import page_headers
from stemma.api.schemas.feedback import FeedbackBody, FeedbackCreate, FeedbackPageBody
from stemma.api.schemas.values import QueryLimit, QueryOffset, RunId, ThreadId
from stemma.api.services import Served
from stemma.graphs.feedback import feedback_on, give_feedback
from stemma.memory.feedback import feedback_record

router = APIRouter(prefix="/threads/{thread_id}/runs/{run_id}/feedback", tags=["feedback"], route_class=JsonRoute)


@router.post("", response_model=FeedbackBody, responses=documented(404, 409, 507))
async def create_feedback(
    thread_id: ThreadId,
    run_id: RunId,
    body: FeedbackCreate,
    actor: FeedbackWrite,
    served: Served,
    key: Annotated[str, Query(max_length=100, description="What it is about; kept before the comment")] = "",
) -> Response:
    """Keep an opinion on an ended run as a source of its own; the same again changes nothing.

    A correction is recalled and cited from now on, and stands in the place of what the run claimed otherwise. Taking
    its source back (POST /memory/retractions) undoes both.
    """
    with served.statements.one(served.settings.max_statements):
        kept = await give_feedback(served.runtime, served.memory, actor, str(thread_id), str(run_id), body.opinion(key))
    return Json(feedback_record(kept))


@router.get("", response_model=FeedbackPageBody, responses=documented(404))
async def list_feedback(
    thread_id: ThreadId,
    run_id: RunId,
    actor: RunsRead,
    served: Served,
    limit: QueryLimit = 20,
    offset: QueryOffset = 0,
) -> Response:
    """What was said about a run, newest first: the asker's own feedback, and what was said for everyone."""
    found, total = await feedback_on(
        served.runtime, served.memory, actor, str(thread_id), str(run_id), limit=limit, offset=offset
    )
    headers = page_headers(max(0, min(limit, total - offset)), total, offset)
    return Json({"items": [feedback_record(kept) for kept in found], "total": total}, headers=headers)
