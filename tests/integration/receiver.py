"""A server that webhooks call: it keeps what it was sent, and answers what it was told to."""

from __future__ import annotations

import asyncio
import hmac
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Call:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def run(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def signature(self, key: bytes) -> str:
        """What Standard Webhooks asks for, computed here from its words."""
        content = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        return "v1," + b64encode(hmac.digest(key, content, "sha256")).decode()


@dataclass
class Receiver:
    """Answers `answers` one by one, and 200 after them. Each is a status line's end and more headers."""

    port: int = 0
    answers: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    _called: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=in-the-address"

    async def until(self, calls: int, seconds: float = 20.0) -> Sequence[Call]:
        """The calls, once there are so many. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds):
            while len(self.calls) < calls:
                self._called.clear()
                await self._called.wait()
            return self.calls

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        answer = self.answers.pop(0) if self.answers else "200 OK"
        writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        self.calls.append(Call(head[0].split()[1], headers, body))
        self._called.set()


@asynccontextmanager
async def receiver(*answers: str, port: int = 0) -> AsyncIterator[Receiver]:
    """Listens on loopback until the block ends."""
    made = Receiver(answers=list(answers))
    async with await asyncio.start_server(made.take, "127.0.0.1", port) as server:
        made.port = server.sockets[0].getsockname()[1]
        yield made
