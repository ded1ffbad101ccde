"""What an actor's rules say about crons. Without rules it asks nothing.

Decides that a cron which the rules' filter does not match does not exist for the actor, and that the runs and threads
of a cron carry what the rules put into the metadata of the cron and of such a run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stemma.graphs.crons.model import Cron, CronChange, CronQuery
from stemma.graphs.errors import UnknownCron
from stemma.graphs.filters import matches
from stemma.graphs.policy import Actor, Filter
from stemma.graphs.rules import as_uuid, copied, decide, metadata_of, search
from stemma.graphs.runs.model import RunRequest

RESOURCE = "crons"


async def created(actor: Actor, cron: CronChange, request: RunRequest, thread_id: str | None) -> CronChange:
    """The cron as the rules leave it. Raises `Forbidden`."""
    if actor.rules is None:
        return cron
    value: dict[str, Any] = {
        "payload": {"assistant_id": request.assistant_id, "input": copied(request.input)},
        "schedule": cron.schedule,
        "cron_id": None,
        "thread_id": as_uuid(thread_id),
        "user_id": actor.user or None,
        "end_time": cron.end_time,
        "metadata": copied(cron.metadata or {}),
    }
    await decide(actor, RESOURCE, "create", value)
    return replace(cron, metadata=metadata_of(value))


async def permitted(actor: Actor, action: str, found: Cron) -> None:
    """Raises `UnknownCron`, `Forbidden`."""
    if actor.rules is not None:
        refuse_unseen(found, await decide(actor, RESOURCE, action, {"cron_id": as_uuid(found.cron_id)}))


async def changed(actor: Actor, found: Cron, change: CronChange) -> CronChange:
    """The change as the rules leave it. Raises `UnknownCron`, `Forbidden`."""
    if actor.rules is None:
        return change
    value: dict[str, Any] = {
        "cron_id": as_uuid(found.cron_id),
        "payload": copied(change.request),
        "schedule": change.schedule,
        "metadata": copied(change.metadata or {}),
    }
    refuse_unseen(found, await decide(actor, RESOURCE, "update", value))
    return replace(change, metadata=metadata_of(value) or change.metadata)


async def narrowed(actor: Actor, query: CronQuery) -> tuple[CronQuery, Filter | None]:
    """The query with what the store can look up of the rules' filter, and the whole filter. Raises `Forbidden`."""
    if actor.rules is None:
        return query, None
    value = {
        "assistant_id": as_uuid(query.assistant_id),
        "thread_id": as_uuid(query.thread_id),
        "metadata": copied(query.metadata),
        "limit": query.limit,
        "offset": query.offset,
    }
    metadata, allowed = await search(actor, RESOURCE, value)
    return replace(query, metadata=metadata), allowed


def refuse_unseen(found: Cron, allowed: Filter | None) -> None:
    """Raises `UnknownCron` for one that the filter does not match."""
    if not matches(found.metadata, allowed):
        raise UnknownCron(f"there is no cron {found.cron_id}")
