"""The benchmark as an evaluation: rows for every question, figures for every arm, and its own gate.

Decides which figures are shown, how they are taken over seeds, and which plan stands for what was typed. What has to
be kept stands in `promises.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

from stemma.evals.case import Case, Failure, Row, Score, failed
from stemma.evals.errors import EvalFailure
from stemma.evals.metrics.intervals import Sampling, estimate
from stemma.evals.progress import Phase, silent
from stemma.evals.propagation.arms import (
    ARMS,
    DETECTING,
    NOTHING,
    OURS,
    PLAIN_CLOSURE,
    ArmPlan,
    arms_named,
    lossy_arms,
)
from stemma.evals.propagation.benchmark import BenchmarkPlan, SeedResult, run_benchmark
from stemma.evals.propagation.made_up import make_world
from stemma.evals.propagation.measures import Asked
from stemma.evals.propagation.passages import FAULTS, passages_world
from stemma.evals.propagation.promises import broken, harmless
from stemma.evals.propagation.subjects import Remedy
from stemma.evals.propagation.trial import TrialProtocol
from stemma.evals.propagation.world import Fault
from stemma.evals.results import Evaluation, run_record
from stemma.evals.summary import Json

SWEEP = (0.1, 0.25, 0.5)
"""Shares of lost lineage that are looked at unless somebody asks otherwise."""
PASSAGES = TrialProtocol(sessions=6, questions=9, contained_at=3)
"""How long real passages are tried; each poisoned question is asked as often as in the made-up world."""
SHOWN = (
    "contamination_before",
    "contamination_after",
    "invalidated_memory_exposure",
    "propagation_factor",
    "time_to_clean",
    "blast_radius_precision",
    "blast_radius_recall",
    "collateral_loss",
    "support_preserved",
    "answer_availability",
    "truth_restored",
    "outdated_answers",
    "provenance_completeness",
    "faults_found",
    "time_to_detect",
    "false_alarms_per_1000",
    "containment_seconds",
    "containment_latency_p99",
)


def plan_of(
    folder: Path,
    faults: Sequence[str],
    baselines: Sequence[str],
    missing: Sequence[float] | None,
    sessions: int,
    seeds: Sequence[int],
    memory_url: str | None,
    *,
    detect: bool = False,
) -> BenchmarkPlan:
    """From what was typed; `missing` None is the usual sweep. Raises `EvalFailure` for what there is none of."""
    known = {fault.value: fault for fault in Fault}
    if unknown := [name for name in faults if name not in known]:
        raise EvalFailure(f"there is no fault class {unknown[0]!r}", hint=f"choose of: {', '.join(known)}")
    chosen = tuple(known[name] for name in faults) or tuple(Fault)
    lossy = lossy_arms((SWEEP if not baselines else ()) if missing is None else missing)
    return BenchmarkPlan(
        folder,
        seeds=tuple(seeds),
        protocol=TrialProtocol(sessions=sessions, contained_at=sessions // 2),
        world=partial(make_world, faults=chosen),
        worth_defending=set(chosen) == set(Fault),
        arms=[*arms_named(baselines), *lossy, *([DETECTING] if detect else [])],
        memory_url=memory_url,
    )


def plan_of_passages(plan: BenchmarkPlan, faults: Sequence[str]) -> BenchmarkPlan | None:
    """The same remedies on real passages, without the sweep; None where none of the classes can be tried on them."""
    chosen = tuple(fault for fault in FAULTS if not faults or fault.value in faults)
    if not chosen:
        return None
    return replace(
        plan,
        folder=plan.folder / "passages",
        protocol=PASSAGES,
        world=partial(passages_world, faults=chosen),
        worth_defending=False,
        arms=[arm for arm in plan.arms if arm in ARMS],
    )


async def measured(
    plan: BenchmarkPlan, sampling: Sampling, phase: Phase = silent, *, passages: BenchmarkPlan | None = None
) -> Evaluation:
    """Run the plan, and the one of real passages after it. Raises what `run_benchmark` raises."""
    results = await run_benchmark(plan, phase)
    store = (plan.memory_url or "sqlite:").partition(":")[0]
    found = evaluation_of(results, plan, sampling, store=store)
    if not passages:
        return found
    return _with_passages(found, await run_benchmark(passages, phase), passages, sampling)


def evaluation_of(results: Sequence[SeedResult], plan: BenchmarkPlan, sampling: Sampling, *, store: str) -> Evaluation:
    """Rows and figures; `store` names the kind of Stemma's memory."""
    rows = _rows(results, "seed")
    arms = _arms(results, sampling)
    main = arms.get(OURS) or next(iter(arms.values()))
    undefended = arms.get(NOTHING, {}) if plan.worth_defending else {}
    figures: Json = {
        "metrics": main,
        "arms": arms,
        "by_fault": {name: _by_fault(results, name) for name in arms},
        "sessions": {name: _by_session(results, name) for name in arms},
        "sweep": _sweep(arms, plan.arms),
        "failures": sum(bool(row.failure) for row in rows),
        "cases": len(rows),
        "latency_ms": {},
        "broken": [*(broken(main) if OURS in arms else []), *harmless(undefended)],
    }
    if DETECTING.name in arms:
        figures["detection"] = {str(result.seed): result.figures[DETECTING.name]["detection"] for result in results}
    worlds = [plan.world(seed) for seed in plan.seeds]
    run = run_record(
        "propagation",
        data={
            "hash": sha256(repr([worlds, asdict(plan.protocol)]).encode()).hexdigest(),
            "sets": [f"seed {result.seed}" for result in results],
            "documents": sum(len(world.pages) for world in worlds),
            "questions": len(results) * plan.protocol.sessions * plan.protocol.questions,
            "corpus": "own",
            "limit": None,
        },
        model="extractive:",
        embedder=None,
        store=store,
        ingest=None,
        seed=sampling.seed,
        interval=sampling.as_json(),
        primary="uncontaminated",
        protocol=asdict(plan.protocol),
        notes={
            "the oracle": f"containment is told what is false, but for {DETECTING.name!r}: that one has to find it",
            "the plain memory": plan.system_name,
        },
    )
    return Evaluation(run, rows, figures)


