"""All arms of one seed, and what a reader wants to know of them.

Decides which baselines stand beside ours and what is asked of whom. Each arm begins with an empty memory and goes
through the whole protocol; vectors of texts are kept across arms, because the same text has the same vector.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from stemma.evals.errors import EvalFailure
from stemma.evals.progress import Phase, silent
from stemma.evals.propagation.measures import Trial, figures
from stemma.evals.propagation.subjects import PlainSubject, Remedy, StemmaSubject, Subject
from stemma.evals.propagation.systems import MemorySystem, PlainMemory
from stemma.evals.propagation.trial import Arm, TrialProtocol, catalog_of
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


@dataclass(frozen=True, slots=True)
class BenchmarkPlan:
    """What to run."""

    seeds: Sequence[int] = (1,)
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
    known = {arm.name: arm for arm in ARMS}
    if unknown := [name for name in names if name not in known]:
        raise EvalFailure(f"there is no baseline {unknown[0]!r}", hint=f"choose of: {', '.join(known)}")
    return [known[name] for name in names] or list(ARMS)


async def run_benchmark(plan: BenchmarkPlan, phase: Phase = silent) -> list[Json]:
    """For each seed {"seed", "arms": {name: figures}}. Raises what memory and runtime raise outside of a question."""
    settings = MemorySettings()
    embedder = RememberingEmbedder(plan.embedder or await hosted_embedder(settings) or await chosen_embedder(settings))
    found: list[Json] = []
    for seed in plan.seeds:
        world = make_world(seed, faults=plan.faults)
        clean = {
            plain: await _run(ArmPlan(CLEAN, Remedy.NOTHING, plain=plain), world, plan, embedder, phase)
            for plain in {arm.plain for arm in plan.arms}
        }
        arms = {}
        for arm in plan.arms:
            trial = await _run(arm, world, plan, embedder, phase)
            arms[arm.name] = figures(trial, world, clean[arm.plain])
        found.append({"seed": seed, "arms": arms, "protocol": asdict(plan.protocol)})
    return found


async def _run(arm: ArmPlan, world: World, plan: BenchmarkPlan, embedder: Embedder, phase: Phase) -> Trial:
    total = plan.protocol.sessions * plan.protocol.questions
    advance = phase(f"seed {world.seed}, {arm.name}", total)
    async with AsyncExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="stemma-propagation-")))
        subject: Subject
        if arm.plain:
            memory = PlainMemory(plan.system(embedder), sources_first=arm.sources_first, time_to_live=arm.time_to_live)
            subject = PlainSubject(memory, embedder, Scope(DEFAULT_TENANT))
        else:
            scratch = await closing.enter_async_context(scratch_memory(plan.memory_url, folder / "memory.db", embedder))
            subject = StemmaSubject(scratch.memory, scratch.scope)
        settings = GraphSettings(database_url=f"sqlite:///{folder / 'runs.db'}")
        catalog = catalog_of(subject, open_model(settings))
        runtime = await closing.enter_async_context(await open_runtime(catalog, settings))
        poisoned = arm.name != CLEAN
        trial = Arm(arm.name, world, plan.protocol, subject, runtime, poisoned=poisoned, advance=advance)
        return await trial.run(arm.remedy)
