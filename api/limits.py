"""How large a body may be, and that it is JSON. Decided before anything is read."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stemma.api.errors import problem


class BodyLimits:
    """Answer 413 to a body that is too large and 415 to one that is not JSON.

    The content type matters for safety too: a web page can send forms and plain text to any site without asking, JSON
    only after a preflight.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name: value for name, value in scope["headers"] if name in _ASKED}
        length = headers.get(b"content-length", b"")
        has_body = length not in (b"", b"0") or b"transfer-encoding" in headers
        if has_body and not _is_json(headers.get(b"content-type", b"")):
            refusal = problem(415, "the body must be JSON, with Content-Type: application/json", kind="NotJson")
            await refusal(scope, receive, send)
        elif length.isdigit() and (len(length) > 15 or int(length) > self.max_bytes):
            refusal = problem(413, self._too_large(), kind="BodyTooLarge", headers={"Connection": "close"})
            await refusal(scope, receive, send)
        elif has_body and not length.isdigit():
            await self.app(scope, self._counted(receive), send)
        else:
            await self.app(scope, receive, send)

    def _too_large(self) -> str:
        return f"the body is larger than {self.max_bytes} bytes"

    def _counted(self, receive: Receive) -> Receive:
        taken = 0

        async def counting() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.max_bytes:
                raise HTTPException(413, self._too_large())
            return message

        return counting


_ASKED = frozenset({b"content-length", b"content-type", b"transfer-encoding"})


def _is_json(content_type: bytes) -> bool:
    media = content_type.partition(b";")[0].strip().lower()
    return media == b"application/json" or (media.startswith(b"application/") and media.endswith(b"+json"))
