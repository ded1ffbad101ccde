"""What consolidation needs of the memory graph: part of `MemoryGraph`, so that what is shown follows in the transaction
that changes a flag.

Decides the contract only; held by `tests/contracts/memory_consolidation.py` for every adapter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from stemma.memory.consolidation.model import Candidate, Consolidation, Demotion, Duplicate, Mark
from stemma.memory.model import Node
from stemma.memory.scope import Scope


class ConsolidationStore(Protocol):
    """What says the same, and what is demoted.

    A duplicate is *hidden*, that is found by no search and counted in no mention graph, while it is current and another
    current one goes before it (`standing.py`). Every write that changes what is current works this out anew, in its own
    transaction. Hiding changes no flag: what is supported, current or stale, and who rests on whom, stays as it is. A
    demotion ends when an answer that uses or states its item is stored: of a source also by one of its passages, or a
    claim derived from one.
    """

    async def candidates(self, scope: Scope, node: Node, after: str, limit: int) -> list[Candidate]:
        """The next current sources or claims of exactly this audience behind an id, in the order of their ids.

        Items of a store are left out: each key is a thing of its own.
        """

    async def consolidate(
        self, run: Consolidation, duplicates: Sequence[Duplicate], demotions: Sequence[Demotion]
    ) -> Consolidation:
        """Write down a part of what a run found, in one transaction; the run with its counts so far.

        What is known already, or is not (or no longer) there under the run's audience, is left out; where nothing is
        left, nothing is written.
        """

    async def undo_consolidation(self, scope: Scope, run_id: str, *, actor: str, at: datetime) -> Consolidation:
        """Take back exactly what one run wrote and nobody ended since; the run is kept, and says who undid it.

        Raises `UnknownItem` for a run that the scope neither sees nor owns, `WiderItem` for one of a wider audience,
        and `AlreadyUndone`.
        """

    async def consolidations(self, scope: Scope, *, limit: int, offset: int = 0) -> tuple[list[Consolidation], int]:
        """A page of the runs that the scope may see, newest first, and how many there are in all."""

    async def marks(self, scope: Scope, ids: Sequence[str]) -> Mapping[str, Mark]:
        """What consolidation made of those of these sources and claims that the scope may see; others have no entry."""
