"""What may they ask: a route's signature is its access rule.

`async def list_runs(actor: RunsRead, …)` is refused with 403 before its first line unless the credential allows it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from stemma.api.auth.key import ACTOR
from stemma.graphs.policy import Actor, Permission, require


def _allow(permission: Permission) -> Callable[[Request], Awaitable[Actor]]:
    # Async, because FastAPI would run a plain function in a thread.
    async def actor(request: Request) -> Actor:
        asker: Actor = request.scope[ACTOR]
        require(asker, permission)
        return asker

    return actor


RunsRead = Annotated[Actor, Depends(_allow(Permission.RUNS_READ))]
RunsWrite = Annotated[Actor, Depends(_allow(Permission.RUNS_WRITE))]
ThreadsRead = Annotated[Actor, Depends(_allow(Permission.THREADS_READ))]
ThreadsWrite = Annotated[Actor, Depends(_allow(Permission.THREADS_WRITE))]
AssistantsRead = Annotated[Actor, Depends(_allow(Permission.ASSISTANTS_READ))]
