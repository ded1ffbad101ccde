"""Threads as a client sees them: with the values at their head. Decides how searches by values are answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from langgraph.checkpoint.base.id import uuid6

from stemma.graphs.errors import InvalidRequest, ThreadBusy, ThreadExists, UnknownAssistant
from stemma.graphs.filters import matches
from stemma.graphs.policy import Actor, Filter
from stemma.graphs.runs.model import Superstep, Thread, ThreadStatus, ThreadTtl
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.state import States
from stemma.graphs.runs.thread_ports import ThreadQuery

SORTS = ("thread_id", "created_at", "updated_at", "state_updated_at", "status")
EVERYTHING = 1_000_000


class Threads:
    """Creates, finds and changes threads of the actor's tenant."""

    def __init__(self, store: RunStore, states: States, default_ttl: ThreadTtl | None = None) -> None:
        self._store, self._states, self._default_ttl = store, states, default_ttl

    async def create(
        self,
        actor: Actor,
        thread_id: str | None,
        metadata: Mapping[str, Any],
        if_exists: Literal["raise", "do_nothing"],
        ttl: ThreadTtl | None,
        supersteps: Sequence[Superstep],
        allowed: Filter | None = None,
    ) -> Thread:
        """Raises `ThreadExists`, with do_nothing only when the thread is another tenant's or not `allowed` to be seen,
        and `InvalidRequest` for supersteps that no graph can take; then there is no thread.
        """
        now = datetime.now(UTC)
        name, time = thread_id or str(uuid6()), ttl or self._default_ttl
        thread = Thread(name, actor.tenant, now, now, dict(metadata), ThreadStatus.IDLE, ttl=time, user=actor.user)
        try:
            await self._store.create_thread(thread)
        except ThreadExists:
            if if_exists == "raise":
                raise
            found = await self._store.threads(ThreadQuery(actor.tenant, ids=(thread.thread_id,)))
            if not found or not matches(found[0].metadata, allowed):
                raise
            return await self._with_values(found[0])
        if not supersteps:
            return thread
        try:
            await self._states.replay(thread.thread_id, supersteps)
        except (InvalidRequest, UnknownAssistant):
            await self._store.delete_thread(actor.tenant, thread.thread_id)
            raise
        return await self.get(actor, thread.thread_id)

    async def copy(self, actor: Actor, thread_id: str) -> Thread:
        """A new thread with this one's metadata and checkpoints, up to now. Raises `UnknownThread`."""
        await self._store.thread(actor.tenant, thread_id)
        target = str(uuid6())
        await self._store.copy_thread(actor.tenant, thread_id, target, datetime.now(UTC))
        return await self.get(actor, target)

    async def keep_latest(self, actor: Actor, thread_id: str) -> None:
        """Delete all but the latest state. Raises `UnknownThread`, and `ThreadBusy` while a run is active."""
        thread = await self._store.thread(actor.tenant, thread_id)
        if thread.status is ThreadStatus.BUSY:
            raise ThreadBusy(f"thread {thread_id} has an active run", hint="wait for it, or cancel it")
        await self._states.keep_latest(thread_id)

    async def get(self, actor: Actor, thread_id: str) -> Thread:
        """Raises `UnknownThread`."""
        return await self._with_values(await self._store.thread(actor.tenant, thread_id))

    async def search(
        self, query: ThreadQuery, values: Mapping[str, Any], allowed: Filter | None = None
    ) -> list[Thread]:
        """`allowed`: what an actor's rules let them see. Raises `InvalidRequest` for a sort that does not exist."""
        if query.sort_by not in SORTS:
            raise InvalidRequest(f"one of {', '.join(SORTS)}", field="sort_by")
        if not values and not allowed:
            return [await self._with_values(thread) for thread in await self._store.threads(query)]
        matching = await self._matching(query, values, allowed)
        return matching[query.offset : query.offset + query.limit]

    async def count(self, query: ThreadQuery, values: Mapping[str, Any], allowed: Filter | None = None) -> int:
        if not values and not allowed:
            return await self._store.count_threads(query)
        return len(await self._matching(query, values, allowed))

    async def _matching(self, query: ThreadQuery, values: Mapping[str, Any], allowed: Filter | None) -> list[Thread]:
        found = await self._store.threads(replace(query, limit=EVERYTHING, offset=0))
        threads = [await self._with_values(thread) for thread in found if matches(thread.metadata, allowed)]
        return [thread for thread in threads if not values or _contains(thread.values, values)]

    async def _with_values(self, thread: Thread) -> Thread:
        try:
            state = await self._states.get(thread.thread_id)
        except UnknownAssistant:  # its graph is no longer served
            return thread
        return replace(thread, values=state.values) if state.created_at is not None else thread


def _contains(values: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
    return isinstance(values, Mapping) and all(key in values and values[key] == wanted[key] for key in wanted)
