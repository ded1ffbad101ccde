"""The `feedback` event of a stream: a link for each feedback key that the run was started with.

Decides that a link takes what POST …/feedback takes, from whom that route takes it. It is no credential: whoever holds
nothing but the link gets a 401 where a key is needed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated
from urllib.parse import quote

import orjson
from fastapi import Depends
from starlette.requests import Request

from stemma.graphs.runs.events import EventName, Frame


async def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


Base = Annotated[str, Depends(_base)]
"""Where this server is, as the request named it: links are absolute, because they are opened from other pages."""


async def linked(frames: AsyncGenerator[Frame, None], base: str) -> AsyncIterator[Frame]:
    """The same frames; `feedback` with {key: address}."""
    async with aclosing(frames) as told:
        async for frame in told:
            yield frame._replace(data=_links(frame.data, base)) if frame.event == EventName.FEEDBACK else frame


def _links(data: bytes, base: str) -> bytes:
    row = orjson.loads(data)
    where = f"{base}/threads/{row['thread_id']}/runs/{row['run_id']}/feedback"
    return orjson.dumps({key: f"{where}?key={quote(key, safe='')}" for key in row["keys"]})
