"""Scores the rows of an earlier evaluation with Ragas, and lets none of them get lost.

Decides what a row's scores and failure are: a metric that raises, gives NaN, does not answer in time, or lacks what it
reads makes a failure row with 0 in that metric; a row that had failed before stays one, with 0 in all that was due.
Which metrics are due is decided in `ragas_catalog.py`; Ragas is imported when this is called, never before.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from stemma.evals.case import Failure, Row, Score
from stemma.evals.errors import NothingToScore, RagasMissing
from stemma.evals.metrics.intervals import Sampling
from stemma.evals.progress import Phase, silent
from stemma.evals.ragas_catalog import RagasMetric, chosen, is_due, not_recorded, nothing_to_judge
from stemma.evals.ragas_judges import Judge, ModelJudge, Vectors, VerifierJudge
from stemma.evals.ragas_rows import RagasRow, RagasRows, read_ragas_rows
from stemma.evals.results import Evaluation, run_record
from stemma.evals.scratch import carry_on
from stemma.evals.settings import ragas_untracked
from stemma.evals.summary import Json, summarise
from stemma.graphs.models.reasoning import ReasoningModel
from stemma.memory.ingest.embedders import chosen_embedder
from stemma.memory.ports import Embedder
from stemma.memory.settings import MemorySettings

if TYPE_CHECKING:
    from stemma.evals.ragas_metrics import RagasMetrics


@dataclass(frozen=True, slots=True)
class RagasPlan:
    """What to score, and who judges."""

    sampling: Sampling
    metrics: tuple[str, ...] = ()
    """Names of `ragas_catalog.METRICS`; empty: all that can be had."""
    model: ReasoningModel | None = None
    """The judge; without one, our verifier judges faithfulness, and what needs a model is left out."""
    variant: str = ""
    """The graph or recipe whose rows are scored; empty: the evaluation's first."""
    concurrency: int = 1
    """Cases that are judged at once."""
    timeout: float = 300.0
    """Seconds that one metric of one case may take."""
    embedder: Embedder | None = None
    """Instead of the one that MEMORY_EMBEDDER names; opened only when a metric needs it."""


def ragas_installed() -> bool:
    """Whether the extra `evals` is there. Imports nothing."""
    return find_spec("ragas") is not None


async def evaluate_ragas(folder: Path, plan: RagasPlan, phase: Phase = silent) -> Evaluation:
    """Score every case of the results in `folder`, which is not changed.

    On cancellation (Ctrl-C) what was scored until then is returned, marked interrupted.
    Raises `RagasMissing`, `UnknownMetric`, `InvalidResults`, `NothingToScore`, and what opening the embedder raises.
    """
    wanted = chosen(plan.metrics, model=plan.model is not None)
    given = await read_ragas_rows(folder, plan.variant)
    due = [row for row in given.rows if any(is_due(metric, row) for metric in wanted)]
    if not due:
        raise NothingToScore(
            f"no case of {folder} is due any of these metrics",
            hint='cases need "gold" documents, right "answers", or an answer with the texts it was made from',
        )
    judge: Judge = VerifierJudge() if plan.model is None else ModelJudge(plan.model)
    embedder = await _embedder(plan, wanted)
    metrics = imported(judge, None if embedder is None else Vectors(embedder))
    rows: list[Row] = []
    interrupted = False
    try:
        await _score_all(_Scoring(metrics, wanted, plan.timeout), due, plan.concurrency, phase, rows)
    except asyncio.CancelledError:
        interrupted = True
        carry_on()
    order = {row.case.id: number for number, row in enumerate(due)}
    rows.sort(key=lambda row: order[row.case.id])
    figures = {**summarise(rows, plan.sampling), "failed_metrics": _failed_metrics(rows)}
    return Evaluation(_record(given, plan, wanted, judge, embedder), rows, figures, interrupted)


def imported(judge: Judge, vectors: Vectors | None = None) -> RagasMetrics:
    """Ragas' metrics with their judge, its telemetry off. Takes seconds the first time. Raises `RagasMissing`."""
    ragas_untracked()
    try:
        from stemma.evals.ragas_metrics import RagasMetrics
    except ImportError as missing:
        raise RagasMissing(f"Ragas cannot be imported: {missing}") from missing
    return RagasMetrics(judge, vectors)


