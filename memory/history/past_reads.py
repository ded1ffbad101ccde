"""What a recall reads of a store when it looks back: the same reads, as they would have been then.

Decides that flags, derivations and contradictions are those of then, and everything else of an item what it is: what an
item says never changes under its id. Who may see what stays the store's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from stemma.memory.history.model import Past
from stemma.memory.lineage.model import Status
from stemma.memory.model import Claim, Derivation, Passage, Scope, Scored
from stemma.memory.ports import EmbedderIdentity, MemoryGraph
from stemma.memory.recall.ports import Details

_TODAY = datetime.max.replace(tzinfo=UTC)


class PastReads:
    """`RecallReads` of a past."""

    def __init__(self, graph: MemoryGraph, past: Past) -> None:
        self._graph = graph
        self._past = past

    async def embedder(self) -> EmbedderIdentity | None:
        return await self._graph.embedder()

    async def search_text(self, scope: Scope, terms: Sequence[str], k: int) -> list[Scored]:
        return await self._graph.search_text_past(scope, terms, k, self._past.sight)

    async def search_vector(self, scope: Scope, vector: Sequence[float], k: int) -> list[Scored]:
        return await self._graph.search_vector_past(scope, vector, k, self._past.sight)

    async def derivations(self, scope: Scope, claim_ids: Sequence[str]) -> list[Derivation]:
        found = await self._graph.derivations(scope, claim_ids)
        later = self._past.later
        return [row for row in found if (row.claim_id, row.justification, row.antecedent_id) not in later]

    async def claims(self, scope: Scope, ids: Sequence[str]) -> list[Claim]:
        return [self._claim(claim) for claim in await self._graph.claims(scope, ids)]

    async def details(self, scope: Scope, passage_ids: Sequence[str], claim_ids: Sequence[str]) -> Details:
        found = await self._graph.details(scope, passage_ids, claim_ids)
        passages, claims = map(self._passage, found.passages), map(self._claim, found.claims)
        shown = [*(one.id for one in found.sources), *(one.id for one in found.claims)]
        also = {one: self._past.also[one] for one in shown if one in self._past.also}
        contradicted = await self._contradicted(scope, [*passage_ids, *claim_ids])
        return replace(found, passages=list(passages), claims=list(claims), also=also, contradicted=contradicted)

    async def _contradicted(self, scope: Scope, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for one in await self._graph.opposed(scope, ids, self._past.known_at or _TODAY):
            then = self._past.then.get(one.claim_id)
            if then.current if then else one.is_current:
                found[one.item_id] = (*found.get(one.item_id, ()), one.claim_id)
        return found

    def _passage(self, passage: Passage) -> Passage:
        then = self._then(passage.id, Status(passage.supported, passage.recallable, stale=False))
        return replace(passage, supported=then.supported, recallable=then.current)

    def _claim(self, claim: Claim) -> Claim:
        then = self._then(claim.id, Status(claim.supported, claim.recallable, claim.stale))
        return replace(claim, supported=then.supported, recallable=then.current, stale=then.stale)

    def _then(self, item_id: str, now: Status) -> Status:
        return self._past.then.get(item_id, now)
