"""EVALS_* settings. Nobody else in this package reads the environment."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class EvalSettings(BaseSettings):
    """Where results go, how intervals are drawn, and how long a case may take."""

    model_config = SettingsConfigDict(env_prefix="EVALS_", env_file=".env", extra="ignore")

    folder: Path = Path("stemma-eval")
    """Each run writes a folder of its own below this one, unless --out says where."""
    seed: int = 20260801
    """Of every random choice: bootstrap samples, question samples."""
    resamples: int = Field(default=2000, ge=100)
    """Bootstrap samples behind an interval."""
    level: float = Field(default=0.95, gt=0, lt=1)
    """Coverage of an interval."""
    k: int = Field(default=5, ge=1)
    """Rank metrics look at the first k."""
    depth: int = Field(default=20, ge=1)
    """How many hits a retrieval case asks for, at least k: how deep MRR and MAP look."""
    concurrency: int = Field(default=1, ge=1)
    """Questions asked at once of the answer graph. One at a time gives honest latencies."""
    case_timeout: float = Field(default=300.0, gt=0)
    """Seconds a question may take before it is a failure row."""
    price_input: float | None = Field(default=None, ge=0)
    """Of a million tokens that the model reads; what a run cost is known only with both prices."""
    price_output: float | None = Field(default=None, ge=0)
    """Of a million tokens that the model writes."""
    page_cases: int = Field(default=500, ge=1)
    """Cases the HTML page shows; all of them are in results.jsonl."""
    margin: float = Field(default=0.05, ge=0, le=1)
    """The gate: the loss in a metric that does not matter, unless --margin says otherwise."""
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    """The gate: one-sided chance of a false alarm over all metrics, and of a false pass in one."""
    least_pairs: int = Field(default=30, ge=2)
    """The gate: so many independent pairs, or nothing can be said."""
    coverage: float = Field(default=0.95, gt=0, le=1)
    """The gate: the share of the baseline's cases that must have a score."""
    data: Path | None = None
    """The nightly's data folder where --data names none."""
    baselines: Path = Path("baselines")
    """The nightly: folder with one promoted baseline for each suite; commit it."""
    marked: Path | None = None
    """The nightly: answers that people marked, to judge the groundedness check on; none leaves that suite out."""
    apply: bool = False
    """The nightly: put what detection proposes into quarantine, instead of only saying so."""
    nights: int = Field(default=30, ge=1)
    """Past nights that the nightly's page draws."""


def ragas_untracked() -> None:
    """Switch off what Ragas would report of its use. Call it before Ragas is imported: it looks once, and only at this.

    Source: `ragas._analytics.do_not_track` (0.4.3) reads the variable when it first has something to send.
    """
    os.environ["RAGAS_DO_NOT_TRACK"] = "true"
