"""All arms of each seed's world, and what a reader wants to know of them.

Decides that each arm begins with an empty memory and goes through the whole protocol, beside a clean run of the same
kind of memory; vectors of texts are kept across arms, because the same text has the same vector.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from stemma.evals.answers import free_files
from stemma.evals.progress import Phase, silent
from stemma.evals.propagation.arms import ARMS, CLEAN, OURS, ArmPlan
from stemma.evals.propagation.detecting import Detector
from stemma.evals.propagation.lossy import LossyMemory
from stemma.evals.propagation.made_up import make_world
from stemma.evals.propagation.measures import Trial, figures
from stemma.evals.propagation.subjects import PlainSubject, Remedy, StemmaSubject
from stemma.evals.propagation.systems import MemorySystem, PlainMemory
from stemma.evals.propagation.trial import Arm, TrialProtocol, catalog_of
from stemma.evals.propagation.world import World
from stemma.evals.scratch import scratch_memory
from stemma.evals.summary import Json
from stemma.graphs.embedders import hosted_embedder
from stemma.graphs.models.open import open_model
from stemma.graphs.plain_store import PlainStore
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.settings import GraphSettings
from stemma.memory.ingest.embedders import chosen_embedder
from stemma.memory.model import DEFAULT_TENANT, Scope
from stemma.memory.ports import Embedder, EmbedderIdentity
from stemma.memory.settings import MemorySettings


@dataclass(frozen=True, slots=True)
class SeedResult:
    """One seed: every arm's trial and figures."""

    seed: int
    trials: Mapping[str, Trial]
    figures: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class BenchmarkPlan:
    """What to run."""

    folder: Path
    """Absolute; the run store and the memory of our own arm stay there, so that its answers' runs can be opened."""
    seeds: Sequence[int] = (1,)
    world: Callable[[int], World] = make_world
    """Seed -> its world."""
    worth_defending: bool = False
    """All classes of fault are there: doing nothing about them must do harm."""
    protocol: TrialProtocol = field(default_factory=TrialProtocol)
    arms: Sequence[ArmPlan] = ARMS
    memory_url: str | None = None
    """Of Stemma's memory; a scratch file otherwise."""
    system: Callable[[Embedder], MemorySystem] = PlainStore
    """The plain memory; LangGraph's own store unless somebody brings another."""
    system_name: str = "LangGraph's InMemoryStore"
    embedder: Embedder | None = None


class RememberingEmbedder:
    """An embedder that embeds a text once."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._known: dict[str, Sequence[float]] = {}

    @property
    def identity(self) -> EmbedderIdentity:
        return self._inner.identity

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= zip(new, await self._inner.embed(new), strict=True)
        return [self._known[text] for text in texts]


async def run_benchmark(plan: BenchmarkPlan, phase: Phase = silent) -> list[SeedResult]:
    """Every arm of every seed. Raises what memory and runtime raise outside of a question."""
    settings = MemorySettings()
    embedder = RememberingEmbedder(plan.embedder or await hosted_embedder(settings) or await chosen_embedder(settings))
    found: list[SeedResult] = []
    for seed in plan.seeds:
        world = plan.world(seed)
        watched = any(arm.detects for arm in plan.arms)
        clean = {
            plain: await _run(
                ArmPlan(CLEAN, Remedy.NOTHING, plain=plain, detects=watched and not plain), world, plan, embedder, phase
            )
            for plain in sorted({arm.plain for arm in plan.arms})
        }
        trials, measured = {}, {}
        for arm in plan.arms:
            ran = await _run(arm, world, plan, embedder, phase)
            trials[arm.name] = ran.trial
            measured[arm.name] = figures(ran.trial, world, clean[arm.plain].trial) | {
                "provenance_completeness": ran.completeness
            }
            if arm.detects:
                measured[arm.name] |= _detected(ran, clean[False])
        found.append(SeedResult(seed, trials, measured))
    return found


@dataclass(frozen=True, slots=True)
class _Ran:
    """One arm, run."""

    trial: Trial
    completeness: float | None
    """The share of lineage edges that were kept; None where there were none."""
    detected: Json
    """What its detector measured; empty without one."""


def _detected(ran: _Ran, clean: _Ran) -> Json:
    """The figures of a detecting arm that take the place of those about one moment of containment."""
    alarms = clean.detected["detection"]
    in_clean = {
        key: alarms[key]
        for key in ("proposals", "false_alarms", "true_statements", "false_alarms_per_1000", "true_changes")
    }
    no_moment = dict.fromkeys(("time_to_clean", "support_preserved", "propagation_factor", "containment_seconds"))
    return no_moment | ran.detected | {"detection": {**ran.detected["detection"], "without_any_fault": in_clean}}


async def _run(arm: ArmPlan, world: World, plan: BenchmarkPlan, embedder: Embedder, phase: Phase) -> _Ran:
    advance = phase(f"seed {world.seed}, {arm.name}", plan.protocol.sessions * plan.protocol.questions)
    async with AsyncExitStack() as closing:
        folder = plan.folder / f"{world.seed}-{arm.name.replace(' ', '-')}{'-plain' if arm.plain else ''}"
        folder.mkdir(parents=True, exist_ok=True)
        memory_file, runs_file = free_files(folder)
        subject: StemmaSubject | PlainSubject
        detector: Detector | None = None
        edges: LossyMemory | PlainMemory
        poisoned = arm.name != CLEAN
        if arm.plain:
            edges = _plain_memory(arm, world, plan, embedder)
            subject = PlainSubject(edges, embedder, Scope(DEFAULT_TENANT))
        else:
            scratch = await closing.enter_async_context(scratch_memory(plan.memory_url, memory_file, embedder))
            edges = LossyMemory(scratch.memory, arm.missing, world.seed)
            subject = StemmaSubject(scratch.memory, scratch.scope, edges)
            rate = plan.protocol.correction_rate
            detector = Detector(subject, world, applied=poisoned, correction_rate=rate) if arm.detects else None
        settings = GraphSettings(database_url=f"sqlite:///{runs_file}")
        catalog = catalog_of(subject, open_model(settings))
        runtime = await closing.enter_async_context(await open_runtime(catalog, settings))
        trial = Arm(
            arm.name, world, plan.protocol, subject, runtime, poisoned=poisoned, advance=advance, watcher=detector
        )
        found = await trial.run(arm.remedy)
    if arm.name != OURS:
        shutil.rmtree(folder)
    written = edges.kept + edges.lost
    return _Ran(found, edges.kept / written if written else None, detector.figures() if detector else {})


def _plain_memory(arm: ArmPlan, world: World, plan: BenchmarkPlan, embedder: Embedder) -> PlainMemory:
    return PlainMemory(
        plan.system(embedder),
        sources_first=arm.sources_first,
        time_to_live=arm.time_to_live,
        missing=arm.missing,
        seed=world.seed,
    )
