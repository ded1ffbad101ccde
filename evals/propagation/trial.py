"""One arm of the benchmark, start to end: the world goes in, faults are planted, sessions ask, memory is contained.

Decides the protocol: true documents first; faults at the beginning of session `planted_at`; containment, told by the
oracle, at the beginning of session `contained_at`; true changes when they come; the same questions in every arm of a
seed. Every question is a run of the real answer graph through the durable runtime, on a thread of its own, and what it
learns is written back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from time import perf_counter
from typing import Any, Protocol

from stemma.evals.propagation.measures import Asked, Stored, Trial
from stemma.evals.propagation.planting import change, companion_of, plant
from stemma.evals.propagation.subjects import Remedy, Roots, Subject
from stemma.evals.propagation.world import Fact, Fault, Poisoned, World, says
from stemma.graphs.answer.context import AnswerContext
from stemma.graphs.answer.graph import build_answer_graph
from stemma.graphs.catalog import Catalog
from stemma.graphs.errors import GraphFailure
from stemma.graphs.models.reasoning import ReasoningModel
from stemma.graphs.policy import LOCAL, Actor
from stemma.graphs.runs.model import Run, RunRequest
from stemma.graphs.runs.runtime import Runtime
from stemma.memory.errors import MemoryFailure

GRAPH = "answer"


@dataclass(frozen=True, slots=True)
class TrialProtocol:
    """How long and how much."""

    sessions: int = 8
    questions: int = 16
    """In each session."""
    share: float = 0.6
    """Of them about poisoned facts."""
    planted_at: int = 1
    contained_at: int = 4
    invention_rate: float = 0.75
    """F4: how often the agent makes it up when it is asked, between planting and containment."""
    correction_rate: float = 0.5
    """How often somebody corrects an answer that says a falsehood, where nobody tells what is false."""


class Watcher(Protocol):
    """Who looks on, and may act, where there is no oracle."""

    async def answered(self, asked: Asked) -> None:
        """A question was answered. Raises what the memory raises."""

    async def ended(self, session: int) -> None:
        """A session came to its end. Raises what the memory raises."""


def catalog_of(subject: Subject, model: ReasoningModel) -> Catalog:
    """The answer graph over this memory, writing back what it learns."""

    def context(_actor: Actor, _run: Run) -> AnswerContext:
        return AnswerContext(subject.agent, model, subject.scope)

    catalog = Catalog()
    catalog.register(GRAPH, build_answer_graph(), context=context)
    return catalog


class Arm:
    """Runs one arm. `poisoned=False` is the paired clean run: the same world and questions without any fault."""

    def __init__(
        self,
        name: str,
        world: World,
        protocol: TrialProtocol,
        subject: Subject,
        runtime: Runtime,
        *,
        poisoned: bool = True,
        advance: Callable[[int], None] = lambda _done: None,
        watcher: Watcher | None = None,
    ) -> None:
        self._name = name
        self._world = world
        self._protocol = protocol
        self._subject = subject
        self._runtime = runtime
        self._poisoned = poisoned
        self._advance = advance
        self._watcher = watcher
        self._targets = {each.fact: each for each in world.poisoned}
        self._changes = {each.fact: each for each in world.changes}
        self._roots = Roots()
        self._asked: list[Asked] = []

    async def run(self, remedy: Remedy) -> Trial:
        """Raises what the memory and the runtime raise outside of a question; within one it is a failure."""
        protocol = self._protocol
        await self._subject.add(self._world.pages)
        before: tuple[Stored, ...] = ()
        after: frozenset[str] = frozenset()
        seconds, decisions = 0.0, list[float]()
        for session in range(protocol.sessions):
            self._subject.begin_session(session)
            await change(self._world, session, self._subject)
            if session == protocol.planted_at and self._poisoned:
                await plant(self._world, self._subject, self._roots)
            if session == protocol.contained_at:
                before = await self._stored()
                started = perf_counter()
                decisions = await self._subject.contain(remedy, self._roots)
                seconds = perf_counter() - started
                after = frozenset(item.id for item in await self._subject.statements())
            await self._ask_all(session)
            if self._watcher:
                await self._watcher.ended(session)
        return Trial(
            self._name, tuple(self._asked), before, after, protocol.contained_at, seconds, decisions=tuple(decisions)
        )

    async def _stored(self) -> tuple[Stored, ...]:
        planted = {*self._roots.sources, *self._roots.statements}
        false = self._world.poisoned if self._poisoned else ()
        shared = {companion_of(each.companion) for each in self._world.poisoned if each.companion}
        return tuple(
            Stored(
                item.id,
                bad=any(target.said_in(item.text) for target in false),
                derived=item.derived and item.id not in planted,
                shared=item.text in shared,
            )
            for item in await self._subject.statements()
        )

    async def _ask_all(self, session: int) -> None:
        protocol = self._protocol
        draw = Random(f"{self._world.seed}/invented/{session}")
        for fact in self._world.questions(session, protocol.questions, protocol.share):
            invents = draw.random() < protocol.invention_rate
            asked, recalled = await self._ask(session, fact)
            self._asked.append(asked)
            self._advance(len(self._asked))
            target = self._targets.get(fact)
            open_season = protocol.planted_at <= session < protocol.contained_at and self._poisoned
            if invents and open_season and target and target.fault is Fault.INVENTION and recalled:
                self._roots.statements.append(await self._subject.add_statement(target.falsehood, recalled))
            if self._watcher:
                await self._watcher.answered(asked)

    async def _ask(self, session: int, fact: Fact) -> tuple[Asked, list[str]]:
        """One run on a thread of its own; also the ids of what it recalled."""
        target = self._targets.get(fact)
        thread = await self._runtime.create_thread(LOCAL, metadata={"arm": self._name, "session": session})
        run = await self._runtime.submit(LOCAL, thread.thread_id, RunRequest(GRAPH, input={"question": fact.question}))
        try:
            state: dict[str, Any] = dict(await self._runtime.join(LOCAL, thread.thread_id, run.run_id))
            failed = ""
        except (GraphFailure, MemoryFailure) as failure:
            state, failed = {}, f"{type(failure).__name__}: {failure}"
        passages: Sequence[dict[str, Any]] = state.get("passages", ())
        said = "" if state.get("abstained") else str(state.get("answer", ""))
        contaminated = target is not None and target.repeated_in(said)
        truth = self._world.value(fact, session)
        asked = Asked(
            session,
            fact,
            target.fault if target else None,
            contaminated=contaminated,
            right=says(said, truth) and not contaminated,
            exposed=target is not None and any(_states(target, passage) for passage in passages),
            outdated=says(said, fact.value) if truth != fact.value else None,
            answer=said,
            failed=failed,
            run_id=run.run_id,
            thread_id=thread.thread_id,
        )
        return asked, [str(passage["id"]) for passage in passages if passage.get("relevant")]


def _states(target: Poisoned, passage: dict[str, Any]) -> bool:
    return target.said_in(str(passage["text"]))
