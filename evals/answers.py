"""Scores the answer graph: the same runs as anybody's, through the durable runtime, over a scratch memory.

Learning is off, so that no case can lean on what an earlier one wrote: the order of the questions does not matter. The
run store (and, unless a memory URL is given, the memory) stays in the results folder, so that each row's run can be
opened and replayed. Asked beside it, on the same memory: the sentence baseline (`baseline.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from stemma.evals.answer_scores import due, said, scores_of, trajectory_scores
from stemma.evals.baseline import best_sentence
from stemma.evals.case import Case, Failure, Row, Score, failed
from stemma.evals.case_view import lineage_of, view_of
from stemma.evals.dataset import Dataset
from stemma.evals.evaluator import CaseView, Evaluator
from stemma.evals.judging import Judged, Judges, judges, label_counts, with_judgements
from stemma.evals.metrics.answer import exact_match, token_f1
from stemma.evals.metrics.intervals import Sampling
from stemma.evals.progress import Phase, silent
from stemma.evals.recording import Recording, record
from stemma.evals.results import Evaluation, run_record
from stemma.evals.scratch import Scratch, carry_on, fill, scratch_memory
from stemma.evals.summary import Json, paired_differences, summarise
from stemma.evals.usage import Prices, usage_figures, usage_of
from stemma.graphs.answer.context import AnswerContext
from stemma.graphs.answer.graph import build_answer_graph
from stemma.graphs.catalog import Catalog
from stemma.graphs.errors import GraphFailure
from stemma.graphs.models.open import open_model
from stemma.graphs.models.reasoning import ReasoningModel
from stemma.graphs.policy import LOCAL, Actor
from stemma.graphs.runs.model import Run, RunRequest
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings
from stemma.memory.errors import MemoryFailure
from stemma.memory.ports import Embedder

GRAPH = "answer"
BASELINE = "baseline"
_LEARNING = "off: each question is answered from the corpus alone, in any order"


@dataclass(frozen=True, slots=True)
class AnswerPlan:
    """What to ask, how, and where the run store goes."""

    sampling: Sampling
    folder: Path
    """Exists; absolute."""
    k: int = 5
    memory_url: str | None = None
    concurrency: int = 1
    case_timeout: float = 300.0
    embedder: Embedder | None = None
    """Instead of the one that MEMORY_EMBEDDER names."""
    evaluators: tuple[Evaluator, ...] = ()
    """Besides the built-in metrics; their names must not be taken (`metric_names`)."""
    prices: Prices | None = None


@dataclass(frozen=True, slots=True)
class _Asking:
    """What every case needs."""

    scratch: Scratch
    runtime: Runtime
    plan: AnswerPlan
    judges: Judges
    judged: dict[str, tuple[Judged, ...]]
    """What evaluators said, by case id."""


async def evaluate_answers(dataset: Dataset, plan: AnswerPlan, phase: Phase = silent) -> Evaluation:
    """Ingest the corpus into a scratch memory and ask the answer graph every question.

    On cancellation (Ctrl-C) what was asked until then is returned, marked interrupted, once the scratch memory is gone.
    Raises `NotMeasured`, `ModelUnavailable`, and what `open_memory` and `open_runtime` raise.
    """
    memory_file, runs_file = free_files(plan.folder)
    settings = GraphSettings(database_url=f"sqlite:///{runs_file}")
    model = open_model(settings)
    rows: list[Row] = []
    judged: dict[str, tuple[Judged, ...]] = {}
    facts: Json = {"ingest": None, "embedder": None, "store": None}
    interrupted = False
    try:
        async with scratch_memory(plan.memory_url, memory_file, plan.embedder) as scratch:
            facts |= {"store": scratch.store, "embedder": scratch.embedder()}
            facts["ingest"] = await fill(scratch, dataset.documents, phase("ingest", len(dataset.documents)))
            async with await open_runtime(_catalog(scratch, model), settings) as runtime:
                with judges(plan.evaluators, plan.case_timeout) as ready:
                    asking = _Asking(scratch, runtime, plan, ready, judged)
                    await _ask_all(asking, dataset.cases, phase, rows)
    except asyncio.CancelledError:
        interrupted = True
        carry_on()
    order = {case.id: number for number, case in enumerate(dataset.cases)}
    rows.sort(key=lambda row: order[row.case.id])
    own = with_judgements(
        [row for row in rows if row.variant == GRAPH], judged, [each.metric for each in plan.evaluators]
    )
    rows[:] = _merged(own, rows)
    run = run_record(
        "run",
        data=dataset.as_json(),
        model=model.name,
        seed=plan.sampling.seed,
        interval=plan.sampling.as_json(),
        primary="token_f1",
        k=plan.k,
        notes={"learning": _LEARNING, "open a run": _opened_by(memory_file, runs_file, plan)},
        **facts,
    )
    return Evaluation(run, rows, _figures(rows, plan.sampling), interrupted)


def free_files(folder: Path) -> tuple[Path, Path]:
    """Names for this evaluation's memory and run store: memory.db and runs.db, numbered where they are taken."""
    tails = ("", *(f"-{number}" for number in range(2, 1000)))
    pairs = ((folder / f"memory{tail}.db", folder / f"runs{tail}.db") for tail in tails)
    return next(pair for pair in pairs if not any(file.exists() for file in pair))


