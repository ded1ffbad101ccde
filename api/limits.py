"""How large a body may be, and that it is JSON (or an upload, on one route). Decided before anything is kept."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stemma.api.errors import problem


class BodyLimits:
    """Answer 413 to a body that is too large and 415 to one that is not JSON.

    The content type matters for safety too: a web page can send forms and plain text to any site without asking, JSON
    only after a preflight. An upload is such a form: what keeps a foreign page's out is the check of its Origin.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, max_upload_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.max_upload_bytes = max_upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name: value for name, value in scope["headers"] if name in _ASKED}
        length = headers.get(b"content-length", b"")
        has_body = length not in (b"", b"0") or b"transfer-encoding" in headers
        content_type = headers.get(b"content-type", b"")
        is_upload = (scope["method"], scope["path"]) == UPLOADS and _media(content_type) == b"multipart/form-data"
        limit = self.max_upload_bytes if is_upload else self.max_bytes
        if has_body and not is_upload and not _is_json(_media(content_type)):
            refusal = problem(415, "the body must be JSON, with Content-Type: application/json", kind="NotJson")
            await refusal(scope, receive, send)
        elif length.isdigit() and (len(length) > 15 or int(length) > limit):
            refusal = problem(413, _too_large(limit), kind="BodyTooLarge", headers={"Connection": "close"})
            if is_upload and b"expect" not in headers:
                await _discard(receive, limit)
            await refusal(scope, receive, send)
        elif has_body and not length.isdigit():
            await self.app(scope, _counted(receive, limit), send)
        else:
            await self.app(scope, receive, send)


UPLOADS = ("POST", "/memory/sources")
"""The one route that takes multipart/form-data."""


def _too_large(limit: int) -> str:
    return f"the body is larger than {limit} bytes"


async def _discard(receive: Receive, most: int) -> None:
    # A client that is still sending when the connection closes sees a reset instead of the answer.
    with suppress(TimeoutError):
        async with asyncio.timeout(_DISCARD_SECONDS):
            while most > 0:
                message = await receive()
                most -= len(message.get("body", b""))
                if not message.get("more_body"):
                    return


def _counted(receive: Receive, limit: int) -> Receive:
    taken = 0

    async def counting() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(413, _too_large(limit))
        return message

    return counting


_ASKED = frozenset({b"content-length", b"content-type", b"expect", b"transfer-encoding"})
_DISCARD_SECONDS = 10.0


def _media(content_type: bytes) -> bytes:
    return content_type.partition(b";")[0].strip().lower()


def _is_json(media: bytes) -> bool:
    return media == b"application/json" or (media.startswith(b"application/") and media.endswith(b"+json"))
