"""Is the agent still good? The front door: the values an evaluation is made of, and how it ends."""

from stemma.evals.case import Case, Failure, Row, Score
from stemma.evals.exits import ExitCode

__all__ = ["Case", "ExitCode", "Failure", "Row", "Score"]
