"""The gate's policy as EVALS_* says it: one for the gate's command, the nightly and tuning."""

from __future__ import annotations

from collections.abc import Mapping

from stemma.evals.gate.verdict import Policy
from stemma.evals.settings import EvalSettings


def policy_of(settings: EvalSettings, margins: Mapping[str, float]) -> Policy:
    """The metrics with the losses that do not matter, and everything else from the settings."""
    return Policy(
        margins,
        alpha=settings.alpha,
        least_pairs=settings.least_pairs,
        coverage=settings.coverage,
        seed=settings.seed,
    )
