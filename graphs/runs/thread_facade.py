"""The part of the front that concerns threads and their state. See runtime.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from stemma.graphs.errors import UnknownThread
from stemma.graphs.policy import Actor, Permission, require
from stemma.graphs.runs.cancel import Cancellations
from stemma.graphs.runs.model import StateSnapshot, Superstep, Thread, ThreadStatus, ThreadTtl, TtlStrategy
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.state import States
from stemma.graphs.runs.tail import Tails
from stemma.graphs.runs.thread_ports import ThreadQuery
from stemma.graphs.runs.threads import Threads

NOTHING: Mapping[str, Any] = MappingProxyType({})


class ThreadFacade:
    """What `Runtime` offers for threads and states."""

    _store: RunStore
    _tails: Tails
    _threads: Threads
    _states: States
    _cancellations: Cancellations

    # --- threads ----------------------------------------------------------------------------------------------------
    async def create_thread(
        self,
        actor: Actor,
        *,
        thread_id: str | None = None,
        metadata: Mapping[str, Any] = NOTHING,
        if_exists: Literal["raise", "do_nothing"] = "raise",
        ttl: ThreadTtl | None = None,
        supersteps: Sequence[Superstep] = (),
    ) -> Thread:
        """Raises `ThreadExists`, `InvalidRequest`."""
        require(actor, Permission.THREADS_WRITE)
        return await self._threads.create(actor, thread_id, metadata, if_exists, ttl, supersteps)

    async def get_thread(self, actor: Actor, thread_id: str) -> Thread:
        require(actor, Permission.THREADS_READ)
        return await self._threads.get(actor, thread_id)

    async def search_threads(
        self,
        actor: Actor,
        *,
        metadata: Mapping[str, Any] = NOTHING,
        values: Mapping[str, Any] = NOTHING,
        ids: Sequence[str] = (),
        status: ThreadStatus | None = None,
        limit: int = 10,
        offset: int = 0,
        sort_by: str = "updated_at",
        sort_order: Literal["asc", "desc"] = "desc",
    ) -> list[Thread]:
        """Threads whose metadata and values contain what is given. Raises `InvalidRequest`."""
        require(actor, Permission.THREADS_READ)
        query = ThreadQuery(actor.tenant, metadata, ids, status, limit, offset, sort_by, sort_order == "desc")
        return await self._threads.search(query, values)

    async def count_threads(
        self,
        actor: Actor,
        *,
        metadata: Mapping[str, Any] = NOTHING,
        values: Mapping[str, Any] = NOTHING,
        status: ThreadStatus | None = None,
    ) -> int:
        require(actor, Permission.THREADS_READ)
        return await self._threads.count(ThreadQuery(actor.tenant, metadata, (), status), values)

    async def patch_thread(
        self, actor: Actor, thread_id: str, metadata: Mapping[str, Any], *, ttl: ThreadTtl | None = None
    ) -> Thread:
        """Merges metadata; sets the time to live if one is given."""
        require(actor, Permission.THREADS_WRITE)
        await self._store.patch_thread(actor.tenant, thread_id, metadata, ttl)
        return await self._threads.get(actor, thread_id)

    async def copy_thread(self, actor: Actor, thread_id: str) -> Thread:
        """A new thread with this one's metadata and checkpoints; runs and events stay behind."""
        require(actor, Permission.THREADS_WRITE)
        return await self._threads.copy(actor, thread_id)

    async def prune_threads(self, actor: Actor, thread_ids: Sequence[str], strategy: TtlStrategy) -> int:
        """Delete threads, or all but their latest state; how many there were. Raises `ThreadBusy` for keep_latest."""
        require(actor, Permission.THREADS_WRITE)
        pruned = 0
        for thread_id in dict.fromkeys(thread_ids):
            try:
                if strategy == "delete":
                    await self.delete_thread(actor, thread_id)
                else:
                    await self._threads.keep_latest(actor, thread_id)
            except UnknownThread:
                continue
            pruned += 1
        return pruned

    async def delete_thread(self, actor: Actor, thread_id: str) -> None:
        """Cancels what runs, and removes runs, events and checkpoints."""
        require(actor, Permission.THREADS_WRITE)
        await self._cancellations.cancel_thread(actor, thread_id)
        await self._store.delete_thread(actor.tenant, thread_id)
        self._tails.wake_all()

    # --- state ------------------------------------------------------------------------------------------------------
    async def get_state(
        self,
        actor: Actor,
        thread_id: str,
        *,
        checkpoint_id: str | None = None,
        checkpoint_ns: str = "",
        subgraphs: bool = False,
    ) -> StateSnapshot:
        """Raises `UnknownCheckpoint`."""
        require(actor, Permission.THREADS_READ)
        await self._store.thread(actor.tenant, thread_id)
        return await self._states.get(
            thread_id, checkpoint_id=checkpoint_id, checkpoint_ns=checkpoint_ns, subgraphs=subgraphs
        )

    async def update_state(
        self,
        actor: Actor,
        thread_id: str,
        values: Any,
        *,
        as_node: str | None = None,
        checkpoint_id: str | None = None,
        checkpoint_ns: str = "",
    ) -> Mapping[str, Any]:
        """The new checkpoint; the one that was edited stays. Raises `UnknownCheckpoint`, `InvalidRequest`."""
        require(actor, Permission.THREADS_WRITE)
        await self._store.thread(actor.tenant, thread_id)
        return await self._states.update(
            thread_id, values, as_node=as_node, checkpoint_id=checkpoint_id, checkpoint_ns=checkpoint_ns
        )

    async def history(
        self,
        actor: Actor,
        thread_id: str,
        *,
        limit: int = 10,
        before: str | None = None,
        metadata: Mapping[str, Any] = NOTHING,
        checkpoint_ns: str = "",
        checkpoint_id: str | None = None,
    ) -> list[StateSnapshot]:
        """Newest first."""
        require(actor, Permission.THREADS_READ)
        await self._store.thread(actor.tenant, thread_id)
        return await self._states.history(
            thread_id,
            limit=limit,
            before=before,
            metadata=metadata,
            checkpoint_ns=checkpoint_ns,
            checkpoint_id=checkpoint_id,
        )
