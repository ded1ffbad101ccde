"""The corrective retrieval graph.

    normalise -> recall -> grade -> generate -> verify -> learn
                   ^         |         ^          |
                   |- rewrite|         '--again---|
                             '------> abstain <---'

Decides the order of steps; the routes between them are in `routing.py`.
"""

from __future__ import annotations

from langgraph.graph import END, START, StateGraph

from stemma.graphs.answer.abstain import abstain
from stemma.graphs.answer.context import AnswerContext
from stemma.graphs.answer.generate import generate
from stemma.graphs.answer.grade import grade
from stemma.graphs.answer.learn import learn
from stemma.graphs.answer.normalise import normalise
from stemma.graphs.answer.recall import recall
from stemma.graphs.answer.rewrite import rewrite
from stemma.graphs.answer.routing import after_abstain, after_grade, after_rewrite, after_verify
from stemma.graphs.answer.state import AnswerInput, AnswerOutput, AnswerState
from stemma.graphs.answer.verify import verify


def build_answer_graph() -> StateGraph[AnswerState, AnswerContext, AnswerInput, AnswerOutput]:
    """The graph, not compiled: whoever runs it brings the saver and, for each run, an `AnswerContext`."""
    builder = StateGraph(
        AnswerState, context_schema=AnswerContext, input_schema=AnswerInput, output_schema=AnswerOutput
    )
    builder.add_node("normalise", normalise)
    builder.add_node("recall", recall)
    builder.add_node("grade", grade)
    builder.add_node("rewrite", rewrite)
    builder.add_node("generate", generate)
    builder.add_node("verify", verify)
    builder.add_node("learn", learn)
    builder.add_node("abstain", abstain)
    builder.add_edge(START, "normalise")
    builder.add_edge("normalise", "recall")
    builder.add_edge("recall", "grade")
    builder.add_conditional_edges("grade", after_grade, ["generate", "rewrite", "abstain"])
    builder.add_conditional_edges("rewrite", after_rewrite, ["recall", "generate", "abstain"])
    builder.add_edge("generate", "verify")
    builder.add_conditional_edges("verify", after_verify, ["learn", "generate", "abstain"])
    builder.add_conditional_edges("abstain", after_abstain, {"learn": "learn", "end": END})
    builder.add_edge("learn", END)
    return builder
