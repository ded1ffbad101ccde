"""Threads as a client sees them: with the values at their head. Decides how searches by values are answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from langgraph.checkpoint.base.id import uuid6

from stemma.graphs.errors import InvalidRequest, ThreadExists, UnknownAssistant
from stemma.graphs.policy import Actor
from stemma.graphs.runs.model import Thread, ThreadStatus
from stemma.graphs.runs.ports import RunStore, ThreadQuery
from stemma.graphs.runs.state import States

SORTS = ("thread_id", "created_at", "updated_at", "status")
EVERYTHING = 1_000_000


class Threads:
    """Creates, finds and changes threads of the actor's tenant."""

    def __init__(self, store: RunStore, states: States) -> None:
        self._store, self._states = store, states

    async def create(
        self,
        actor: Actor,
        thread_id: str | None,
        metadata: Mapping[str, Any],
        if_exists: Literal["raise", "do_nothing"],
    ) -> Thread:
        """Raises `ThreadExists`; with do_nothing only when the thread is another tenant's."""
        now = datetime.now(UTC)
        thread = Thread(thread_id or str(uuid6()), actor.tenant, now, now, dict(metadata), ThreadStatus.IDLE)
        try:
            await self._store.create_thread(thread)
        except ThreadExists:
            if if_exists == "raise":
                raise
            found = await self._store.threads(ThreadQuery(actor.tenant, ids=(thread.thread_id,)))
            if not found:
                raise
            return await self._with_values(found[0])
        return thread

    async def get(self, actor: Actor, thread_id: str) -> Thread:
        """Raises `UnknownThread`."""
        return await self._with_values(await self._store.thread(actor.tenant, thread_id))

    async def search(self, query: ThreadQuery, values: Mapping[str, Any]) -> list[Thread]:
        """Raises `InvalidRequest` for a sort that does not exist."""
        if query.sort_by not in SORTS:
            raise InvalidRequest(f"one of {', '.join(SORTS)}", field="sort_by")
        if not values:
            return [await self._with_values(thread) for thread in await self._store.threads(query)]
        matching = await self._matching(query, values)
        return matching[query.offset : query.offset + query.limit]

    async def count(self, query: ThreadQuery, values: Mapping[str, Any]) -> int:
        if not values:
            return await self._store.count_threads(query)
        return len(await self._matching(query, values))

    async def _matching(self, query: ThreadQuery, values: Mapping[str, Any]) -> list[Thread]:
        found = await self._store.threads(replace(query, limit=EVERYTHING, offset=0))
        threads = [await self._with_values(thread) for thread in found]
        return [thread for thread in threads if _contains(thread.values, values)]

    async def _with_values(self, thread: Thread) -> Thread:
        try:
            state = await self._states.get(thread.thread_id)
        except UnknownAssistant:  # its graph is no longer served
            return thread
        return replace(thread, values=state.values) if state.created_at is not None else thread


def _contains(values: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
    return isinstance(values, Mapping) and all(key in values and values[key] == wanted[key] for key in wanted)
