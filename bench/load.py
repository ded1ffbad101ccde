"""A lean load generator: raw sockets, so that the client's own cost does not decide what the server can do.

It talks to loopback only, and ends after the number of runs it was given.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
import uuid
from dataclasses import dataclass, field


@dataclass
class Sample:
    """What one load saw. Times are seconds."""

    runs: int = 0
    failures: int = 0
    wall: float = 0.0
    first_event: list[float] = field(default_factory=list)
    total: list[float] = field(default_factory=list)

    def percentile(self, times: list[float], share: float) -> float:
        """The value below which `share` of the times lie, in milliseconds."""
        ordered = sorted(times)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def uuid7() -> str:
    """A time-ordered id (RFC 9562), as the JavaScript SDK mints for its threads."""
    milliseconds = time.time_ns() // 1_000_000
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | random.getrandbits(62)))


def request(thread_id: str) -> bytes:
    """One POST …/runs/stream: the same bytes for every server."""
    body = json.dumps(
        {
            "assistant_id": "bench",
            "input": {"n": 0, "log": []},
            "stream_mode": ["updates"],
            "if_not_exists": "create",
        }
    ).encode()
    head = (
        f"POST /threads/{thread_id}/runs/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Accept: text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def one_run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sample: Sample) -> None:
    """Start one run and read its stream to the end of the chunked body."""
    started = time.perf_counter()
    writer.write(request(uuid7()))
    head = await reader.readuntil(b"\r\n\r\n")
    body = b""
    first = 0.0
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size + 2)
        first = first or time.perf_counter() - started
    await reader.readline()
    sample.runs += 1
    sample.first_event.append(first)
    sample.total.append(time.perf_counter() - started)
    if b" 200 " not in head[:20] or b'"third"' not in body:
        sample.failures += 1


async def load(port: int, runs: int, at_once: int) -> Sample:
    """`runs` runs over `at_once` connections, each connection starting its next run when the last one ended."""
    sample = Sample()
    left = iter(range(runs))

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in left:
            await one_run(reader, writer, sample)
        writer.close()
        await writer.wait_closed()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(at_once)))
    sample.wall = time.perf_counter() - started
    return sample
