"""Who acts, and what they may do. The tenant always comes from here, never from a request's body."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stemma.graphs.errors import Forbidden
from stemma.memory.scope import DEFAULT_TENANT


class Permission(StrEnum):
    """What a credential may allow. `require` is the only place that asks."""

    RUNS_READ = "runs:read"
    RUNS_WRITE = "runs:write"
    THREADS_READ = "threads:read"
    THREADS_WRITE = "threads:write"
    ASSISTANTS_READ = "assistants:read"
    MEMORY_READ = "memory:read"
    MEMORY_WRITE = "memory:write"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who asks: a person, a key, or the local command."""

    tenant: str = DEFAULT_TENANT
    user: str = ""
    permissions: frozenset[Permission] = frozenset(Permission)


LOCAL = Actor()
"""The person at this machine's terminal: every permission, the default tenant."""


def require(actor: Actor, permission: Permission) -> None:
    """Raise `Forbidden` unless the actor holds the permission."""
    if permission not in actor.permissions:
        raise Forbidden(f"this credential does not allow {permission.value}")
