"""The response that carries a stream, driven over plain ASGI: batching, silence, slow and vanished readers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from stemma.api.eventual_json import EventualJson
from stemma.api.settings import ApiSettings
from stemma.api.sse import HIGH_WATER, EventStream, OpenAnswers, encode
from stemma.graphs.errors import StoreBusy
from stemma.graphs.runs.events import Frame

Message = dict[str, Any]


class Reader:
    """An ASGI client: what it was sent, and when it takes and leaves."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.takes = asyncio.Event()
        self.takes.set()
        self.left = asyncio.Event()
        self.got = asyncio.Condition()
        self.complete = False

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            return
        await self.takes.wait()
        async with self.got:
            self.bodies.append(message["body"])
            self.complete = not message["more_body"]
            self.got.notify_all()

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def until(self, seen: Callable[[], bool]) -> None:
        async with self.got:
            await self.got.wait_for(seen)


def frame(number: int, data: bytes = b"{}") -> Frame:
    return Frame(id=number, event="custom", data=data)


async def some(count: int) -> AsyncIterator[Frame]:
    for number in range(1, count + 1):
        yield frame(number)


def stream(
    frames: AsyncIterator[Frame], *, on_gone: Callable[[], Awaitable[None]] | None = None, **given: Any
) -> EventStream:
    return EventStream(frames, ApiSettings(**given), OpenAnswers(), headers={}, on_gone=on_gone)


def test_a_frame_is_written_in_the_form_every_client_reads() -> None:
    assert encode(Frame(7, "updates|a:1", b'{"x":1}')) == b'event: updates|a:1\ndata: {"x":1}\nid: 7\n\n'
    assert encode(Frame(None, "a\r\nb", b"1")) == b"event: a  b\ndata: 1\n\n"


async def test_what_is_ready_goes_out_in_one_write_with_the_end() -> None:
    reader = Reader()
    await stream(some(50))({}, reader.receive, reader.send)
    assert reader.bodies == [b"".join(encode(frame(number)) for number in range(1, 51))]
    assert reader.complete


async def test_silence_is_filled() -> None:
    reader, go_on = Reader(), asyncio.Event()

    async def silent() -> AsyncIterator[Frame]:
        yield frame(1)
        await go_on.wait()
        yield frame(2)

    answering = asyncio.create_task(stream(silent(), heartbeat_seconds=0.01)({}, reader.receive, reader.send))
    await reader.until(lambda: b": heartbeat\n\n" in reader.bodies)
    go_on.set()
    await answering
    assert b"".join(body for body in reader.bodies if not body.startswith(b":")) == encode(frame(1)) + encode(frame(2))


async def test_a_reader_that_takes_nothing_is_bounded_and_then_cut() -> None:
    reader = Reader()
    reader.takes.clear()
    made = 0
    data = b'"' + b"x" * 1000 + b'"'

    async def endless() -> AsyncIterator[Frame]:
        nonlocal made
        while True:
            made += 1
            yield frame(made, data)

    await stream(endless(), slow_reader_seconds=0.05)({}, reader.receive, reader.send)
    assert not reader.complete
    assert made * len(data) <= 2 * HIGH_WATER + 2 * len(data)


async def test_a_reader_that_leaves_is_noticed_and_the_log_is_let_go() -> None:
    reader, closed, told = Reader(), asyncio.Event(), asyncio.Event()

    async def waiting() -> AsyncIterator[Frame]:
        try:
            yield frame(1)
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def on_gone() -> None:
        told.set()

    answering = asyncio.create_task(stream(waiting(), on_gone=on_gone)({}, reader.receive, reader.send))
    await reader.until(lambda: bool(reader.bodies))
    reader.left.set()
    await answering
    assert closed.is_set()
    assert told.is_set()


async def test_a_reader_that_leaves_after_the_end_cancels_nothing() -> None:
    reader, told = Reader(), asyncio.Event()
    reader.left.set()

    async def on_gone() -> None:
        told.set()

    await stream(some(0), on_gone=on_gone)({}, reader.receive, reader.send)
    assert reader.complete
    assert not told.is_set()


@pytest.mark.parametrize(
    ("failure", "name", "words"),
    [(StoreBusy("somebody else writes"), "StoreBusy", "somebody else"), (KeyError("secret"), "InternalError", "log")],
)
async def test_a_failure_ends_the_stream_with_an_event(failure: Exception, name: str, words: str) -> None:
    reader = Reader()

    async def failing() -> AsyncIterator[Frame]:
        yield frame(1)
        raise failure

    await stream(failing())({}, reader.receive, reader.send)
    text = b"".join(reader.bodies).decode()
    assert text.startswith(encode(frame(1)).decode() + "event: error\n")
    assert name in text
    assert words in text
    assert "secret" not in text
    assert reader.complete


async def test_a_stopping_server_ends_open_and_later_streams() -> None:
    answers, reader, later = OpenAnswers(), Reader(), Reader()

    async def waiting() -> AsyncIterator[Frame]:
        yield frame(1)
        await asyncio.Event().wait()

    open_one = EventStream(waiting(), ApiSettings(), answers, headers={})
    answering = asyncio.create_task(open_one({}, reader.receive, reader.send))
    await reader.until(lambda: bool(reader.bodies))
    assert len(answers) == 1
    answers.stop()
    await answering
    assert reader.complete
    await EventStream(waiting(), ApiSettings(), answers, headers={})({}, later.receive, later.send)
    assert later.complete
    assert len(answers) == 0


async def test_a_wait_that_fails_unexpectedly_is_still_json() -> None:
    reader = Reader()

    async def outcome() -> Any:
        raise KeyError("secret")

    await EventualJson(outcome, ApiSettings(), OpenAnswers(), headers={})({}, reader.receive, reader.send)
    assert b'"__error__":{"error":"InternalError"' in b"".join(reader.bodies)
    assert b"secret" not in b"".join(reader.bodies)
