"""Which store a run gets, and which one somebody asks over HTTP: the items of the same scope.

Decides whose items they are: those of the tenant and user who act, or with `GRAPHS_STORE_SHARED` of the tenant as a
whole; that what has ended is taken back by whoever executes runs; and that a store operation is allowed by permission
first, then by the rules the actor acts under, which may change what is asked. Items have no metadata that a filter of
such rules could match: where each user's items are apart already it has nothing to add, and where users share a store
it refuses.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from langgraph.store.base import InvalidNamespaceError, TTLConfig

from stemma.graphs.errors import Forbidden, InvalidRequest
from stemma.graphs.policy import Actor, Permission, memory_scope, require
from stemma.graphs.rules import decide
from stemma.graphs.runs.model import Run
from stemma.graphs.settings import GraphSettings
from stemma.graphs.store.agent_store import AgentStore
from stemma.memory.errors import MemoryFailure
from stemma.memory.long_term import LongTermMemory
from stemma.memory.scope import Scope
from stemma.memory.store.items import Items, Origin

log = logging.getLogger(__name__)


class Stores:
    """The stores over one open memory."""

    def __init__(self, memory: LongTermMemory, settings: GraphSettings) -> None:
        self._settings = settings
        self.items = Items(
            memory.graph,
            memory.embedder,
            index=memory.embedder if settings.store_fields else None,
            recalled=settings.store_recall,
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def shared(self) -> bool:
        """Whether all users of a tenant have the same items."""
        return self._settings.store_shared

    def of_run(self, run: Run) -> AgentStore:
        """What a run's graph gets; what it puts says which run did."""
        actor = Actor(tenant=run.tenant, user=run.user)
        return self._open(actor, Origin(run.user or "run", run.run_id, run.thread_id))

    def of_actor(self, actor: Actor) -> AgentStore:
        """What somebody works on who is no run. It asks for no permission: `StoreAccess` does."""
        return self._open(actor, Origin(actor.signature))

    def start(self) -> None:
        """Take back what has ended, now and then every `GRAPHS_STORE_SWEEP_MINUTES`."""
        self._task = asyncio.ensure_future(self._sweep())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    def _open(self, actor: Actor, origin: Origin) -> AgentStore:
        scope = Scope(actor.tenant) if self._settings.store_shared else memory_scope(actor)
        ttl = TTLConfig(
            default_ttl=self._settings.store_ttl_minutes, refresh_on_read=self._settings.store_refresh_on_read
        )
        return AgentStore(self.items, scope, fields=self._settings.store_fields, ttl=ttl, origin=origin)

    async def _sweep(self) -> None:
        while True:
            try:
                if done := await self.items.sweep(datetime.now(UTC)):
                    log.info("took back %d items of the store whose time was over", done)
            except MemoryFailure as failure:
                log.warning("items of the store whose time is over cannot be taken back now: %s", failure)
            await asyncio.sleep(60 * self._settings.store_sweep_minutes)


@dataclass(frozen=True, slots=True)
class StoreAccess:
    """The store operations of one actor, as a client asks for them: JSON in, JSON out.

    All raise `Forbidden`, `InvalidRequest` for a place or filter that cannot be, and what memory raises.
    """

    stores: Stores
    actor: Actor

    async def put(
        self, namespace: Sequence[str], key: str, value: Mapping[str, Any], index: Any = None, ttl: float | None = None
    ) -> None:
        """`index`: None for the configured fields, False for none, or paths; `ttl` in minutes, None for the default."""
        asked = {"namespace": tuple(namespace), "key": key, "value": dict(value), "index": index}
        store = await self._allowed(Permission.STORE_WRITE, "put", asked)
        lives = {} if ttl is None else {"ttl": ttl}
        with _places("namespace"):
            await store.aput(tuple(asked["namespace"]), asked["key"], asked["value"], asked["index"], **lives)

    async def get(self, namespace: Sequence[str], key: str, refresh_ttl: bool | None = None) -> dict[str, Any] | None:
        """The item, or None."""
        asked: dict[str, Any] = {"namespace": tuple(namespace), "key": key}
        store = await self._allowed(Permission.STORE_READ, "get", asked)
        with _places("namespace"):
            item = await store.aget(tuple(asked["namespace"]), asked["key"], refresh_ttl=refresh_ttl)
        return item.dict() if item else None

    async def delete(self, namespace: Sequence[str], key: str) -> None:
        """What is not there is harmless."""
        asked: dict[str, Any] = {"namespace": tuple(namespace), "key": key}
        store = await self._allowed(Permission.STORE_WRITE, "delete", asked)
        with _places("namespace"):
            await store.adelete(tuple(asked["namespace"]), asked["key"])

    async def search(
        self, prefix: Sequence[str], *, refresh_ttl: bool | None = None, **options: Any
    ) -> list[dict[str, Any]]:
        """`options`: filter, query, limit, offset."""
        asked = {"namespace": tuple(prefix), **options}
        store = await self._allowed(Permission.STORE_READ, "search", asked)
        wanted = {name: asked[name] for name in options}
        with _places("namespace_prefix"):
            found = await store.asearch(tuple(asked["namespace"]), refresh_ttl=refresh_ttl, **wanted)
        return [item.dict() for item in found]

    async def namespaces(
        self, prefix: Sequence[str] | None, suffix: Sequence[str] | None, **options: Any
    ) -> list[list[str]]:
        """`options`: max_depth, limit, offset."""
        options = {"suffix": tuple(suffix) if suffix else None, **options}
        asked = {"namespace": tuple(prefix) if prefix else None, **options}
        store = await self._allowed(Permission.STORE_READ, "list_namespaces", asked)
        wanted = {name: asked[name] for name in options}
        with _places("prefix"):
            found = await store.alist_namespaces(prefix=asked["namespace"], **wanted)
        return [list(namespace) for namespace in found]

    async def _allowed(self, permission: Permission, action: str, asked: dict[str, Any]) -> AgentStore:
        require(self.actor, permission)
        if await decide(self.actor, "store", action, asked) and self.stores.shared:
            hint = f"a handler of store.{action} changes the namespace, or says yes or no"
            raise Forbidden("a filter cannot narrow a store that users share", hint=hint)
        return self.stores.of_actor(self.actor)


@contextmanager
def _places(field: str) -> Iterator[None]:
    try:
        yield
    except InvalidNamespaceError as failure:
        hint = "labels are texts without periods, and the first is not langgraph"
        raise InvalidRequest(str(failure), field=field, hint=hint) from failure
