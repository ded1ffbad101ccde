"""All arms of one seed, and what a reader wants to know of them.

Decides which baselines stand beside ours and what is asked of whom. Each arm begins with an empty memory and goes
through the whole protocol; vectors of texts are kept across arms, because the same text has the same vector.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from stemma.evals.answers import free_files
from stemma.evals.errors import EvalFailure
from stemma.evals.progress import Phase, silent
from stemma.evals.propagation.detecting import Detector
from stemma.evals.propagation.lossy import LossyMemory
from stemma.evals.propagation.measures import Trial, figures
from stemma.evals.propagation.subjects import PlainSubject, Remedy, StemmaSubject, Subject
from stemma.evals.propagation.systems import MemorySystem, PlainMemory
from stemma.evals.propagation.trial import Arm, TrialProtocol, catalog_of, states
from stemma.evals.propagation.world import Fault, World, make_world
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

CLEAN = "clean"
OURS = Remedy.SUPPORT.value
_KEPT_NOTES = 2
"""Sessions that a note lasts in the time-to-live arm."""


@dataclass(frozen=True, slots=True)
class ArmPlan:
    """One arm: which memory, and what is done at containment."""

    name: str
    remedy: Remedy
    plain: bool
    sources_first: bool = False
    time_to_live: int = 0
    missing: float = 0.0
    """Share of lineage edges that are lost."""
    detects: bool = False
    """A sweep at the end of each session looks for what is false; only for Stemma's memory."""


ARMS = (
    ArmPlan("nothing", Remedy.NOTHING, plain=True),
    ArmPlan("delete the source", Remedy.DELETE_SOURCE, plain=True),
    ArmPlan("purge by similarity", Remedy.SIMILARITY_PURGE, plain=True),
    ArmPlan("time to live", Remedy.DELETE_SOURCE, plain=True, time_to_live=_KEPT_NOTES),
    ArmPlan("sources first", Remedy.DELETE_SOURCE, plain=True, sources_first=True),
    ArmPlan("write gate only", Remedy.NOTHING, plain=False),
    ArmPlan("lineage closure", Remedy.CLOSURE, plain=False),
    ArmPlan(OURS, Remedy.SUPPORT, plain=False),
)

DETECTING = ArmPlan("found by the detector", Remedy.NOTHING, plain=False, detects=True)
"""Nobody tells what is false."""


def lossy_arms(shares: Sequence[float]) -> list[ArmPlan]:
    """Ours with a part of its lineage lost."""
    return [
        ArmPlan(f"{OURS}, {share:.0%} of edges lost", Remedy.SUPPORT, plain=False, missing=share) for share in shares
    ]


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
    entities: int = 24
    per_fault: int = 3
    """Poisoned facts of each class."""
    protocol: TrialProtocol = field(default_factory=TrialProtocol)
    arms: Sequence[ArmPlan] = ARMS
    faults: tuple[Fault, ...] = tuple(Fault)
    memory_url: str | None = None
    """Of Stemma's memory; a scratch file otherwise."""
    system: Callable[[Embedder], MemorySystem] = PlainStore
    """The plain memory; LangGraph's own store unless somebody brings another."""
    embedder: Embedder | None = None


class RememberingEmbedder:
    """An embedder that embeds a text once."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._known: dict[str, list[float]] = {}

    @property
    def identity(self) -> EmbedderIdentity:
        return self._inner.identity

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= zip(new, await self._inner.embed(new), strict=True)
        return [self._known[text] for text in texts]


def arms_named(names: Sequence[str]) -> list[ArmPlan]:
    """The arms of these names, all where none is given. Raises `EvalFailure`."""
    known = {arm.name: arm for arm in (*ARMS, DETECTING)}
    if unknown := [name for name in names if name not in known]:
        raise EvalFailure(f"there is no baseline {unknown[0]!r}", hint=f"choose of: {', '.join(known)}")
    return [known[name] for name in names] or list(ARMS)


async def run_benchmark(plan: BenchmarkPlan, phase: Phase = silent) -> list[SeedResult]:
    """Every arm of every seed. Raises what memory and runtime raise outside of a question."""
    settings = MemorySettings()
    embedder = RememberingEmbedder(plan.embedder or await hosted_embedder(settings) or await chosen_embedder(settings))
    found: list[SeedResult] = []
    for seed in plan.seeds:
        world = make_world(seed, entities=plan.entities, per_fault=plan.per_fault, faults=plan.faults)
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
    """The share of lineage edges that were kept; None for a memory without lineage."""
    detected: Json
    """What its detector measured; empty without one."""


def _detected(ran: _Ran, clean: _Ran) -> Json:
    """The figures of a detecting arm that take the place of those about one moment of containment."""
    alarms = clean.detected["detection"]
    in_clean = {key: alarms[key] for key in ("proposals", "false_alarms", "false_alarms_per_1000")}
    no_moment = dict.fromkeys(("time_to_clean", "support_preserved", "propagation_factor", "containment_seconds"))
    return no_moment | ran.detected | {"detection": {**ran.detected["detection"], "without_any_fault": in_clean}}


async def _run(arm: ArmPlan, world: World, plan: BenchmarkPlan, embedder: Embedder, phase: Phase) -> _Ran:
    advance = phase(f"seed {world.seed}, {arm.name}", plan.protocol.sessions * plan.protocol.questions)
    async with AsyncExitStack() as closing:
        folder = plan.folder / f"{world.seed}-{arm.name.replace(' ', '-')}{'-plain' if arm.plain else ''}"
        folder.mkdir(parents=True, exist_ok=True)
        memory_file, runs_file = free_files(folder)
        subject: Subject
        lossy: LossyMemory | None = None
        detector: Detector | None = None
        poisoned = arm.name != CLEAN
        if arm.plain:
            memory = PlainMemory(plan.system(embedder), sources_first=arm.sources_first, time_to_live=arm.time_to_live)
            subject = PlainSubject(memory, embedder, Scope(DEFAULT_TENANT))
        else:
            scratch = await closing.enter_async_context(scratch_memory(plan.memory_url, memory_file, embedder))
            lossy = LossyMemory(scratch.memory, arm.missing, world.seed)
            subject = own = StemmaSubject(scratch.memory, scratch.scope, lossy)
            detector = Detector(own, world, states, applied=poisoned) if arm.detects else None
        settings = GraphSettings(database_url=f"sqlite:///{runs_file}")
        catalog = catalog_of(subject, open_model(settings))
        runtime = await closing.enter_async_context(await open_runtime(catalog, settings))
        trial = Arm(
            arm.name, world, plan.protocol, subject, runtime, poisoned=poisoned, advance=advance, watch=detector
        )
        found = await trial.run(arm.remedy)
    if arm.name != OURS:
        shutil.rmtree(folder)
    completeness = lossy.kept / ((lossy.kept + lossy.lost) or 1) if lossy else None
    return _Ran(found, completeness, detector.figures() if detector else {})
