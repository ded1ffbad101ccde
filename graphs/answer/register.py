"""Puts the answer graph into a catalog, with the context that each of its runs gets.

Decides whose memory a run sees: that of the actor's tenant and user, never what a request's body says.
"""

from __future__ import annotations

from langgraph.graph import START

from stemma.graphs.answer.context import AnswerContext
from stemma.graphs.answer.graph import build_answer_graph
from stemma.graphs.catalog import Catalog
from stemma.graphs.models.open import open_model
from stemma.graphs.policy import Actor, memory_scope
from stemma.graphs.runs.model import Run
from stemma.graphs.settings import GraphSettings
from stemma.memory.long_term import LongTermMemory

GRAPH_ID = "answer"
HEALS_FROM = frozenset({START, "normalise", "recall"})
"""Its steps change nothing but memory, where a run again writes an answer of its own."""
DESCRIPTION = "Answers a question from memory with citations, checks every sentence, or says that it cannot."


def register_answer(
    catalog: Catalog,
    memory: LongTermMemory,
    settings: GraphSettings,
    *,
    k: int = 8,
    recipe: str | None = None,
    learn: bool = True,
    graph_id: str = GRAPH_ID,
    description: str = DESCRIPTION,
) -> None:
    """Register the graph, under `answer` unless a project names it otherwise. The model is opened once, for all runs.

    Raises `ModelUnavailable`.
    """
    model = open_model(settings)

    def context(actor: Actor, _: Run) -> AnswerContext:
        return AnswerContext(memory=memory, model=model, scope=memory_scope(actor), k=k, recipe=recipe, learn=learn)

    catalog.register(graph_id, build_answer_graph(), context=context, description=description, heals_from=HEALS_FROM)
