"""What erasing a person needs of the place where runs are kept: the part of `RunStore` that concerns it.

Decides the contract only; held by `tests/contracts/erasure_store.py` for every adapter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

MARKS = ("owner", "user", "user_id")
"""Keys of a thread's or assistant's metadata that say whose it is."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What there is of a person, or of a tenant."""

    threads: Sequence[str]
    """Ids of threads that they made, ran on, or had copied, and of those whose metadata name them (`MARKS`)."""
    shared: Sequence[str]
    """Those of them that somebody else ran on too."""
    active: Sequence[str]
    """Ids of their runs that are not over."""
    counts: Mapping[str, int]
    """Rows by table."""
    ids: Sequence[str]
    """Of their threads and runs."""
    texts: Sequence[str]
    """Some of what they said and were told."""


class ErasureStore(Protocol):
    """A user of "" is the whole tenant. Raises what `RunStore` says."""

    async def holdings(self, tenant: str, user: str) -> Holdings: ...

    async def others(self, tenant: str, user: str, needles: Sequence[bytes]) -> frozenset[bytes]:
        """Those of the needles that stand in what others said and were told."""
        ...

    async def erase_thread(self, tenant: str, thread_id: str) -> None:
        """A thread with everything on it, deliveries that have begun included. One that is gone is passed over.

        Raises `ThreadBusy` while a run of it is running.
        """
        ...

    async def erase_person(self, tenant: str, user: str) -> None:
        """Their crons, API keys and the assistants whose metadata name them; idempotency keys of runs that are gone."""
        ...
