"""What looking back needs of the store: part of `MemoryGraph`.

Decides the contract only; held by `tests/contracts/memory_history.py` for every adapter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from stemma.memory.history.model import DatedDuplicates, DatedRegion, Opposed, Sight
from stemma.memory.model import Scored
from stemma.memory.scope import Scope


class HistoryStore(Protocol):
    """The past of a tenant. `dated_region` sees all of it; what a reader is told of it, the caller bounds."""

    async def dated_region(self, scope: Scope, *, known_at: datetime | None, as_of: datetime | None) -> DatedRegion:
        """Everything whose flags may have been others at these moments than they are today, in one look.

        For `known_at`: whatever was stored, decided or lifted later, and what depends on it. For `as_of`: the claims
        and sources that state when they hold and did not hold then, the source versions that were added later and
        follow another one, what they stand in the place of, and what depends on any of it. Only `scope.tenant` counts.
        The work grows with what is found, not with the tenant.
        """

    async def dated_duplicates(self, scope: Scope) -> DatedDuplicates:
        """What consolidation has found to say the same, whoever may see it. Only `scope.tenant` counts."""

    async def search_text_past(self, scope: Scope, terms: Sequence[str], k: int, sight: Sight) -> list[Scored]:
        """As `MemoryGraph.search_text`, among what a look at the past sees."""

    async def search_vector_past(self, scope: Scope, vector: Sequence[float], k: int, sight: Sight) -> list[Scored]:
        """As `MemoryGraph.search_vector`, among what a look at the past sees."""

    async def opposed(self, scope: Scope, ids: Sequence[str], known_at: datetime) -> list[Opposed]:
        """What contradicted passages and claims, in the order of both ids: found until then, and not resolved as both
        holding until then. A contradiction or claim that the scope does not see is left out; whether the claims were
        current then is the caller's business."""
