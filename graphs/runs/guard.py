"""What an actor may do with a thread, and with the runs on it: their permission first, then the rules they act under.

Decides that a run is its thread's: who may see the thread may see the run. What a filter does not match does not exist
for the actor. Without rules it asks nothing of the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from stemma.graphs.errors import Forbidden, UnknownThread
from stemma.graphs.filters import matches
from stemma.graphs.policy import Actor, Filter, Permission, require
from stemma.graphs.rules import as_uuid, copied, decide, metadata_of, search
from stemma.graphs.runs.model import Run, RunRequest, ThreadTtl
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.thread_ports import ThreadQuery

THREADS = "threads"
_KWARGS = ("input", "command", "config", "context")
"""What of a run's request rules see as `kwargs`, and may change."""


class Guard:
    """Stands before every operation on threads and runs. Raises `Forbidden` and what the rules raise."""

    def __init__(self, store: RunStore) -> None:
        self._store = store

    async def thread(
        self,
        actor: Actor,
        permission: Permission,
        action: str,
        thread_id: str | None,
        run_id: str | None = None,
        /,
        **asked: Any,
    ) -> dict[str, Any]:
        """What is asked for, as the rules leave it. No thread: the run's. Raises `UnknownThread`, `UnknownRun`."""
        require(actor, permission)
        if actor.rules is None:
            return asked
        if thread_id is None and run_id is not None:
            thread_id = (await self._store.run(actor.tenant, None, run_id)).thread_id
        value = {"thread_id": as_uuid(thread_id), **({"run_id": as_uuid(run_id)} if run_id else {}), **asked}
        allowed = await decide(actor, THREADS, action, value)
        if allowed and thread_id is not None:
            await self._seen(actor, allowed, thread_id, run_id)
        return value

    async def run(
        self, actor: Actor, thread_id: str | None, request: RunRequest, assistant_id: str, if_not_exists: str
    ) -> RunRequest:
        """The request of a run as the rules leave it. Raises `UnknownThread` for a thread that the actor may not see,
        also when it is to be made if it is not there.
        """
        if actor.rules is None:
            return request
        kwargs = {name: copied(getattr(request, name)) for name in _KWARGS}
        value: dict[str, Any] = {
            "assistant_id": as_uuid(assistant_id),
            "thread_id": as_uuid(thread_id),
            "run_id": None,
            "status": "pending",
            "metadata": dict(request.metadata),
            "prevent_insert_if_inflight": request.multitask_strategy == "reject",
            "multitask_strategy": request.multitask_strategy,
            "if_not_exists": if_not_exists,
            "after_seconds": request.after_seconds or 0,
            "kwargs": kwargs,
        }
        allowed = await decide(actor, THREADS, "create_run", value)
        if allowed and thread_id is not None:
            await self._seen_or_new(actor, allowed, thread_id, if_not_exists)
        return replace(request, metadata=metadata_of(value), **{name: kwargs[name] for name in _KWARGS})

    async def seen(self, actor: Actor, action: str, runs: Sequence[Run], /, **asked: Any) -> list[Run]:
        """Those of these runs that the rules allow this with."""
        if actor.rules is None:
            return list(runs)
        return [run for run in runs if await self._allows(actor, action, run, asked)]

    async def _allows(self, actor: Actor, action: str, run: Run, asked: Mapping[str, Any]) -> bool:
        value = {"thread_id": as_uuid(run.thread_id), "run_id": as_uuid(run.run_id), **asked}
        try:
            await self._seen(actor, await decide(actor, THREADS, action, value), run.thread_id, run.run_id)
        except (Forbidden, UnknownThread):
            return False
        return True

    async def created(
        self,
        actor: Actor,
        thread_id: str | None,
        metadata: Mapping[str, Any],
        if_exists: str,
        ttl: ThreadTtl | None,
    ) -> tuple[Mapping[str, Any], Filter | None]:
        """The metadata of a thread to make, and the filter that one of this id must match if it is there."""
        if actor.rules is None:
            return metadata, None
        value: dict[str, Any] = {"thread_id": as_uuid(thread_id), "metadata": copied(metadata), "if_exists": if_exists}
        if ttl is not None:
            value["ttl"] = {"strategy": ttl.strategy, "ttl": ttl.minutes}
        allowed = await decide(actor, THREADS, "create", value)
        return metadata_of(value), allowed

    async def search(
        self, actor: Actor, query: ThreadQuery, values: Mapping[str, Any]
    ) -> tuple[ThreadQuery, Filter | None]:
        """The query with what the store can look up of the rules' filter, and the whole filter."""
        require(actor, Permission.THREADS_READ)
        if actor.rules is None:
            return query, None
        value = {
            "metadata": copied(query.metadata),
            "values": copied(values),
            "status": query.status.value if query.status else None,
            "limit": query.limit,
            "offset": query.offset,
            "ids": [as_uuid(thread_id) for thread_id in query.ids] or None,
        }
        metadata, allowed = await search(actor, THREADS, value)
        return replace(query, metadata=metadata), allowed

    async def _seen_or_new(self, actor: Actor, allowed: Filter, thread_id: str, if_not_exists: str) -> None:
        try:
            await self._seen(actor, allowed, thread_id, None)
        except UnknownThread:
            if if_not_exists != "create" or await self._exists(actor, thread_id):
                raise

    async def _exists(self, actor: Actor, thread_id: str) -> bool:
        try:
            await self._store.thread(actor.tenant, thread_id)
        except UnknownThread:  # one that is gone for who asks may still have its runs
            return bool(await self._store.runs(actor.tenant, thread_id, status=None, limit=1, offset=0))
        return True

    async def _seen(self, actor: Actor, allowed: Filter | None, thread_id: str, run_id: str | None) -> None:
        try:
            metadata = (await self._store.thread(actor.tenant, thread_id)).metadata
        except UnknownThread:
            if run_id is None:
                raise
            # The thread of a run that was to be deleted with its end; what the run was made with is what it had.
            metadata = (await self._store.run(actor.tenant, thread_id, run_id)).metadata
        if not matches(metadata, allowed):
            raise UnknownThread(f"there is no thread {thread_id}")
