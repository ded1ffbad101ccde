"""What of the server a project shows, and under which paths: `http.mount_prefix`, `http.disable_…`, headers for runs.

Decides by the path alone, before any route is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase

from starlette.types import ASGIApp, Receive, Scope, Send

from stemma.api.errors import problem
from stemma.graphs.projects.model import HeaderChoice
from stemma.graphs.runs.brought import BROUGHT

PATHS: Mapping[str, re.Pattern[str]] = {
    "assistants": re.compile(r"/assistants(/.*)?"),
    "runs": re.compile(r"/runs(/.*)?|/threads/[^/]+/(runs|commands)(/.*)?"),
    "threads": re.compile(r"/threads(/(?![^/]+/(runs|commands)(/|$)).*)?"),
    "store": re.compile(r"/store(/.*)?"),
    "meta": re.compile(r"/(info|metrics|docs|openapi\.json)"),
    "ui": re.compile(r"/ui(/.*)?"),
}
"""What `disable_…` takes away. The other parts have no paths here."""
ALWAYS = "/ok"
"""Probes ask for it whatever the prefix is."""


class Prefix:
    """Take the prefix off every path; what does not begin with it is not found."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app, self.prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] == ALWAYS:
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(self.prefix)
        if scope["path"] != self.prefix and not scope["path"].startswith(f"{self.prefix}/"):
            await _absent(scope, receive, send)
            return
        raw = scope.get("raw_path") or b""
        inner = {**scope, "path": path or "/", "raw_path": raw.removeprefix(self.prefix.encode()) or b"/"}
        await self.app(inner, receive, send)


class Withheld:
    """Answer 404 to what the project switched off."""

    def __init__(self, app: ASGIApp, parts: Collection[str]) -> None:
        self.app = app
        self.patterns = [PATHS[part] for part in sorted(parts) if part in PATHS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and withheld(scope["path"], self.patterns):
            await _absent(scope, receive, send)
            return
        await self.app(scope, receive, send)


def withheld(path: str, patterns: Collection[re.Pattern[str]]) -> bool:
    """Whether a path is one of those switched off."""
    return any(pattern.fullmatch(path) for pattern in patterns)


class RunHeaders:
    """Let the chosen request headers reach the runs that a request submits."""

    def __init__(self, app: ASGIApp, choice: HeaderChoice) -> None:
        self.app, self.choice = app, choice

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        token = BROUGHT.set(chosen(self.choice, scope["headers"]))
        try:
            await self.app(scope, receive, send)
        finally:
            BROUGHT.reset(token)


def chosen(choice: HeaderChoice, headers: Collection[tuple[bytes, bytes]]) -> dict[str, str]:
    """Name -> value of the headers that the choice includes and does not exclude."""
    named = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)
    return {
        name: value
        for name, value in named
        if any(fnmatchcase(name, pattern) for pattern in choice.includes)
        and not any(fnmatchcase(name, pattern) for pattern in choice.excludes)
    }


async def _absent(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": "there is no such path"})
        return
    await problem(404, "there is no such path", kind="NotFound")(scope, receive, send)
