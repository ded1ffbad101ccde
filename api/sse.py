"""One event, one frame: a run's events as server-sent events.

Intentional divergences; do not "fix" without reading:
1. Neither Starlette's StreamingResponse nor sse-starlette is used. Both open a task group for each response and write
   each event on its own. Here everything that is ready goes out in one write, and the last event goes out together with
   the end of the response: about a third of what a short run costs in this folder.
2. There is no `end` event. A stream ends when its run has ended; the SDKs ask for the run's status when in doubt.
3. A client is a cursor, not a queue: at most `HIGH_WATER` bytes wait for it, then the reader stops reading the log. One
   that takes nothing for `slow_reader_seconds` is cut, and comes back with its Last-Event-ID.
4. When the server stops, streams end without an event. A client reconnects to the next process and misses nothing.

               frames ──▶ _read ──▶ waiting (≤ HIGH_WATER) ──▶ _write ──▶ send
    receive ──▶ _listen: the client has gone ────────────────────┘
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Protocol, cast

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from stemma.api.errors import UNEXPECTED
from stemma.api.json_wire import dumps
from stemma.api.settings import ApiSettings
from stemma.graphs.errors import GraphFailure
from stemma.graphs.runs.events import Frame

logger = logging.getLogger("stemma.api")

HIGH_WATER = 64 * 1024
HEARTBEAT = b": heartbeat\n\n"


def encode(frame: Frame) -> bytes:
    """A frame as text/event-stream; its data is JSON and has no line breaks."""
    event = frame.event.replace("\n", " ").replace("\r", " ").encode("utf-8", "replace")
    if frame.id is None:
        return b"event: %b\ndata: %b\n\n" % (event, frame.data)
    return b"event: %b\ndata: %b\nid: %d\n\n" % (event, frame.data, frame.id)


def failure_frame(failure: Exception) -> Frame:
    """What a reader gets when its stream cannot go on. Only declared failures say why."""
    declared = isinstance(failure, GraphFailure)
    body = {
        "error": type(failure).__name__ if declared else "InternalError",
        "message": str(failure) if declared else UNEXPECTED,
    }
    return Frame(id=None, event="error", data=dumps(body))


def server_is_stopping() -> bool:
    """Whether this process's uvicorn was told to stop.

    `stemma serve` ends long answers itself. A plain `uvicorn` waits for them and tells the application only afterwards:
    that its signal handler is a method of the server is the one way to know.
    """
    return bool(getattr(getattr(signal.getsignal(signal.SIGTERM), "__self__", None), "should_exit", False))


class LongAnswer(Protocol):
    """An answer that may take as long as a run."""

    def stop(self) -> None:
        """Give up writing: the server stops."""


class OpenAnswers:
    """The long answers that are still being written, so that a stopping server can end them."""

    def __init__(self) -> None:
        self._open: set[LongAnswer] = set()
        self.stopping = False

    def __len__(self) -> int:
        return len(self._open)

    def add(self, answer: LongAnswer) -> None:
        self._open.add(answer)
        if self.stopping:
            answer.stop()

    def remove(self, answer: LongAnswer) -> None:
        self._open.discard(answer)

    def stop(self) -> None:
        """End every long answer now, and every later one at once."""
        self.stopping = True
        for answer in self._open:
            answer.stop()


class EventStream(Response):
    """The answer that carries frames until they end, the client goes or the server stops."""

    media_type = "text/event-stream"

    def __init__(
        self,
        frames: AsyncIterator[Frame],
        settings: ApiSettings,
        answers: OpenAnswers,
        *,
        headers: Mapping[str, str],
        on_gone: Callable[[], Awaitable[None]] | None = None,
        failed: Callable[[Exception], Frame] = failure_frame,
    ) -> None:
        self.status_code = 200
        self.background = None
        self.frames = frames
        self.settings = settings
        self.answers = answers
        self.on_gone = on_gone
        self.failed = failed
        self._waiting: list[bytes] = []
        self._size = 0
        self._ended = False
        self._gone = False
        self._sending = False
        self._since = 0.0
        self._cut = False
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self.init_headers({**headers, **STREAM_HEADERS})

    def stop(self) -> None:
        """End the response after what is waiting has been written."""
        self._ended = True
        self._wake.set()

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        self.answers.add(self)
        tasks = asyncio.create_task(self._read()), asyncio.create_task(self._listen(receive))
        writer = cast("asyncio.Task[None]", asyncio.current_task())
        self._since = writer.get_loop().time()
        self._watch(writer)
        try:
            await self._write(send)
        except asyncio.CancelledError:
            if not self._cut:
                raise
            writer.uncancel()
            logger.warning("a reader took nothing for %g s and was cut", self.settings.slow_reader_seconds)
        finally:
            self._timer.cancel()
            self.answers.remove(self)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._gone and not self._ended and self.on_gone is not None:
            await self.on_gone()

    def _watch(self, writer: asyncio.Task[None]) -> None:
        """One timer a stream: a heartbeat when nothing was written, an end for a reader that takes nothing."""
        heartbeat, patience = self.settings.heartbeat_seconds, self.settings.slow_reader_seconds
        now = writer.get_loop().time()
        if self._sending and now >= self._since + patience:
            self._cut = True
            writer.cancel()
            return
        if not self._sending and now >= self._since + heartbeat:
            self._since = now
            self._waiting.append(HEARTBEAT)
            self._ended = self._ended or server_is_stopping()
            self._wake.set()
        due = self._since + (patience if self._sending else heartbeat)
        self._timer = writer.get_loop().call_at(min(due, now + min(heartbeat, patience)), self._watch, writer)

    async def _read(self) -> None:
        # A process border: whatever a graph or store raises ends this stream with an event, not the connection.
        try:
            async with aclosing(cast(AsyncGenerator[Frame, None], self.frames)) as frames:
                async for frame in frames:
                    await self._put(frame)
        except Exception as failure:
            if not isinstance(failure, GraphFailure):
                logger.exception("a stream failed")
            await self._put(self.failed(failure))
        self._ended = True
        self._wake.set()

    async def _put(self, frame: Frame) -> None:
        text = encode(frame)
        self._waiting.append(text)
        self._size += len(text)
        self._wake.set()
        while self._size > HIGH_WATER:
            self._room.clear()
            await self._room.wait()

    async def _listen(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._wake.set()

    async def _write(self, send: Send) -> None:
        time = asyncio.get_running_loop().time
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._gone and not self._ended:
                return
            ended, body = self._ended, b"".join(self._waiting)
            self._waiting.clear()
            self._size = 0
            self._room.set()
            self._sending, self._since = True, time()
            await send({"type": "http.response.body", "body": body, "more_body": not ended})
            self._sending, self._since = False, time()
            if ended:
                return


STREAM_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}
