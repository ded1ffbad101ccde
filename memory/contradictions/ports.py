"""What contradictions need of the store, and of a model where there is one.

Decides the contract only. `ConflictStore` is a part of `MemoryGraph`, held by
`tests/contracts/memory_contradictions.py` for every adapter; `ContradictionJudge` is asked only where somebody brings
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from stemma.memory.contradictions.model import Backing, ComparedClaim, Conflict, ConflictPage
from stemma.memory.contradictions.ruling import Ruling
from stemma.memory.scope import Scope


class ConflictStore(Protocol):
    """Claims to compare, and the contradictions among them. A read sees what the scope's `audiences()` may see."""

    async def claims_after(self, scope: Scope, after: str, limit: int) -> list[ComparedClaim]:
        """The current claims of exactly this scope (neither stale nor superseded nor unsupported) whose id is greater
        than `after`, by id, each with the names of the entities that it mentions."""

    async def claims_about(self, scope: Scope, entity_ids: Sequence[str], most: int) -> dict[str, list[ComparedClaim]]:
        """By entity: current claims that are found by it (`pairs.told_of`) and that the scope may see, as in
        `claims_after` but without names; at most `most` of each, which ones is not said. Others that mention it may be
        among them. Entities without any are left out."""

    async def put_conflicts(self, conflicts: Sequence[Conflict]) -> list[str]:
        """Store those that are not known, in one transaction; the ids of these.

        One is left out when a claim of it is not there, or the conflict's scope does not see it: a contradiction never
        tells of what its reader cannot see.
        """

    async def conflict(self, scope: Scope, conflict_id: str) -> Conflict:
        """One contradiction. Raises `UnknownItem`."""

    async def conflicts(self, scope: Scope, *, open_only: bool, limit: int, offset: int = 0) -> ConflictPage:
        """A page, the last found first, then by id.

        With `open_only`, those that are not resolved and that did not settle themselves: each side is current, or in
        quarantine.
        """

    async def rule(self, scope: Scope, ruling: Ruling) -> None:
        """Take all steps of a ruling in one transaction; its contradiction is one that the scope sees.

        Raises `UnknownItem` when that is not there, `AlreadyResolved` when it is not as it was looked at, and what
        `take_back`, `supersede` and `give_back` raise; nothing is done then.
        """

    async def backings(self, scope: Scope, claim_ids: Sequence[str]) -> list[Backing]:
        """For claims: the sources at the upper ends of their lineage through passages and claims, never through what an
        answer said, as far as the scope may see it; each pair once, ordered by claim and source. Only sources that are
        supported and not replaced."""


class ContradictionJudge(Protocol):
    """Reads two statements about the same thing and says whether both can be true."""

    @property
    def name(self) -> str:
        """What contradictions say about their detector, for example "openai:gpt-5-mini"."""

    async def excluded(self, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        """For each pair whether the statements exclude each other. It raises nothing: where the model fails, False."""