async def _embedder(plan: RagasPlan, wanted: Sequence[RagasMetric]) -> Embedder | None:
    if not any(metric.embedder for metric in wanted):
        return None
    return plan.embedder or await chosen_embedder(MemorySettings())


@dataclass(frozen=True, slots=True)
class _Scoring:
    """What every row needs."""

    metrics: RagasMetrics
    wanted: Sequence[RagasMetric]
    timeout: float


async def _score_all(
    scoring: _Scoring, due: Sequence[RagasRow], concurrency: int, phase: Phase, rows: list[Row]
) -> None:
    """All rows, `concurrency` at once; they are appended as they come."""
    advance = phase("judge", len(due))
    places = asyncio.Semaphore(concurrency)

    async def one(row: RagasRow) -> None:
        async with places:
            rows.append(await _scored(scoring, row))
        advance(len(rows))

    async with asyncio.TaskGroup() as group:
        for row in due:
            group.create_task(one(row))


async def _scored(scoring: _Scoring, row: RagasRow) -> Row:
    scores: list[Score] = []
    failures: dict[str, Failure] = {}
    for metric in scoring.wanted:
        if not is_due(metric, row):
            continue
        found = await _found(scoring, metric, row)
        if isinstance(found, Failure):
            failures[metric.figure] = found
            found = Score(metric.figure, 0.0, f"{found.error}: {found.message}")
        if found is not None:
            scores.append(found)
    detail: Json = {"answer": row.said, "abstained": not row.said, "short": row.short} if row.answers else {}
    return Row(
        row.case,
        row.variant,
        tuple(scores),
        row.ranked,
        row.failure,
        row.run_id,
        row.thread_id,
        detail=detail,
        failed_metrics=failures,
    )


async def _found(scoring: _Scoring, metric: RagasMetric, row: RagasRow) -> Score | Failure | None:
    """The row's score in one metric, or why it has none; None when the metric finds nothing to judge."""
    if row.failure is not None:
        return Score(metric.figure, 0.0, f"{row.failure.error}: {row.failure.message}")
    if missing := not_recorded(metric, row):
        return Failure(metric.name, "NotRecorded", missing)
    if reason := nothing_to_judge(metric, row):
        return Score(metric.figure, 0.0, reason)
    value = await _outcome(scoring.metrics.score(metric.name, row), scoring.timeout)
    if isinstance(value, TimeoutError):
        return Failure(metric.name, "TimeoutError", f"no score within {scoring.timeout:g} s")
    if isinstance(value, Exception):
        return Failure(metric.name, type(value).__name__, str(value)[:500])
    return None if value is None else Score(metric.figure, value)


async def _outcome(scoring: Awaitable[float | None], seconds: float) -> float | Exception | None:
    """The score, or what was raised as a value: which classes Ragas and a provider's client raise is not known here."""
    [found] = await asyncio.gather(asyncio.wait_for(scoring, seconds), return_exceptions=True)
    if isinstance(found, BaseException) and not isinstance(found, Exception):
        raise found
    return found


def _failed_metrics(rows: Sequence[Row]) -> dict[str, int]:
    """Metric -> rows in which it failed by itself; metrics that never did are left out."""
    return dict(Counter(metric for row in rows for metric in row.failed_metrics))


def _record(
    given: RagasRows, plan: RagasPlan, wanted: Sequence[RagasMetric], judge: Judge, embedder: Embedder | None
) -> Json:
    from stemma.evals.ragas_metrics import RAGAS_VERSION

    source = given.source
    judged = any(metric.judged or metric.model for metric in wanted)
    verifier = " (our check of sentences against evidence, no model)" if plan.model is None else ""
    notes = {
        "judge": f"{judge.name}{verifier}" if judged else "none was needed",
        "counting": "saying nothing where an answer was due is 0, and not due in what judges only what was said",
    }
    return run_record(
        "ragas",
        data=source["data"],
        model=judge.name if judged else None,
        embedder=None if embedder is None else {"name": embedder.identity.name},
        store=None,
        ingest=None,
        seed=plan.sampling.seed,
        interval=plan.sampling.as_json(),
        primary=wanted[0].figure,
        ragas=RAGAS_VERSION,
        asked=[metric.name for metric in wanted],
        judged={name: source.get(name) for name in ("kind", "revision", "finished_at", "model")}
        | {"variant": given.variant},
        notes=notes,
    )
