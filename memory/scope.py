"""Whose memory: a tenant, narrowed to a user, an agent or a thread.

Decides who may see what, as the list of markings that a reader may read. Stores only compare those markings; they never
decide. The values that carry a scope stand in `model.py`, from where it is imported too.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

EVERYONE = ""
"""The empty user, agent or thread: not narrowed."""

DEFAULT_TENANT = "default"
"""Whose memory the local command works on."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose memory. A memory belongs to a tenant and may be narrowed to a user, an agent or a thread.

    A recall sees what belongs to its scope or to a wider one of the same tenant, never a sibling's.
    """

    tenant: str
    user: str = EVERYONE
    agent: str = EVERYONE
    thread: str = EVERYONE

    def __post_init__(self) -> None:
        if not self.tenant:
            raise ValueError("a scope needs a tenant")
        for part in (self.tenant, self.user, self.agent, self.thread):
            if "\x1f" in part or "\x00" in part:
                raise ValueError("a scope's names must not hold control characters")

    @property
    def audience(self) -> str:
        """The narrowing as one string: what an item written under this scope is marked with."""
        return "\x1f".join((self.user, self.agent, self.thread))

    def audiences(self) -> tuple[str, ...]:
        """Every marking this scope may read: its own and all wider ones (1 to 8, widest first)."""
        choices = [
            (EVERYONE,) if part == EVERYONE else (EVERYONE, part) for part in (self.user, self.agent, self.thread)
        ]
        return tuple("\x1f".join(combination) for combination in product(*choices))

    def owns(self, audience: str) -> bool:
        """Whether a marking is this scope's own or a narrower one: what it may take back and erase."""
        return all(
            mine in (EVERYONE, part)
            for mine, part in zip(self.audience.split("\x1f"), audience.split("\x1f"), strict=True)
        )
