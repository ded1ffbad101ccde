"""Who acts, what they may do, and whose memory they work on. The tenant comes from here, never from a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

from stemma.graphs.errors import Forbidden
from stemma.memory.scope import DEFAULT_TENANT, EVERYONE, Scope

Filter = Mapping[str, Any]
"""Field of the metadata -> the value it must have, or {"$eq": value}, or {"$contains": element or elements}. All must
hold; filters.py says how."""


class Permission(StrEnum):
    """What a credential may allow. `require` is the only place that asks."""

    RUNS_READ = "runs:read"
    RUNS_WRITE = "runs:write"
    THREADS_READ = "threads:read"
    THREADS_WRITE = "threads:write"
    ASSISTANTS_READ = "assistants:read"
    ASSISTANTS_WRITE = "assistants:write"
    MEMORY_READ = "memory:read"
    MEMORY_WRITE = "memory:write"
    STORE_READ = "store:read"
    STORE_WRITE = "store:write"
    """To put and delete items of the store over HTTP; a graph that runs for somebody does so by running."""
    EVALS_READ = "evals:read"
    """To see what evaluations found: the questions of data sets, answers, and figures over time."""
    FEEDBACK_WRITE = "feedback:write"
    """To say what a run got wrong, also for somebody who may not write to memory otherwise; asks for runs:read too."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who asks: a person, a key, or the local command."""

    tenant: str = DEFAULT_TENANT
    user: str = ""
    permissions: frozenset[Permission] = frozenset(Permission)
    name: str = "local"
    """What decisions are signed with when the actor is no particular user."""
    rules: Rules | None = field(default=None, compare=False, repr=False)
    """What a project's own handlers say, besides the permissions."""
    profile: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    """What is known of the user, in JSON's words: a graph that runs for them reads it. It may hold secrets."""

    def answered(self) -> Actor:
        """The same actor, once the rules have been asked about what is being done."""
        return replace(self, rules=None) if self.rules is not None else self

    @property
    def signature(self) -> str:
        """Who did it, as a retraction keeps it."""
        return self.user or self.name


class Rules(Protocol):
    """What stands between an actor and every operation, besides the actor's permissions.

    Who writes such rules is not known here: the API brings those of a project's `langgraph_sdk.Auth`.
    """

    async def decide(self, actor: Actor, resource: str, action: str, value: dict[str, Any]) -> Filter | None:
        """None allows it; a filter allows it on what it matches. `value` says what is asked, and may be changed in
        place: what stands in it afterwards is done.

        Raises `Forbidden`, and what a rule itself raises to refuse.
        """
        ...


LOCAL = Actor()
"""The person at this machine's terminal: every permission, the default tenant."""


def require(actor: Actor, permission: Permission) -> None:
    """Raise `Forbidden` unless the actor holds the permission."""
    if permission not in actor.permissions:
        raise Forbidden(f"this credential does not allow {permission.value}")


def memory_scope(actor: Actor, *, agent: str = EVERYONE, thread: str = EVERYONE) -> Scope:
    """Whose memory an actor works on: that of their tenant and user, which nothing asked for can widen or change.

    Within it, `agent` and `thread` narrow further; the caller has made sure that the thread is the actor's to read.
    Raises `ValueError` for a name that holds control characters.
    """
    return Scope(tenant=actor.tenant, user=actor.user, agent=agent, thread=thread)
