"""Recall's `Decomposer` over a language model: a question of several steps becomes simpler questions.

Decides how the model is asked and which of its questions count. It answers nothing.
"""

from __future__ import annotations

from pydantic import BaseModel, Field

from stemma.graphs.errors import ModelFailure
from stemma.graphs.models.prompt import write_prompt
from stemma.graphs.models.reasoning import ReasoningModel
from stemma.memory.errors import RecallModelFailed
from stemma.memory.identifiers import statement_key

_MOST = 4
_INSTRUCTION = (
    "The question will be looked up in a collection of documents. When it takes several facts to answer, write the "
    "questions that find them, one fact each, at most four, each understandable alone. When one fact answers it, write "
    "none. Do not answer."
)


class Parts(BaseModel):
    """The simpler questions; empty for a question that one fact answers."""

    questions: list[str] = Field(default_factory=list)


class ModelDecomposer:
    """`Decomposer` over a language model."""

    def __init__(self, model: ReasoningModel) -> None:
        self._model = model

    async def decompose(self, query: str) -> list[str]:
        """At most four different questions, none of them the query itself. Raises `RecallModelFailed`."""
        if not query.strip():
            return []
        try:
            answer = await self._model.shaped(Parts, write_prompt(_INSTRUCTION, query, []))
        except ModelFailure as failure:
            raise RecallModelFailed(f"the question could not be taken apart: {failure}", hint=failure.hint) from failure
        parts = {statement_key(part): " ".join(part.split()) for part in reversed(answer.questions) if part.strip()}
        parts.pop(statement_key(query), None)
        return list(reversed(parts.values()))[:_MOST]
