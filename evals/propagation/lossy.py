"""A memory that loses part of its lineage, to see what the clean-up is worth when provenance is not complete.

Decides which edges are lost, by seed: each antecedent of each learned claim by itself. What is lost is never written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from stemma.graphs.answer.context import AgentMemory
from stemma.memory.learning import LearnedClaim
from stemma.memory.model import Answer, Hit, Scope


class LossyMemory:
    """`AgentMemory` over another one. `kept` and `lost` count edges."""

    def __init__(self, memory: AgentMemory, missing: float, seed: int) -> None:
        """`missing` in [0, 1] is the share of edges that is lost."""
        self._memory = memory
        self._missing = missing
        self._draw = Random(f"{seed}/edges")
        self.kept = self.lost = 0

    async def recall(self, scope: Scope, query: str, *, k: int = 5, recipe: str | None = None) -> list[Hit]:
        return await self._memory.recall(scope, query, k=k, recipe=recipe)

    async def learn(self, scope: Scope, answer: Answer, claims: Sequence[LearnedClaim]) -> Answer:
        return await self._memory.learn(scope, answer, [self._with_losses(claim) for claim in claims])

    def _with_losses(self, claim: LearnedClaim) -> LearnedClaim:
        kept = [each for each in claim.antecedents if self._draw.random() >= self._missing]
        self.kept += len(kept)
        self.lost += len(claim.antecedents) - len(kept)
        return replace(claim, antecedents=kept)