def _opened_by(memory_file: Path, runs_file: Path, plan: AnswerPlan) -> str:
    """What to type in the results folder. A scratch tenant is gone by then, so its runs can be shown, not replayed."""
    memory = "" if plan.memory_url else f" MEMORY_URL=sqlite:///{memory_file.name}"
    return f"in this folder: GRAPHS_DATABASE_URL=sqlite:///{runs_file.name}{memory} stemma runs show RUN"


def _catalog(scratch: Scratch, model: ReasoningModel) -> Catalog:
    def context(_actor: Actor, _run: Run) -> AnswerContext:
        return AnswerContext(scratch.memory, model, scratch.scope, learn=False)

    catalog = Catalog()
    catalog.register(GRAPH, build_answer_graph(), context=context)
    return catalog


async def _ask_all(asking: _Asking, cases: Sequence[Case], phase: Phase, rows: list[Row]) -> None:
    """All cases, `concurrency` at once; rows are appended as they come."""
    advance = phase("ask", len(cases))
    places = asyncio.Semaphore(asking.plan.concurrency)
    done = 0

    async def one(case: Case) -> None:
        nonlocal done
        async with places:
            rows.extend([await _ask(asking, case), await _ask_baseline(asking, case)])
        done += 1
        advance(done)

    async with asyncio.TaskGroup() as group:
        for case in cases:
            group.create_task(one(case))


async def _ask(asking: _Asking, case: Case) -> Row:
    metrics = due(case, asking.plan.k)
    ids: dict[str, str] = {}
    try:
        async with asyncio.timeout(asking.plan.case_timeout):
            started = perf_counter()
            state = await _run(asking, case, ids)
            took = (perf_counter() - started) * 1000
            texts = await _cited_texts(asking.scratch, state)
            recording = await record(asking.runtime, LOCAL, ids["thread_id"], ids["run_id"], state)
            view = await _view(asking, case, state, recording, ids, took)
    except TimeoutError:
        problem = Failure("timeout", "TimeoutError", f"no answer within {asking.plan.case_timeout:g} s")
        return failed(case, GRAPH, metrics, problem, **ids)
    except (GraphFailure, MemoryFailure) as failure:
        return failed(case, GRAPH, metrics, Failure("run", type(failure).__name__, str(failure)), **ids)
    if view is not None:
        asking.judged[case.id] = await asking.judges.judge(view)
    ranked = tuple(str(passage.get("document_id", "")) for passage in state.get("passages", ()))
    scores = scores_of(case, state, texts, asking.plan.k) + trajectory_scores(case, recording)
    detail = {**_detail(state), "usage": usage_of(recording, asking.plan.prices)}
    return Row(case, GRAPH, scores, ranked, None, ids["run_id"], ids["thread_id"], took, detail)


