"""What the steps of one run may use. It is built for each run from who asked; it is never checkpointed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from langgraph.runtime import Runtime

from stemma.graphs.models.reasoning import ReasoningModel
from stemma.memory.learning import LearnedClaim
from stemma.memory.model import Answer, Hit, Scope


class AgentMemory(Protocol):
    """What the steps need of a memory. `LongTermMemory` is one; the benchmark of propagation brings others."""

    async def recall(self, scope: Scope, query: str, *, k: int = 5, recipe: str | None = None) -> list[Hit]:
        """The k best memories for a question, best first."""

    async def learn(self, scope: Scope, answer: Answer, claims: Sequence[LearnedClaim]) -> Answer:
        """Write back an answer and the claims it stated; the answer as it is stored."""


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """Whose memory, which model, how much to recall, and whether to learn from the answer."""

    memory: AgentMemory
    model: ReasoningModel
    scope: Scope
    k: int = 8
    """Passages a recall brings."""
    recipe: str | None = None
    """The recall recipe; None is the memory's default."""
    learn: bool = True
    """Whether answers and their claims are written back to memory."""


def tell(runtime: Runtime[AnswerContext], step: str, text: str, **data: Any) -> dict[str, str]:
    """Emit a custom event that a person can follow; returns the entry for the state's `steps`."""
    runtime.stream_writer({"step": step, "text": text, **data})
    return {"step": step, "text": text}
