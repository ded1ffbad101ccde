"""/threads/…/commands and /threads/…/stream/events: the thread-centric protocol over HTTP.

A command is answered at once; a stream replays what its subscriber missed and then goes on until the client leaves.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter
from starlette.responses import Response

from stemma.api.auth.access import RunsRead
from stemma.api.errors import UNEXPECTED, documented
from stemma.api.json_wire import Json, JsonRoute, dumps
from stemma.api.protocol_answers import answer, refusal, refused
from stemma.api.routes.streams import STREAM_RESPONSES
from stemma.api.schemas.protocol import CommandAnswer, CommandBody, EventStreamBody
from stemma.api.schemas.values import ThreadId
from stemma.api.services import Served
from stemma.api.sse import EventStream
from stemma.graphs.errors import GraphFailure
from stemma.graphs.policy import Actor
from stemma.graphs.protocol.commands import Protocol
from stemma.graphs.protocol.subscription import Subscription
from stemma.graphs.runs.events import Frame

router = APIRouter(prefix="/threads/{thread_id}", tags=["thread protocol"], route_class=JsonRoute)


@router.post("/commands", response_model=CommandAnswer, responses=documented(404))
async def command(thread_id: ThreadId, body: CommandBody, actor: RunsRead, served: Served) -> Response:
    """Carry out a command of the thread-centric protocol; what is wrong with it is said in the answer.

    `run.start` makes the thread if there is none. Commands that change something ask for the permission to.
    """
    reply = await answer(Protocol(served.runtime), actor, str(thread_id), body)
    if body.method == "run.start" and reply["type"] == "success":
        served.submitted += 1
    return Json(reply)


@router.post("/stream/events", status_code=200, response_class=EventStream, responses=STREAM_RESPONSES)
async def stream_events(thread_id: ThreadId, body: EventStreamBody, actor: RunsRead, served: Served) -> Response:
    """The thread's events on these channels, past ones after `since` first. Ends only when the client goes."""
    protocol = Protocol(served.runtime)
    await protocol.admit(actor, str(thread_id))  # a thread that is not there is a 404, not a broken stream
    frames = _frames(protocol, actor, str(thread_id), body.subscription())
    return EventStream(frames, served.settings, served.answers, headers={}, failed=failed)


def failed(failure: Exception) -> Frame:
    """What a subscriber gets when its stream cannot go on, a thread that was deleted for instance: an error that
    answers no command, which is where the SDKs look for it."""
    told = refused(None, failure) if isinstance(failure, GraphFailure) else refusal(None, "unknown_error", UNEXPECTED)
    return Frame(None, "error", dumps(told))


async def _frames(
    protocol: Protocol, actor: Actor, thread_id: str, wanted: Subscription
) -> AsyncGenerator[Frame, None]:
    async with aclosing(protocol.events(actor, thread_id, wanted)) as events:
        async for event in events:
            yield Frame(event.seq, event.method, event.encode())