async def _view(
    asking: _Asking, case: Case, state: dict[str, Any], recording: Recording, ids: dict[str, str], took: float
) -> CaseView | None:
    """What evaluators see, where there are any."""
    if not asking.judges.evaluators:
        return None
    lineage = await lineage_of(asking.scratch.memory, asking.scratch.scope, state)
    return await view_of(
        asking.runtime,
        LOCAL,
        case,
        output=state,
        recording=recording,
        lineage=lineage,
        ids=ids,
        milliseconds=took,
    )


async def _run(asking: _Asking, case: Case, ids: dict[str, str]) -> dict[str, Any]:
    """One run on a thread of its own, to its end; `ids` gains run and thread as soon as they exist."""
    thread = await asking.runtime.create_thread(LOCAL, metadata={"case": case.id})
    ids["thread_id"] = thread.thread_id
    request = RunRequest(GRAPH, input={"question": case.question})
    run = await asking.runtime.submit(LOCAL, thread.thread_id, request)
    ids["run_id"] = run.run_id
    return dict(await asking.runtime.join(LOCAL, thread.thread_id, run.run_id))


async def _cited_texts(scratch: Scratch, state: dict[str, Any]) -> dict[str, str]:
    """The stored text of each cited passage, read from memory again: the graph's word is not taken for it."""
    ids = list(dict.fromkeys(str(citation["id"]) for citation in state.get("citations", ())))
    return {passage.id: passage.text for passage in await scratch.memory.graph.passages(scratch.scope, ids)}


def _detail(state: dict[str, Any]) -> Json:
    kept = ("answer", "abstained", "reason", "citations", "steps")
    return {"short": said(state), **{name: state[name] for name in kept if name in state}}


async def _ask_baseline(asking: _Asking, case: Case) -> Row:
    metrics = ("exact_match", "token_f1", "answer_token_f1") if case.answers else ()
    try:
        started = perf_counter()
        hits = await asking.scratch.memory.recall(asking.scratch.scope, case.question, k=1)
        sentence = best_sentence(case.question, hits)
        took = (perf_counter() - started) * 1000
    except MemoryFailure as failure:
        return failed(case, BASELINE, metrics, Failure("recall", type(failure).__name__, str(failure)))
    scores: tuple[Score, ...] = ()
    if case.answers:
        f1 = token_f1(sentence, case.answers)
        exact = exact_match(sentence, case.answers)
        scores = (Score("exact_match", exact), Score("token_f1", f1), Score("answer_token_f1", f1))
    ranked = tuple(hit.document_id for hit in hits)
    return Row(case, BASELINE, scores, ranked, milliseconds=took, detail={"answer": sentence, "abstained": False})


def _merged(own: Sequence[Row], rows: Sequence[Row]) -> list[Row]:
    """The rows in their order, the graph's own ones replaced."""
    judged = iter(own)
    return [next(judged) if row.variant == GRAPH else row for row in rows]


def metric_names(k: int) -> frozenset[str]:
    """Every metric that an evaluation of answers may have without anybody's evaluators."""
    everything = Case("", "", "", gold=("x",), answers=("x",), tools=(), steps=())
    return frozenset((*due(everything, k), "citation_verbatim"))


def _figures(rows: Sequence[Row], sampling: Sampling) -> Json:
    own = [row for row in rows if row.variant == GRAPH]
    baseline = [row for row in rows if row.variant == BASELINE]
    figures = summarise(own, sampling)
    figures["failures"] = sum(row.failing for row in rows)
    figures["usage"] = usage_figures(own)
    if labels := label_counts(own):
        figures["labels"] = labels
    figures["baseline"] = summarise(baseline, sampling)
    figures["difference"] = paired_differences(own, baseline, sampling)
    return figures
