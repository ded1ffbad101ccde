"""A server whose auth file tells ann from bob, and what each of them sends. The file is written as a project has it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.integration.live_server import Live, live_server

OWNED = """
from langgraph_sdk import Auth

auth = Auth()


@auth.authenticate
async def who(authorization: str | None) -> dict:
    assert authorization, "no token"
    name = authorization.removeprefix("Bearer ")
    if name not in ("ann", "bob", "eve"):
        raise Auth.exceptions.HTTPException(status_code=401, detail="who is that?")
    return {"identity": name, "permissions": [f"{name}:all"], "github_token": f"{name}-canary-secret", "org": "o"}


@auth.on
async def owned(ctx, value):
    if ctx.user.identity == "eve":
        return False
    value.setdefault("metadata", {})["owner"] = ctx.user.identity
    return {"owner": ctx.user.identity}


@auth.on.store
async def own_place(ctx, value):
    value["namespace"] = (ctx.user.identity, *(value["namespace"] or ()))


@auth.on(resources="memory")
async def own_memory(ctx, value):
    return ctx.user.identity != "eve"


@auth.on(resources="feedback")
async def any_feedback(ctx, value):
    return ctx.user.identity != "eve"
"""


def write_auth(folder: Path, text: str, name: str = "auth_file") -> str:
    """Where the settings find it. Each test has a module of its own: modules stay imported."""
    file = folder / f"{name}.py"
    file.write_text(text)
    return f"{file}:auth"


@asynccontextmanager
async def served(folder: Path, text: str = OWNED, **given: Any) -> AsyncIterator[Live]:
    """The toy graphs, under an auth file."""
    async with live_server(folder, auth_path=write_auth(folder, text), **given) as server:
        yield server


def asking(server: Live, name: str) -> httpx.AsyncClient:
    """A client that sends this user's token."""
    return httpx.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {name}"}, timeout=30)
