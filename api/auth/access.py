"""What may they ask: a route's signature is its access rule.

`async def list_runs(actor: RunsRead, …)` is refused with 403 before its first line unless the credential allows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from starlette.requests import HTTPConnection, Request

from stemma.api.auth.key import ACTOR
from stemma.api.services import Served, Services
from stemma.graphs.errors import Forbidden
from stemma.graphs.policy import Actor, Permission, memory_scope, require
from stemma.graphs.rules import decide
from stemma.graphs.store.stores import StoreAccess
from stemma.memory.long_term import LongTermMemory
from stemma.memory.scope import Scope


@dataclass(frozen=True, slots=True)
class Allow:
    """The rule of a route, as its signature names it: the asker, who holds this permission."""

    permission: Permission

    # Async, because FastAPI would run a plain function in a thread. A connection may be a WebSocket as well.
    async def __call__(self, request: HTTPConnection) -> Actor:
        asker: Actor = request.scope[ACTOR]
        await _permit(asker, self.permission)
        return asker


async def _permit(actor: Actor, permission: Permission) -> None:
    """Raises `Forbidden`. What is no resource of the protocol is asked about here; graphs/ asks about the others."""
    require(actor, permission)
    resource, _, action = permission.value.partition(":")
    if resource in OWN and await decide(actor, resource, action, {}):
        raise Forbidden(f"a filter cannot narrow {resource}: a handler of {resource}.{action} says yes or no")


OWN = frozenset({"memory", "evals", "feedback"})
"""Resources that Stemma has and the Agent Server has not."""

RunsRead = Annotated[Actor, Depends(Allow(Permission.RUNS_READ))]
RunsWrite = Annotated[Actor, Depends(Allow(Permission.RUNS_WRITE))]
ThreadsRead = Annotated[Actor, Depends(Allow(Permission.THREADS_READ))]
ThreadsWrite = Annotated[Actor, Depends(Allow(Permission.THREADS_WRITE))]
AssistantsRead = Annotated[Actor, Depends(Allow(Permission.ASSISTANTS_READ))]
AssistantsWrite = Annotated[Actor, Depends(Allow(Permission.ASSISTANTS_WRITE))]
EvalsRead = Annotated[Actor, Depends(Allow(Permission.EVALS_READ))]
FeedbackWrite = Annotated[Actor, Depends(Allow(Permission.FEEDBACK_WRITE))]

Agent = Annotated[
    str,
    Query(max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$", description="Narrow to what one agent knows, and wider"),
]
OwnThread = Annotated[
    UUID | None,
    Query(description="Narrow to what is known on one thread, and wider; asks for threads:read as well"),
]


@dataclass(frozen=True, slots=True)
class MemoryAccess:
    """Who asks, and whose memory they ask about: their own tenant's and user's, narrowed as the request says."""

    actor: Actor
    scope: Scope
    served: Services

    @property
    def memory(self) -> LongTermMemory:
        """Raises `MemoryUnavailable` when this server has none."""
        return self.served.memory


@dataclass(frozen=True, slots=True)
class AllowMemory:
    """The same, and whose memory."""

    permission: Permission

    async def __call__(
        self, request: Request, served: Served, agent: Agent = "", thread_id: OwnThread = None
    ) -> MemoryAccess:
        actor: Actor = request.scope[ACTOR]
        await _permit(actor, self.permission)
        if thread_id is None:
            return MemoryAccess(actor, memory_scope(actor, agent=agent), served)
        thread = await served.runtime.get_thread(actor, str(thread_id))  # a stranger's thread is a 404
        return MemoryAccess(actor, memory_scope(actor, agent=agent, thread=thread.thread_id), served)


@dataclass(frozen=True, slots=True)
class AllowStore:
    """The same, and whose store."""

    permission: Permission

    async def __call__(self, request: Request, served: Served) -> StoreAccess:
        actor: Actor = request.scope[ACTOR]
        await _permit(actor, self.permission)
        return StoreAccess(served.stores, actor)


StoreRead = Annotated[StoreAccess, Depends(AllowStore(Permission.STORE_READ))]
StoreWrite = Annotated[StoreAccess, Depends(AllowStore(Permission.STORE_WRITE))]
MemoryRead = Annotated[MemoryAccess, Depends(AllowMemory(Permission.MEMORY_READ))]
MemoryWrite = Annotated[MemoryAccess, Depends(AllowMemory(Permission.MEMORY_WRITE))]
