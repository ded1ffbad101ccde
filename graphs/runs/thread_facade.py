"""The part of the front that concerns threads and their state. See runtime.py."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from types import MappingProxyType
from typing import Any, Literal

from stemma.graphs.errors import UnknownThread
from stemma.graphs.policy import Actor, Permission, require
from stemma.graphs.rules import copied, metadata_of
from stemma.graphs.runs.cancel import Cancellations
from stemma.graphs.runs.events import Frame
from stemma.graphs.runs.follow import Follower, ThreadMode
from stemma.graphs.runs.guard import Guard
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
    _guard: Guard
    _follower: Follower

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
        metadata, allowed = await self._guard.created(actor, thread_id, metadata, if_exists, ttl)
        return await self._threads.create(actor, thread_id, metadata, if_exists, ttl, supersteps, allowed)

    async def get_thread(self, actor: Actor, thread_id: str) -> Thread:
        await self._guard.thread(actor, Permission.THREADS_READ, "read", thread_id)
        return await self._threads.get(actor, thread_id)

    async def require_thread(self, actor: Actor, thread_id: str) -> None:
        """Raises `UnknownThread` for one whose runs the actor may not follow: before an answer begins, not within."""
        await self._guard.thread(actor, Permission.RUNS_READ, "read", thread_id)
        await self._store.thread(actor.tenant, thread_id)

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
        query = ThreadQuery(actor.tenant, metadata, ids, status, limit, offset, sort_by, sort_order == "desc")
        query, allowed = await self._guard.search(actor, query, values)
        return await self._threads.search(query, values, allowed)

    async def count_threads(
        self,
        actor: Actor,
        *,
        metadata: Mapping[str, Any] = NOTHING,
        values: Mapping[str, Any] = NOTHING,
        status: ThreadStatus | None = None,
    ) -> int:
        query, allowed = await self._guard.search(actor, ThreadQuery(actor.tenant, metadata, (), status), values)
        return await self._threads.count(query, values, allowed)

    async def patch_thread(
        self, actor: Actor, thread_id: str, metadata: Mapping[str, Any], *, ttl: ThreadTtl | None = None
    ) -> Thread:
        """Merges metadata; sets the time to live if one is given."""
        asked = {"metadata": copied(metadata)}
        left = await self._guard.thread(actor, Permission.THREADS_WRITE, "update", thread_id, **asked)
        await self._store.patch_thread(actor.tenant, thread_id, metadata_of(left), ttl)
        return await self._threads.get(actor, thread_id)

    async def copy_thread(self, actor: Actor, thread_id: str) -> Thread:
        """A new thread with this one's metadata and checkpoints; runs and events stay behind."""
        await self._guard.thread(actor, Permission.THREADS_WRITE, "read", thread_id)
        metadata = (await self._store.thread(actor.tenant, thread_id)).metadata
        stamped, _ = await self._guard.created(actor, None, metadata, "raise", None)
        copy = await self._threads.copy(actor, thread_id)
        if stamped == metadata:
            return copy
        await self._store.patch_thread(actor.tenant, copy.thread_id, stamped)
        return await self._threads.get(actor, copy.thread_id)

    async def prune_threads(self, actor: Actor, thread_ids: Sequence[str], strategy: TtlStrategy) -> int:
        """Delete threads, or all but their latest state; how many there were. Raises `ThreadBusy` for keep_latest."""
        require(actor, Permission.THREADS_WRITE)
        pruned = 0
        for thread_id in dict.fromkeys(thread_ids):
            try:
                if strategy == "delete":
                    await self.delete_thread(actor, thread_id)
                else:
                    await self._guard.thread(actor, Permission.THREADS_WRITE, "delete", thread_id)
                    await self._threads.keep_latest(actor, thread_id)
            except UnknownThread:
                continue
            pruned += 1
        return pruned

    async def delete_thread(self, actor: Actor, thread_id: str) -> None:
        """Cancels what runs, and removes runs, events and checkpoints."""
        await self._guard.thread(actor, Permission.THREADS_WRITE, "delete", thread_id)
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
        await self._guard.thread(actor, Permission.THREADS_READ, "read", thread_id)
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
        await self._guard.thread(actor, Permission.THREADS_WRITE, "update", thread_id)
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
        await self._guard.thread(actor, Permission.THREADS_READ, "read", thread_id)
        await self._store.thread(actor.tenant, thread_id)
        return await self._states.history(
            thread_id,
            limit=limit,
            before=before,
            metadata=metadata,
            checkpoint_ns=checkpoint_ns,
            checkpoint_id=checkpoint_id,
        )

    async def stream_thread(
        self, actor: Actor, thread_id: str, *, modes: Sequence[ThreadMode] = ("run_modes",), after: int = 0
    ) -> AsyncGenerator[Frame, None]:
        """What happens on a thread; does not end. `run_modes`: each run as it was started."""
        await self._guard.thread(actor, Permission.RUNS_READ, "read", thread_id)
        await self._store.thread(actor.tenant, thread_id)
        async with aclosing(self._follower.thread(actor.tenant, thread_id, modes, after)) as frames:
            async for frame in frames:
                yield frame
