"""What taking back and explaining needs of the store: part of `MemoryGraph`.

Decides the contract only; held by `tests/contracts/memory_truth.py` and `memory_paths.py` for every adapter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from stemma.memory.lineage.model import Direction, Effect, Lineage, Retraction
from stemma.memory.scope import Scope


class LineageStore(Protocol):
    """Decisions and lineage. Each decision is one transaction that also works out every flag that follows from it.

    The flags of *everything* in the tenant that follows change, whoever may see it; only what is told of them is
    bounded by the scope. Decisions and writes of one tenant take turns, so that whatever order they come in, the flags
    are those that `support.py` gives for all facts stored. With `dry_run` nothing is written, and the effect is the
    one that the decision would have now.

    Deciding needs ownership: the item's audience is the scope's own or narrower. A decision is kept under its item's
    scope: whoever sees the item sees why it was taken back. Whoever owns the item may lift it, unless a wider scope
    decided: then only that one, or a wider one still (`Retraction.authority`).
    """

    async def take_back(self, scope: Scope, retraction: Retraction, *, dry_run: bool = False) -> Effect:
        """Withdraw a source or claim, or put it into quarantine, as `retraction.kind` says.

        Raises `UnknownItem` for what the scope neither sees nor owns, or what is neither a source nor a claim;
        `WiderItem` when it sees the item and does not own it; `AlreadyTakenBack` when the item is withdrawn, or is in
        quarantine and this is another quarantine. A withdrawn item may not be quarantined; one in quarantine may be
        withdrawn. The effect's retraction has the item's scope.
        """

    async def give_back(
        self, scope: Scope, retraction_id: str, *, actor: str, at: datetime, dry_run: bool = False
    ) -> Effect:
        """Lift a retraction: the item is as if it had not been taken back, unless another decision still holds it.

        Raises `UnknownItem`, `WiderItem`, `WiderDecision` for one that a wider scope made, and `AlreadyGivenBack` for a
        retraction that was lifted.
        """

    async def supersede(
        self, scope: Scope, newer: str, older: str, *, at: datetime | None = None, dry_run: bool = False
    ) -> Effect:
        """Let one claim supersede another: while the newer is supported, the older is no longer current.

        `at` is when that became known; without it, when the newer claim was recorded.
        Again changes nothing. Raises `UnknownItem` for what the scope neither sees nor owns or is no claim, `WiderItem`
        when the scope does not own the older, or the older is not the newer's own or narrower, and `SupersedesNewer`
        when `newer` was not recorded after `older`.
        """

    async def retractions(self, scope: Scope, item_ids: Sequence[str]) -> list[Retraction]:
        """All decisions about these items that the scope may see, lifted ones included, oldest first."""

    async def retraction(self, scope: Scope, retraction_id: str) -> Retraction:
        """One decision. Raises `UnknownItem`."""

    async def list_retractions(
        self, scope: Scope, *, open_only: bool, limit: int, offset: int = 0
    ) -> tuple[list[Retraction], int]:
        """A page of decisions, newest first, and how many there are in all."""

    async def lineage(self, scope: Scope, item_id: str, direction: Direction, *, limit: int) -> Lineage:
        """Everything reachable from a source, passage, claim or answer, nearest first, at most `limit` items.

        Followed are PART_OF, DERIVED_FROM, USED and ASSERTS, and (so that a reader sees why something is not current)
        SUPERSEDES and REPLACES from the older to the newer when going upstream, and from the newer to the older when
        going downstream. What the scope cannot see is left out with its edges. Raises `UnknownItem`.
        """
