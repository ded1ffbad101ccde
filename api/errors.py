"""Which failure becomes which status: the one table, and how a failure is shown.

The table feeds the handlers and the OpenAPI document. It never shows what a request contained, and of an unexpected
error it shows nothing but the status.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from stemma.api.auth.refusals import Refusal
from stemma.api.json_wire import dumps
from stemma.api.schemas.problem import Problem
from stemma.evals import errors as evals
from stemma.graphs import errors as graphs
from stemma.memory import errors as memory

logger = logging.getLogger("stemma.api")

STATUS: Mapping[type[Exception], int] = {
    graphs.Forbidden: 403,
    graphs.NotFound: 404,
    graphs.InvalidRequest: 422,
    graphs.Conflict: 409,
    graphs.HistoryTruncated: 410,
    graphs.LostLease: 409,
    graphs.StoreFull: 507,
    graphs.StoreUnavailable: 503,
    graphs.ModelUnavailable: 503,
    graphs.ModelFailure: 502,
    graphs.GraphFailure: 500,
    memory.UnknownItem: 404,
    memory.WiderItem: 403,
    memory.AlreadyTakenBack: 409,
    memory.AlreadyGivenBack: 409,
    memory.AlreadyUndone: 409,
    memory.AlreadyResolved: 409,
    memory.SupersedesNewer: 409,
    memory.NotRetractable: 422,
    memory.UnknownRecipe: 422,
    memory.InvalidMoment: 422,
    memory.UnreadableDocument: 422,
    memory.InvalidItem: 422,
    memory.MemoryFull: 507,
    memory.MemoryBusy: 503,
    memory.MemoryUnavailable: 503,
    memory.EmbedderUnavailable: 503,
    memory.MemoryFailure: 500,
    evals.UnknownResults: 404,
    evals.EvalFailure: 500,
}
"""Looked up along the failure's classes, nearest first."""

RETRY_AFTER_SECONDS = 1
UNEXPECTED = "an unexpected error; the server's log has the trace"

_MEANING = {
    401: "The key is missing or wrong",
    403: "The credential, the Host or the Origin is not allowed, or the item is of a wider scope",
    404: "There is no such thing",
    408: "The body did not arrive in time",
    409: "Something else is in the way",
    410: "The events asked for were trimmed",
    413: "The body is too large",
    415: "The body is not JSON, nor an upload where uploads are taken",
    422: "The request is wrong; `errors` names the fields",
    503: "The store cannot be used now; try again after `Retry-After` seconds",
    507: "There is no room left where the store lives",
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI `responses` of a route that may fail with these statuses, besides those every route has."""
    return {
        status: {
            "description": _MEANING[status],
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({401, 403, 422, 503, *statuses})
    }


def status_of(failure: Exception) -> int:
    """The status of a failure of any package; 500 for what nobody declared. A refusal brings its own."""
    if isinstance(failure, Refusal):
        return failure.status
    return next((STATUS[cls] for cls in type(failure).__mro__ if cls in STATUS), 500)


def problem(
    status: int,
    detail: str,
    *,
    kind: str = "",
    hint: str = "",
    errors: Sequence[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An error as an answer. `errors` are (field, problem) pairs."""
    body: dict[str, Any] = {"type": kind or _MEANING.get(status, "Error"), "status": status, "detail": detail}
    if hint:
        body["hint"] = hint
    if errors:
        body["errors"] = [{"field": field, "problem": text} for field, text in errors]
    extra = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else {}
    return Response(dumps(body), status, {**extra, **(headers or {})}, media_type="application/problem+json")


async def show_failure(_request: Request, failure: Exception) -> Response:
    """A failure that graphs/ or memory/ raised."""
    return problem_of(failure)


def problem_of(failure: Exception) -> Response:
    """A declared failure as an answer."""
    status = status_of(failure)
    if status >= 500:
        logger.error("%s: %s", type(failure).__name__, failure)
    field = getattr(failure, "field", "")
    return problem(
        status,
        f"{field}: {failure}" if field else str(failure),
        kind="Unauthorized" if status == 401 else type(failure).__name__,
        hint=getattr(failure, "hint", ""),
        errors=[(field, str(failure))] if field else (),
        headers=failure.headers if isinstance(failure, Refusal) else None,
    )


async def show_invalid(_request: Request, failure: RequestValidationError) -> Response:
    """A request that does not fit its schema: each field is named, no value is repeated."""
    errors = [_field_problem(error) for error in failure.errors()]
    detail = "; ".join(f"{field}: {text}" for field, text in errors[:5])
    return problem(422, detail, kind="InvalidRequest", errors=errors[:50])


def _field_problem(error: Mapping[str, Any]) -> tuple[str, str]:
    if error["type"] == "json_invalid":
        return "body", f"not JSON that can be stored: {error['ctx']['error']}"
    place = [str(part) for part in error["loc"]]
    field = ".".join(place[1:] if len(place) > 1 and place[0] in ("body", "path", "query", "header") else place)
    # A key that a client chose is part of the place, and may be half a surrogate pair.
    return field.encode("utf-8", "replace").decode(), str(error["msg"]).removeprefix("Value error, ")


async def show_http(_request: Request, failure: HTTPException) -> Response:
    """What the router refused: no such path, no such method."""
    return problem(failure.status_code, str(failure.detail), headers=failure.headers)


async def show_unexpected(_request: Request, _failure: Exception) -> Response:
    """A fault of this program. The trace goes to the log, never to the client."""
    return problem(500, UNEXPECTED, kind="InternalError")


HANDLERS: dict[int | type[Exception], Any] = {
    graphs.GraphFailure: show_failure,
    memory.MemoryFailure: show_failure,
    evals.EvalFailure: show_failure,
    RequestValidationError: show_invalid,
    HTTPException: show_http,
    Exception: show_unexpected,
}

__all__ = ["HANDLERS", "STATUS", "Problem", "documented", "problem", "status_of"]
