"""What an actor's rules say about assistants. Without rules it asks nothing.

Decides that an assistant which the rules' filter does not match does not exist for the actor, and that the one a graph
brings may be run by everybody who may run anything: it holds nobody's configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from stemma.graphs.assistants.model import Assistant, AssistantChange, AssistantQuery
from stemma.graphs.errors import UnknownAssistant
from stemma.graphs.filters import matches
from stemma.graphs.policy import Actor, Filter
from stemma.graphs.rules import as_uuid, copied, decide, metadata_of, search

RESOURCE = "assistants"
BY_DEFAULT: Mapping[str, Any] = {"created_by": "system"}
"""The metadata of an assistant that a graph brings."""
UNCHANGED = AssistantChange()


async def permitted(
    actor: Actor, action: str, found: Assistant, change: AssistantChange = UNCHANGED, **asked: Any
) -> AssistantChange:
    """The change as the rules leave it. Raises `UnknownAssistant`, `Forbidden`."""
    if actor.rules is None:
        return change
    value = {"assistant_id": as_uuid(found.assistant_id), **_asked(change), **asked}
    allowed = await decide(actor, RESOURCE, action, value)
    seen(found, allowed)
    return _left(change, value)


async def created(
    actor: Actor, assistant_id: str, graph_id: str, change: AssistantChange, if_exists: str
) -> tuple[AssistantChange, Filter | None]:
    """What is to be made, and the filter that one of this id must match if it is there. Raises `Forbidden`."""
    if actor.rules is None:
        return change, None
    value = {"assistant_id": as_uuid(assistant_id), "if_exists": if_exists, **_asked(change), "graph_id": graph_id}
    allowed = await decide(actor, RESOURCE, "create", value)
    return _left(change, value), allowed


async def usable(actor: Actor, found: Assistant) -> Assistant:
    """One to run. Raises `UnknownAssistant`."""
    if not BY_DEFAULT.items() <= found.metadata.items():
        await permitted(actor, "read", found)
    return found


async def narrowed(actor: Actor, query: AssistantQuery) -> tuple[AssistantQuery, Filter | None]:
    """The query with what the store can look up of the rules' filter, and the whole filter. Raises `Forbidden`."""
    if actor.rules is None:
        return query, None
    value = {
        "graph_id": query.graph_id,
        "metadata": copied(query.metadata),
        "limit": query.limit,
        "offset": query.offset,
    }
    metadata, allowed = await search(actor, RESOURCE, value)
    return replace(query, metadata=metadata), allowed


def seen(found: Assistant, allowed: Filter | None) -> None:
    """Raises `UnknownAssistant` for one that the filter does not match."""
    if not matches(found.metadata, allowed):
        raise UnknownAssistant(f"there is no assistant {found.assistant_id}")


def _asked(change: AssistantChange) -> dict[str, Any]:
    given = {field.name: getattr(change, field.name) for field in fields(change)}
    return {name: copied(value) for name, value in given.items() if value is not None}


def _left(change: AssistantChange, value: Mapping[str, Any]) -> AssistantChange:
    kept = {name: value[name] for name in ("config", "context", "name", "description") if value.get(name) is not None}
    return replace(change, **kept, metadata=metadata_of(value) if value.get("metadata") else change.metadata)
