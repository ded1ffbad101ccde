"""Everything evals raises. One base; a class's docstring is its default message; no HTTP words here.

A case that fails is not an error of this kind: it is a failure row (`case.Failure`), counted and shown.
"""

from __future__ import annotations

from stemma.evals.exits import ExitCode


class EvalFailure(Exception):
    """The evaluation could not do what was asked."""

    hint: str = ""
    """What to type or change, for the last line that a person sees."""
    exit_code: int = ExitCode.USAGE

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())
        if hint:
            self.hint = hint


class InvalidDataset(EvalFailure):
    """The data folder cannot be used as it is; the message names the file, the line and what would be right."""


class NothingToScore(EvalFailure):
    """No question of the data set can be scored by this evaluation."""


class InvalidDownload(EvalFailure):
    """The file is not what this public format looks like."""


class InvalidResults(EvalFailure):
    """The folder does not hold the results of an evaluation that this version can read."""


class NightRunning(EvalFailure):
    """Another nightly is at work in this results folder."""

    hint = "wait for it to end, or keep other results: --out DIR"


class UnknownResults(EvalFailure):
    """There is no such evaluation."""


class OtherNight(EvalFailure):
    """The night of this date was begun with another plan."""

    hint = "--again does it anew, --date and --out keep another one"


class InvalidEvaluator(EvalFailure):
    """The file named with --evaluator cannot be used."""


class NotMeasured(EvalFailure):
    """What had to be there before anything could be measured did not come about."""

    exit_code = ExitCode.EXECUTION


class UnknownMetric(EvalFailure):
    """There is no such metric, or it needs what was not given."""


class RagasMissing(EvalFailure):
    """Ragas is not installed, or cannot be imported."""

    hint = 'pip install "stemma-agents[evals]"'


class NoVerdict(EvalFailure):
    """A judge, or the metric that asked it, came to no number."""

    exit_code = ExitCode.EXECUTION
