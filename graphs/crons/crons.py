"""Crons as a client sees them: those of the actor's tenant.

Decides what can be wrong with a cron, and says it before anything is stored: its run is checked as if it were
submitted now. It fires nothing (scheduler.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from langgraph.checkpoint.base.id import uuid6

from stemma.graphs.assistants.assistants import Assistants
from stemma.graphs.crons.firing import Firings
from stemma.graphs.crons.guard import changed, created, narrowed, permitted
from stemma.graphs.crons.model import Cron, CronChange, CronQuery
from stemma.graphs.crons.ports import CronStore
from stemma.graphs.errors import InvalidRequest, UnknownAssistant
from stemma.graphs.filters import matches
from stemma.graphs.policy import Actor, Filter, Permission, require
from stemma.graphs.runs.model import RunRequest

EVERYTHING = 1_000_000


class Crons:
    """Creates, finds, changes and deletes crons. `changed` is called when one was written."""

    def __init__(self, store: CronStore, firings: Firings, assistants: Assistants, changed: Callable[[], None]) -> None:
        self._store, self._firings, self._assistants, self._changed = store, firings, assistants, changed

    async def create(self, actor: Actor, cron: CronChange, request: RunRequest, thread_id: str | None) -> Cron:
        """Of `cron` the schedule is needed. No thread: every run makes its own.

        Raises what submitting the run would raise, and `InvalidRequest` for a schedule that never comes.
        """
        require(actor, Permission.RUNS_WRITE)
        if thread_id is not None and cron.on_run_completed is not None:
            raise InvalidRequest("only a thread that a run made is deleted or kept", field="on_run_completed")
        request = replace(request, auth_user=actor.profile)
        cron = await created(actor, cron, request, thread_id)
        run = await self._firings.checked(actor, thread_id, replace(request, metadata=cron.metadata or {}))
        if actor.rules is not None:
            cron = replace(cron, metadata=run.metadata)  # by it the threads of its runs will be found
        now = datetime.now(UTC)
        plain = Cron(str(uuid6()), actor.tenant, actor.user, run.assistant_id, thread_id, "", request, now, now)
        made = cron.of(plain, now)
        self._refuse_what_never_fires(made, now)
        await self._store.create(made)
        self._changed()
        return made

    async def get(self, actor: Actor, cron_id: str) -> Cron:
        """Raises `UnknownCron`."""
        require(actor, Permission.RUNS_READ)
        found = await self._store.get(actor.tenant, cron_id)
        await permitted(actor, "read", found)
        return found

    async def change(self, actor: Actor, cron_id: str, change: CronChange) -> Cron:
        """Raises `UnknownCron`, and as `create`."""
        require(actor, Permission.RUNS_WRITE)
        now = datetime.now(UTC)
        before = await self._store.get(actor.tenant, cron_id)
        change = await changed(actor, before, change)
        if before.thread_id is not None and change.on_run_completed is not None:
            raise InvalidRequest("only a thread that a run made is deleted or kept", field="on_run_completed")
        after = change.of(before, now)
        self._refuse_what_never_fires(after, now)
        if change.request:
            await self._firings.checked(actor, after.thread_id, after.request)
        made = await self._store.change(actor.tenant, cron_id, change, now)
        self._changed()
        return made

    async def delete(self, actor: Actor, cron_id: str) -> None:
        """Runs that it made stay. Raises `UnknownCron`."""
        require(actor, Permission.RUNS_WRITE)
        await permitted(actor, "delete", await self._store.get(actor.tenant, cron_id))
        await self._store.delete(actor.tenant, cron_id)

    async def search(self, actor: Actor, query: CronQuery) -> list[Cron]:
        """A page of the tenant's crons."""
        require(actor, Permission.RUNS_READ)
        asked, allowed = await narrowed(actor, await self._own(actor, query))
        if not allowed:
            return await self._store.search(asked)
        found = await self._matching(asked, allowed)
        return found[asked.offset : asked.offset + asked.limit]

    async def count(self, actor: Actor, query: CronQuery) -> int:
        """How many there are, whatever the page."""
        require(actor, Permission.RUNS_READ)
        asked, allowed = await narrowed(actor, await self._own(actor, query))
        return len(await self._matching(asked, allowed)) if allowed else await self._store.count(asked)

    async def _matching(self, query: CronQuery, allowed: Filter) -> list[Cron]:
        found = await self._store.search(replace(query, limit=EVERYTHING, offset=0))
        return [cron for cron in found if matches(cron.metadata, allowed)]

    async def _own(self, actor: Actor, query: CronQuery) -> CronQuery:
        """In the actor's tenant; an assistant may be asked for by its graph's name."""
        query = replace(query, tenant=actor.tenant)
        if query.assistant_id is None:
            return query
        try:
            return replace(query, assistant_id=(await self._assistants.find(actor, query.assistant_id)).assistant_id)
        except UnknownAssistant:
            return query  # deleted, or no longer served: its crons may still be there

    def _refuse_what_never_fires(self, cron: Cron, now: datetime) -> None:
        if replace(cron, enabled=True, end_time=None).upcoming(now) is None:
            raise InvalidRequest("such a time never comes", field="schedule")
