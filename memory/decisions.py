"""What `LongTermMemory` decides and explains: taking back, giving back, superseding, and why something is believed.

Decides how a decision gets its id and its time. Who may decide about what, and what follows from it, is the store's and
`lineage/support.py`'s.
"""

from __future__ import annotations

from datetime import UTC, datetime

from stemma.memory.errors import UnknownItem
from stemma.memory.identifiers import retraction_id
from stemma.memory.lineage.model import Direction, Effect, Lineage, Retraction, RetractionKind, Standing
from stemma.memory.lineage.refusal import not_retractable
from stemma.memory.model import Node, Scope
from stemma.memory.ports import ItemPage, MemoryGraph


class Decisions:
    """Decisions about one open store, each kept with its time."""

    graph: MemoryGraph

    async def retract(
        self, scope: Scope, item_id: str, *, reason: str, actor: str, quarantine: bool = False, dry_run: bool = False
    ) -> Effect:
        """Withdraw a source or claim (or put it into quarantine), with everything that rests on it alone.

        Raises `UnknownItem`, `WiderItem`, `AlreadyTakenBack`, `NotRetractable` for what is seen and is neither.
        """
        at = datetime.now(UTC)
        kind = RetractionKind.QUARANTINE if quarantine else RetractionKind.WITHDRAWAL
        decision = Retraction(
            retraction_id(scope, item_id, at.isoformat()), scope, item_id, reason, actor, at, kind=kind
        )
        try:
            return await self.graph.take_back(scope, decision, dry_run=dry_run)
        except UnknownItem:
            item = await self.graph.item(scope, item_id)  # raises it again for what cannot be seen
            raise not_retractable(item) from None

    async def restore(self, scope: Scope, retraction: str, *, actor: str, dry_run: bool = False) -> Effect:
        """Lift a retraction or quarantine: exactly what it took comes back.

        Raises `UnknownItem`, `WiderItem`, `WiderDecision` for one that a wider scope made, `AlreadyGivenBack`.
        """
        return await self.graph.give_back(scope, retraction, actor=actor, at=datetime.now(UTC), dry_run=dry_run)

    async def supersede(self, scope: Scope, newer: str, older: str, *, dry_run: bool = False) -> Effect:
        """Let a newer claim stand in an older one's place. Raises `UnknownItem`, `WiderItem`, `SupersedesNewer`."""
        return await self.graph.supersede(scope, newer, older, at=datetime.now(UTC), dry_run=dry_run)

    async def retraction(self, scope: Scope, retraction: str) -> Retraction:
        """One decision, by its id. Raises `UnknownItem`."""
        return await self.graph.retraction(scope, retraction)

    async def retractions(
        self, scope: Scope, *, open_only: bool = False, limit: int = 20, offset: int = 0
    ) -> tuple[list[Retraction], int]:
        """A page of decisions, newest first, and how many there are in all; `open_only` leaves lifted ones out."""
        return await self.graph.list_retractions(scope, open_only=open_only, limit=limit, offset=offset)

    async def lineage(self, scope: Scope, item_id: str, direction: Direction, *, limit: int = 1_000) -> Lineage:
        """What an item rests on (upstream), or what it reached (downstream). Raises `UnknownItem`."""
        return await self.graph.lineage(scope, item_id, direction, limit=limit)

    async def tainted(self, scope: Scope, *, limit: int = 20, offset: int = 0) -> ItemPage:
        """Answers that used or state something that is no longer supported, newest first."""
        return await self.graph.items(scope, Node.ANSWER, limit=limit, offset=offset, standing=Standing.UNSUPPORTED)
