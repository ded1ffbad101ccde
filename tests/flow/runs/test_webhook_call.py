"""One webhook's call over real sockets: which address it connects to, and what ends it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any

import pytest

from stemma.graphs.errors import WebhookFailed, WebhookRefused
from stemma.graphs.webhooks.call import Caller
from stemma.graphs.webhooks.settings import WebhookSettings
from tests.integration.receiver import receiver

HOST = "hooks.example.com"


@pytest.fixture
def inside() -> Caller:
    return Caller(WebhookSettings(allow_internal=True, timeout_seconds=0.3))


class Names:
    """A resolver that says something else each time. Real name servers cannot be asked in a test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
        self.asked: list[str] = []
        self._answers = list(answers)
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", self._look_up, raising=False)

    async def _look_up(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        found = self._answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]


async def test_it_connects_to_the_address_it_looked_up_and_asks_once(
    inside: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiver() as taker:
        names = Names(monkeypatch, ["127.0.0.1"])
        status = await inside.post(f"http://{HOST}:{taker.port}/hook", {"content-type": "text/plain"}, b"told")
        assert (status, names.asked) == (200, [HOST])
        [call] = taker.calls or await taker.until(1)
        assert (call.headers["host"], call.body) == (f"{HOST}:{taker.port}", b"told")


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "10.0.0.8"], ["::1"]])
async def test_a_name_with_an_internal_address_is_refused(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(WebhookSettings())
    Names(monkeypatch, addresses)
    with pytest.raises(WebhookRefused):
        await caller.post(f"https://{HOST}/", {}, b"")


async def test_the_next_address_is_tried_when_one_does_not_answer(
    inside: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiver() as taker:
        Names(monkeypatch, ["127.0.0.2", "127.0.0.1"])  # the receiver listens on the second alone
        assert await inside.post(f"http://{HOST}:{taker.port}/", {}, b"") == 200


async def call_what_answers(caller: Caller, answer: bytes | None, scheme: str) -> int:
    """Call a server that answers this to whatever comes, or nothing until the caller goes."""
    gone = asyncio.Event()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100_000)
        if answer is not None:
            writer.write(answer)
            writer.write_eof()
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        gone.set()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        try:
            return await caller.post(f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/", {}, b"")
        finally:
            await gone.wait()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_receiver_that_says_nothing_is_not_waited_for(inside: Caller, scheme: str) -> None:
    with pytest.raises(WebhookFailed, match=r"no answer within 0\.3 s"):
        await call_what_answers(inside, None, scheme)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 2000 \x00\r\n\r\n"])
async def test_what_is_no_http_is_a_failure(inside: Caller, answer: bytes, scheme: str) -> None:
    with pytest.raises(WebhookFailed):
        await call_what_answers(inside, answer, scheme)


async def test_of_an_answer_nothing_but_the_status_is_read(inside: Caller) -> None:
    endless = b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n" + b"ffff\r\n" * 1000
    assert await call_what_answers(inside, endless, "http") == 202
