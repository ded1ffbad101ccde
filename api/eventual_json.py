"""An answer that takes as long as its run: white space every few seconds, then the JSON.

The status is sent before the outcome is known, so a run that fails is told inside the JSON, where the SDKs look for it:
`{"__error__": {"error", "message"}}`. When the server stops, the connection is cut instead of ended: an answer that
ended without JSON would look like a result, a cut one makes the SDKs ask again at its Location.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from stemma.api.errors import UNEXPECTED
from stemma.api.json_wire import dumps
from stemma.api.settings import ApiSettings
from stemma.api.sse import OpenAnswers, server_is_stopping
from stemma.graphs.errors import GraphFailure, RunFailed

logger = logging.getLogger("stemma.api")


def error_body(failure: BaseException) -> dict[str, dict[str, str]]:
    """How a failed run is told: by the class and message of what ended it. Undeclared failures say nothing."""
    if not isinstance(failure, GraphFailure):
        return {"__error__": {"error": "InternalError", "message": UNEXPECTED}}
    error = failure.error if isinstance(failure, RunFailed) else type(failure).__name__
    return {"__error__": {"error": error, "message": str(failure)}}


class EventualJson(JSONResponse):
    """Waits for `outcome` while keeping the connection alive."""

    def __init__(
        self,
        outcome: Callable[[], Awaitable[Any]],
        settings: ApiSettings,
        answers: OpenAnswers,
        *,
        headers: Mapping[str, str],
        on_gone: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.status_code = 200
        self.background = None
        self.outcome = outcome
        self.heartbeat_seconds = settings.heartbeat_seconds
        self.answers = answers
        self._listener: asyncio.Task[None] | None = None
        self.on_gone = on_gone
        self.init_headers({**headers, "Cache-Control": "no-store"})

    def stop(self) -> None:
        """Leave the answer without an end; uvicorn then cuts the connection."""
        if self._listener is not None:
            self._listener.cancel()

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        waiter = asyncio.ensure_future(self.outcome())
        listener = self._listener = asyncio.create_task(_gone(receive))
        self.answers.add(self)
        try:
            while not (waiter.done() or listener.done()):
                await asyncio.wait((waiter, listener), timeout=self.heartbeat_seconds, return_when="FIRST_COMPLETED")
                if server_is_stopping():
                    listener.cancel()
                elif not (waiter.done() or listener.done()):
                    await send({"type": "http.response.body", "body": b"\n", "more_body": True})
            if waiter.done():
                await send({"type": "http.response.body", "body": _body(waiter), "more_body": False})
                return
            gone = not listener.cancelled()
        finally:
            self.answers.remove(self)
            waiter.cancel()
            listener.cancel()
            await asyncio.gather(waiter, listener, return_exceptions=True)
        if gone and self.on_gone is not None:
            await self.on_gone()


def _body(waiter: asyncio.Future[Any]) -> bytes:
    # The answer has begun, so whatever happened must become JSON.
    failure = waiter.exception()
    if failure is None:
        return dumps(waiter.result())
    if not isinstance(failure, GraphFailure):
        logger.error("waiting for a run failed", exc_info=failure)
    return dumps(error_body(failure))


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