def _with_passages(
    found: Evaluation, results: Sequence[SeedResult], plan: BenchmarkPlan, sampling: Sampling
) -> Evaluation:
    """With the figures on real passages beside the others; what has to be kept is kept there too."""
    rows = _rows(results, "passages, seed")
    arms = _arms(results, sampling)
    said = [f"real passages: {promise}" for promise in (broken(arms[OURS]) if OURS in arms else [])]
    figures = {
        **found.figures,
        "passages": {
            "questions": len(results) * plan.protocol.sessions * plan.protocol.questions,
            "arms": arms,
            "by_fault": {name: _by_fault(results, name) for name in arms},
        },
        "failures": found.failures + sum(bool(row.failure) for row in rows),
        "cases": len(found.rows) + len(rows),
        "broken": [*found.figures["broken"], *said],
    }
    return replace(found, rows=[*found.rows, *rows], figures=figures)


def _arms(results: Sequence[SeedResult], sampling: Sampling) -> dict[str, Json]:
    return {name: _over_seeds([each.figures[name] for each in results], sampling) for name in results[0].figures}


def _over_seeds(figures: Sequence[Json], sampling: Sampling) -> Json:
    """Each figure over the seeds; one that a seed has no value for is left out, not averaged around."""
    each = [{metric: one.get(metric) for metric in SHOWN} | _rates(one) for one in figures]
    found: Json = {}
    for metric in each[0]:
        values = [one.get(metric) for one in each]
        known = [float(value) for value in values if value is not None]
        if len(known) == len(values):
            found[metric] = estimate(known, sampling).as_json()
    return found


def _rates(figures: Json) -> Json:
    return {f"contamination_rate@{session}": rate for session, rate in figures["contamination_rate"].items()}


def _by_fault(results: Sequence[SeedResult], arm: str) -> Json:
    """Fault -> {"before", "after"}: contamination, the mean over seeds that asked about it."""
    return {
        fault: {
            side: _mean([result.figures[arm]["by_fault"][fault][side] for result in results])
            for side in ("before", "after")
        }
        for fault in results[0].figures[arm]["by_fault"]
    }


def _by_session(results: Sequence[SeedResult], arm: str) -> Json:
    """Session -> contamination, the mean over seeds that asked about poisoned facts in it."""
    return {
        session: _mean([result.figures[arm]["contamination_rate"][session] for result in results])
        for session in results[0].figures[arm]["contamination_rate"]
    }


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _sweep(arms: Mapping[str, Json], plans: Sequence[ArmPlan]) -> Json:
    """Arm -> share of lost edges -> what was contaminated after containment, and what true memory was lost."""
    metrics = ("contamination_after", "collateral_loss", "support_preserved")
    found: dict[str, Json] = {OURS: {}, PLAIN_CLOSURE: {}}
    for arm in sorted(plans, key=lambda each: each.missing):
        by_lineage = arm.remedy is (Remedy.CLOSURE if arm.plain else Remedy.SUPPORT)
        if by_lineage:
            shown = {metric: arms[arm.name][metric]["mean"] for metric in metrics if metric in arms[arm.name]}
            found[PLAIN_CLOSURE if arm.plain else OURS][f"{arm.missing:g}"] = shown
    return {name: points for name, points in found.items() if len(points) > 1}


def _rows(results: Sequence[SeedResult], where: str) -> list[Row]:
    return [
        _row(f"{where} {result.seed}", arm, number, asked)
        for result in results
        for arm, trial in result.trials.items()
        for number, asked in enumerate(trial.asked)
    ]


def _row(where: str, arm: str, number: int, asked: Asked) -> Row:
    case = Case(
        id=f"{where}/session {asked.session}/{number}",
        set=where,
        question=asked.fact.question,
        answers=(asked.fact.value,),
    )
    if asked.failed:
        problem = Failure("run", asked.failed.partition(":")[0], asked.failed)
        return failed(case, arm, ("uncontaminated", "right"), problem, run_id=asked.run_id, thread_id=asked.thread_id)
    scores = (Score("uncontaminated", float(not asked.contaminated)), Score("right", float(asked.right)))
    detail = {"answer": asked.answer, "abstained": not asked.answer, "fault": asked.fault, "exposed": asked.exposed}
    return Row(case, arm, scores, run_id=asked.run_id, thread_id=asked.thread_id, detail=detail)
