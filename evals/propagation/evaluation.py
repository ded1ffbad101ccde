"""The benchmark as an evaluation: rows for every question, figures for every arm, and its own gate.

Decides what passes: with lineage and alternative support nothing contaminated, nothing true lost and nothing false left
after containment; and the world must have been worth defending. What cannot be said (no such question) fails nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from stemma.evals.case import Case, Failure, Row, Score, failed
from stemma.evals.errors import EvalFailure
from stemma.evals.metrics.intervals import Sampling, estimate
from stemma.evals.progress import Phase, silent
from stemma.evals.propagation.benchmark import (
    DETECTING,
    OURS,
    BenchmarkPlan,
    SeedResult,
    arms_named,
    lossy_arms,
    run_benchmark,
)
from stemma.evals.propagation.measures import Asked
from stemma.evals.propagation.subjects import Remedy
from stemma.evals.propagation.trial import TrialProtocol
from stemma.evals.propagation.world import Fault
from stemma.evals.results import Evaluation, run_record
from stemma.evals.summary import Json

SWEEP = (0.1, 0.25, 0.5)
"""Shares of lost lineage that are looked at unless somebody asks otherwise."""
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
    "provenance_completeness",
    "containment_seconds",
)
_MUST = {
    "contamination_after": 0.0,
    "invalidated_memory_exposure": 0.0,
    "time_to_clean": 0.0,
    "blast_radius_precision": 1.0,
    "blast_radius_recall": 1.0,
    "collateral_loss": 0.0,
    "support_preserved": 1.0,
}
"""What lineage with alternative support has to reach, over all seeds."""
LEAST_HARM = 0.2
"""How much has to be contaminated when nothing is done, or being clean means nothing."""
MOST_LOSS = 0.01
"""How far the availability of healthy answers may fall below the clean run's."""


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
    protocol = TrialProtocol(sessions=sessions, contained_at=sessions // 2)
    lossy = lossy_arms((SWEEP if not baselines else ()) if missing is None else missing)
    return BenchmarkPlan(
        folder,
        seeds=tuple(seeds),
        protocol=protocol,
        arms=[*arms_named(baselines), *lossy, *([DETECTING] if detect else [])],
        faults=tuple(known[name] for name in faults) or tuple(Fault),
        memory_url=memory_url,
    )


async def measured(plan: BenchmarkPlan, sampling: Sampling, phase: Phase = silent) -> Evaluation:
    """Run the plan. Raises what `run_benchmark` raises."""
    results = await run_benchmark(plan, phase)
    return evaluation_of(results, plan, sampling, store=(plan.memory_url or "sqlite:").partition(":")[0])


def evaluation_of(results: Sequence[SeedResult], plan: BenchmarkPlan, sampling: Sampling, *, store: str) -> Evaluation:
    """Rows and figures; `store` names the kind of Stemma's memory."""
    rows = [
        _row(result.seed, arm, number, asked)
        for result in results
        for arm, trial in result.trials.items()
        for number, asked in enumerate(trial.asked)
    ]
    arms = {name: _over_seeds([result.figures[name] for result in results], sampling) for name in results[0].figures}
    main = arms.get(OURS) or next(iter(arms.values()))
    figures: Json = {
        "metrics": main,
        "arms": arms,
        "by_fault": {name: _by_fault(results, name) for name in arms},
        "sessions": {name: _by_session(results, name) for name in arms},
        "failures": sum(bool(row.failure) for row in rows),
        "cases": len(rows),
        "latency_ms": {},
        "broken": [*(broken(main) if OURS in arms else []), *_harmless(arms, plan)],
    }
    if DETECTING.name in arms:
        figures["detection"] = {str(result.seed): result.figures[DETECTING.name]["detection"] for result in results}
    world = [plan.entities, plan.per_fault, [fault.value for fault in plan.faults], list(plan.seeds)]
    digest = sha256(repr([world, asdict(plan.protocol)]).encode()).hexdigest()
    questions = len(results) * plan.protocol.sessions * plan.protocol.questions
    run = run_record(
        "propagation",
        data={
            "hash": digest,
            "sets": [f"seed {result.seed}" for result in results],
            "documents": plan.entities * 5,
            "questions": questions,
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
            "detection": "facts of this world never change: how often a true change is taken for a fault is not here",
        },
    )
    return Evaluation(run, rows, figures)


def broken(ours: Json) -> list[str]:
    """The promises that the arm with alternative support did not keep, in words; empty when all are kept."""
    said = [
        f"{metric} is {ours[metric]['mean']:.4g}, and has to be {wanted:g}"
        for metric, wanted in _MUST.items()
        if metric in ours and ours[metric]["mean"] != wanted
    ]
    if "time_to_clean" not in ours:
        said.append("memory was not clean at the end")
    available = ours.get("answer_availability")
    if available and available["mean"] < -MOST_LOSS:
        said.append(f"answer_availability fell by {-available['mean']:.2%}")
    return said


def _harmless(arms: Json, plan: BenchmarkPlan) -> list[str]:
    """Why the world was not worth defending, if it was not: with all faults, and nothing done about them."""
    after = arms.get(Remedy.NOTHING.value, {}).get("contamination_after")
    if after is None or set(plan.faults) != set(Fault) or after["mean"] >= LEAST_HARM:
        return []
    return [f"undefended, only {after['mean']:.1%} of the answers were contaminated: it takes {LEAST_HARM:.0%}"]


def _over_seeds(figures: Sequence[Json], sampling: Sampling) -> Json:
    """Each figure over the seeds; one that a seed has no value for is left out, not averaged around."""
    found: Json = {}
    for metric in SHOWN:
        values = [each[metric] for each in figures]
        if all(value is not None for value in values):
            found[metric] = estimate([float(value) for value in values], sampling).as_json()
    return found


def _by_fault(results: Sequence[SeedResult], arm: str) -> Json:
    """Fault -> {"before", "after"}: contamination over all seeds' questions."""
    found: Json = {}
    for fault in results[0].figures[arm]["by_fault"]:
        sides = {}
        for side in ("before", "after"):
            values = [result.figures[arm]["by_fault"][fault][side] for result in results]
            known = [value for value in values if value is not None]
            sides[side] = sum(known) / len(known) if known else None
        found[fault] = sides
    return found


def _by_session(results: Sequence[SeedResult], arm: str) -> Json:
    """Session -> contamination, the mean over seeds that asked about poisoned facts in it."""
    found: Json = {}
    for session in results[0].figures[arm]["contamination_rate"]:
        values = [result.figures[arm]["contamination_rate"][session] for result in results]
        known = [value for value in values if value is not None]
        found[session] = sum(known) / len(known) if known else None
    return found


def _row(seed: int, arm: str, number: int, asked: Asked) -> Row:
    case = Case(
        id=f"seed {seed}/session {asked.session}/{number}",
        set=f"seed {seed}",
        question=asked.fact.question,
        answers=(asked.fact.value,),
    )
    if asked.failed:
        problem = Failure("run", asked.failed.partition(":")[0], asked.failed)
        return failed(case, arm, ("uncontaminated", "right"), problem, run_id=asked.run_id, thread_id=asked.thread_id)
    scores = (Score("uncontaminated", float(not asked.contaminated)), Score("right", float(asked.right)))
    detail = {"answer": asked.answer, "abstained": not asked.answer, "fault": asked.fault, "exposed": asked.exposed}
    return Row(case, arm, scores, run_id=asked.run_id, thread_id=asked.thread_id, detail=detail)
