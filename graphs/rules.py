"""Asking the rules an actor acts under, and taking what they leave.

Decides that nobody writes metadata by which a thing would become somebody else's. Each resource asks for itself,
in a `guard.py` of its folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from uuid import UUID

from stemma.graphs.errors import Forbidden
from stemma.graphs.filters import contradicts, exact
from stemma.graphs.policy import Actor, Filter

WRITES = frozenset({"create", "create_run", "update"})


async def decide(actor: Actor, resource: str, action: str, value: dict[str, Any]) -> Filter | None:
    """What the actor's rules say; None without rules. Raises `Forbidden`, also for metadata of somebody else's."""
    if actor.rules is None:
        return None
    allowed = await actor.rules.decide(actor, resource, action, value)
    if action in WRITES and contradicts(metadata_of(value), allowed):
        raise Forbidden("this metadata would make it somebody else's")
    return allowed


async def search(actor: Actor, resource: str, value: dict[str, Any]) -> tuple[dict[str, Any], Filter | None]:
    """Asks about a search of `value`: the metadata to look up, those of the rules' filter included, and the filter
    itself, which decides afterwards where both say something. Raises `Forbidden`."""
    allowed = await decide(actor, resource, "search", value)
    return {**exact(allowed), **metadata_of(value)}, allowed


def as_uuid(name: str | None) -> UUID | str | None:
    """Ids as rules expect them; what is no UUID stays what it is."""
    try:
        return UUID(name) if name else None
    except ValueError:
        return name


def metadata_of(value: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata that the rules left. Raises `Forbidden` when they left none that can be kept."""
    metadata = value.get("metadata")
    if metadata is not None and not isinstance(metadata, Mapping):
        raise Forbidden("the rules of this server made the metadata unusable")
    return dict(metadata or {})


def copied(value: Any) -> Any:
    """For rules to change in place, while what was asked stays what it was."""
    return deepcopy(dict(value) if isinstance(value, Mapping) else value)
