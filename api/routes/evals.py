"""/evals: what evaluations found. Read-only: evaluations are made by `stemma eval`, never by a request.

Who may look stands in the signature (`EvalsRead`). Pages are made of documents' text and come as inert as they can.
"""

from __future__ import annotations

from asyncio import to_thread
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import HTMLResponse, Response

from stemma.api.auth.access import EvalsRead
from stemma.api.errors import documented
from stemma.api.json_wire import Json, JsonRoute
from stemma.api.routes.memory import INERT, page_headers
from stemma.api.schemas.evals import CasePageBody, EvalBody, EvalPageBody, TrendBody
from stemma.api.schemas.values import QueryLimit, QueryOffset
from stemma.api.services import Served
from stemma.evals.archive import ID

router = APIRouter(prefix="/evals", tags=["evals"], route_class=JsonRoute)

EvalId = Annotated[
    str, Path(pattern=ID, max_length=257, description="As /evals/runs gave it; a night's suite is night~suite")
]
SuiteName = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$", description="A suite of the night")]
Kind = Annotated[str, Query(max_length=64, description="retrieval, run, groundedness, propagation, nightly, …")]
HEADERS = {**INERT, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


@router.get("/runs", response_model=EvalPageBody, responses=documented())
async def list_evals(
    actor: EvalsRead, served: Served, kind: Kind = "", limit: QueryLimit = 20, offset: QueryOffset = 0
) -> Response:
    """Evaluations and nights, newest first, each with its main figures and the gate's verdict."""
    found = await to_thread(served.evals.runs, actor, kind=kind, limit=limit, offset=offset)
    headers = page_headers(len(found.items), found.total, offset)
    return Json({"items": found.items, "total": found.total}, headers=headers)


@router.get("/runs/{eval_id}", response_model=EvalBody, responses=documented(404))
async def get_eval(eval_id: EvalId, actor: EvalsRead, served: Served) -> Response:
    """One evaluation with its whole summary; of a night its record, and its suites as evaluations of their own."""
    return Json(await to_thread(served.evals.run, actor, eval_id))


@router.get("/runs/{eval_id}/cases", response_model=CasePageBody, responses=documented(404))
async def list_eval_cases(
    eval_id: EvalId,
    actor: EvalsRead,
    served: Served,
    failed: Annotated[bool | None, Query(description="Only the rows that failed, or only the others")] = None,
    variant: Annotated[str, Query(max_length=256, description="Only this recipe, graph or arm")] = "",
    limit: QueryLimit = 20,
    offset: QueryOffset = 0,
) -> Response:
    """The rows of an evaluation, each with its scores, their reasons, and the run and thread that answered."""
    found = await to_thread(
        served.evals.cases, actor, eval_id, failed=failed, variant=variant, limit=limit, offset=offset
    )
    headers = page_headers(len(found.items), found.total, offset)
    return Json({"items": found.items, "total": found.total}, headers=headers)


@router.get("/runs/{eval_id}/page", response_class=HTMLResponse, responses=documented(404))
async def get_eval_page(eval_id: EvalId, actor: EvalsRead, served: Served) -> Response:
    """The HTML report as it was written: no script, and nothing from anywhere else."""
    return HTMLResponse(await to_thread(served.evals.page, actor, eval_id), headers=HEADERS)


@router.get("/runs/{eval_id}/{suite}/report.html", response_class=HTMLResponse, responses=documented(404))
async def get_suite_page(eval_id: EvalId, suite: SuiteName, actor: EvalsRead, served: Served) -> Response:
    """The report of a night's suite, where the night's page links to it."""
    return HTMLResponse(await to_thread(served.evals.page, actor, f"{eval_id}~{suite}"), headers=HEADERS)


@router.get("/trends", response_model=TrendBody, responses=documented())
async def get_trend(
    actor: EvalsRead,
    served: Served,
    metric: Annotated[str, Query(min_length=1, max_length=128, description="As the metrics of /evals/runs name it")],
    kind: Kind = "retrieval",
    limit: Annotated[int, Query(ge=1, le=1_000, description="The last so many points")] = 100,
) -> Response:
    """One metric of one kind of evaluation over time, oldest first, nights' suites among them."""
    points = await to_thread(served.evals.trend, actor, metric, kind, limit=limit)
    return Json({"metric": metric, "kind": kind, "points": points})
