"""Is the agent still good? The front door: the values an evaluation is made of, how one judges cases, how it ends."""

from stemma.evals.case import Case, Failure, Row, Score, ToolCall
from stemma.evals.evaluator import CaseView, Evaluator, Judgement, evaluator
from stemma.evals.exits import ExitCode

__all__ = [
    "Case",
    "CaseView",
    "Evaluator",
    "ExitCode",
    "Failure",
    "Judgement",
    "Row",
    "Score",
    "ToolCall",
    "evaluator",
]
