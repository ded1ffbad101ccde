"""How a step or a night ended, in the words that every report uses. Pure."""

from __future__ import annotations

from stemma.evals.nightly.record import Night, Status, Step, StepStatus

_WORDS = {0: "pass", 1: "REGRESSION", 3: "inconclusive", 4: "NOT MEASURED", 130: "interrupted"}
_TELLING = ("harvest", "drift", "feedback")


def outcome(step: Step) -> str:
    """How a step ended; what only tells, and judges nothing, is "done"."""
    if step.name in _TELLING and not step.exit_code:
        return step.status.value
    return _WORDS[step.exit_code] if step.status is StepStatus.DONE else step.status.value


def outcome_of(night: Night) -> str:
    """How the night ended, or that it has not."""
    return "not finished" if night.status is Status.RUNNING else _WORDS[int(night.exit_code)]
