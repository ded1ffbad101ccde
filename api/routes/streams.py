"""What the run routes with and without a thread share: submitting, streaming, waiting, and where to find a run again.

A `Location` is a path, never an absolute address: behind a proxy the host would be wrong, and clients refuse another
origin. It names the thread even for runs without one, because that is where the SDKs look when a stream breaks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from stemma.api.errors import documented
from stemma.api.eventual_json import EventualJson
from stemma.api.feedback_links import linked
from stemma.api.schemas.runs import RunCreate
from stemma.api.services import Services
from stemma.api.sse import EventStream
from stemma.graphs.errors import InvalidRequest
from stemma.graphs.policy import Actor
from stemma.graphs.runs.model import Run
from stemma.graphs.runs.render import check_recorded

STREAM_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "Server-sent events"},
    **documented(404, 409, 507),
}
WAIT_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The final values, or `__error__` with `error` and `message`; white space comes first while the "
        "run goes on",
    },
    **documented(404, 409, 507),
}


async def submit(
    served: Services, actor: Actor, thread_id: str | None, body: RunCreate, idempotency_key: str | None
) -> Run:
    """Accept a run durably, or the run that the idempotency key already has."""
    if thread_id is not None and body.checkpoint is not None:
        body.checkpoint.of(thread_id)
    run = await served.runtime.submit(
        actor,
        thread_id,
        body.request(),
        idempotency_key=idempotency_key,
        if_not_exists=body.if_not_exists or "reject",
    )
    served.submitted += 1
    return run


def unattended(body: RunCreate) -> RunCreate:
    """A run that is only accepted. Raises `InvalidRequest` for one that is to end with its reader: it has none."""
    if body.on_disconnect == "cancel":
        hint = "start it with runs/stream or runs/wait, or join it with cancel_on_disconnect"
        raise InvalidRequest("nobody reads the run that this request makes", field="on_disconnect", hint=hint)
    return body


def location(run: Run, suffix: str = "", query: Sequence[tuple[str, str]] = ()) -> Mapping[str, str]:
    """Headers that say where the run is, and where to ask again for what this answer carries."""
    path = f"/threads/{run.thread_id}/runs/{run.run_id}"
    return {"Location": f"{path}{suffix}{'?' if query else ''}{urlencode(query)}", "Content-Location": path}


def stream(
    served: Services,
    actor: Actor,
    run: Run,
    *,
    modes: Sequence[str],
    subgraphs: bool,
    after: int = 0,
    cancel_when_gone: bool = False,
    base: str = "",
    namespaces: Sequence[str] | None = None,
    checkpoint_id: str = "",
) -> Response:
    """The run's events after the cursor. Raises what `check_recorded` raises.

    The Location repeats the modes and namespaces, so that a reconnect gets the same stream.
    """
    check_recorded(run, modes)  # before the answer begins
    # The rules were asked when the run was made or found; a refusal now would be a broken stream.
    frames = served.runtime.stream(
        actor.answered(),
        run.thread_id,
        run.run_id,
        modes=tuple(modes),
        after=after,
        subgraphs=subgraphs,
        namespaces=namespaces,
        checkpoint_id=checkpoint_id,
    )
    query = [("stream_mode", mode) for mode in modes] if tuple(modes) != tuple(run.request.stream_mode) else []
    query += [("namespace", namespace) for namespace in namespaces or ()]
    return EventStream(
        linked(frames, base) if run.request.feedback_keys else frames,
        served.settings,
        served.answers,
        headers=location(run, "/stream", query),
        on_gone=_cancelling(served, actor, run) if cancel_when_gone else None,
    )


def wait(served: Services, actor: Actor, run: Run, *, cancel_when_gone: bool = False) -> Response:
    """The run's final values, once it has ended."""

    async def outcome() -> Any:
        return await served.runtime.join(actor.answered(), run.thread_id, run.run_id)

    return EventualJson(
        outcome,
        served.settings,
        served.answers,
        headers=location(run, "/join"),
        on_gone=_cancelling(served, actor, run) if cancel_when_gone else None,
    )


def _cancelling(served: Services, actor: Actor, run: Run) -> Callable[[], Awaitable[None]]:
    async def cancel() -> None:
        if not (await served.runtime.get_run(actor, run.thread_id, run.run_id)).status.ended:
            await served.runtime.cancel(actor, run.thread_id, run.run_id)

    return cancel
