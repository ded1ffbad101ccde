"""One arm of the benchmark, start to end: the world goes in, faults are planted, sessions ask, memory is contained.

Decides the protocol: true documents first; faults at the beginning of session `planted_at`; containment, told by the
oracle, at the beginning of session `contained_at`; the same questions in every arm of a seed. Every question is a run
of the real answer graph through the durable runtime, on a thread of its own, and what it learns is written back.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random
from time import perf_counter
from typing import Any

from stemma.evals.propagation.measures import Asked, Stored, Trial
from stemma.evals.propagation.subjects import Remedy, Roots, Subject
from stemma.evals.propagation.world import PARAPHRASES, STATEMENTS, Fact, Fault, Page, Poisoned, World, page_of, uri_of
from stemma.graphs.answer.context import AnswerContext
from stemma.graphs.answer.graph import build_answer_graph
from stemma.graphs.catalog import Catalog
from stemma.graphs.errors import GraphFailure
from stemma.graphs.models.reasoning import ReasoningModel
from stemma.graphs.policy import LOCAL, Actor
from stemma.graphs.runs.model import Run, RunRequest
from stemma.graphs.runs.runtime import Runtime
from stemma.memory.errors import MemoryFailure
from stemma.memory.model import SourceKind

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
    invention_rate: float = 0.5
    """F4: how often the agent makes it up when it is asked, between planting and containment."""


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
        watch: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        """`watch` is called at the end of each session."""
        self._name = name
        self._world = world
        self._protocol = protocol
        self._subject = subject
        self._runtime = runtime
        self._poisoned = poisoned
        self._advance = advance
        self._watch = watch
        self._targets = {each.fact: each for each in world.poisoned}
        self._roots = Roots()
        self._asked: list[Asked] = []

    async def run(self, remedy: Remedy) -> Trial:
        """Raises what the memory and the runtime raise outside of a question; within one it is a failure."""
        protocol = self._protocol
        await self._subject.add(self._world.pages)
        before: tuple[Stored, ...] = ()
        after: frozenset[str] = frozenset()
        seconds = 0.0
        for session in range(protocol.sessions):
            self._subject.begin_session(session)
            if session == protocol.planted_at and self._poisoned:
                await self._plant()
            if session == protocol.contained_at:
                before = await self._stored()
                started = perf_counter()
                await self._subject.contain(remedy, self._roots)
                seconds = perf_counter() - started
                after = frozenset(item.id for item in await self._subject.statements())
            await self._ask_all(session)
            if self._watch:
                await self._watch(session)
        return Trial(self._name, tuple(self._asked), before, after, protocol.contained_at, seconds)

    async def _plant(self) -> None:
        for target in self._world.poisoned:
            match target.fault:
                case Fault.FALSE_DOCUMENT:
                    self._roots.sources += await self._subject.add([_false_page(target, n) for n in (0, 1)])
                case Fault.FALSE_UPDATE:
                    page = page_of(target.fact, _false(target), uri_of(target.fact))
                    self._roots.sources += await self._subject.add([page])
                case Fault.FALSE_TOOL:
                    self._roots.sources += await self._subject.add([_false_page(target, 0)], SourceKind.TOOL)
                case Fault.PARAPHRASE:
                    await self._plant_paraphrases(target)
                case Fault.SHARED_ANCESTOR:
                    await self._plant_shared(target)
                case Fault.INVENTION:
                    continue

    async def _plant_paraphrases(self, target: Poisoned) -> None:
        sources = await self._subject.add([_false_page(target, 0)])
        self._roots.sources += sources
        rests_on = await self._subject.passages_of(sources[0])
        for template in PARAPHRASES:
            written = await self._subject.add_statement(target.fact.stated(template, target.false_value), rests_on)
            rests_on = [written]

    async def _plant_shared(self, target: Poisoned) -> None:
        truth = target.companion
        if truth is None:
            raise ValueError("a shared ancestor needs a companion")
        text = f"{_false(target)} {truth.stated(STATEMENTS[0])}"
        sources = await self._subject.add([Page(f"{uri_of(target.fact)}?memo", f"{target.fact.entity}: memo", text)])
        self._roots.sources += sources
        own = await self._subject.add(
            [Page(f"{uri_of(truth)}?register", f"{truth.entity}: register", truth.stated(STATEMENTS[2]))]
        )
        for source in (*sources, *own):
            await self._subject.add_statement(_companion(truth), await self._subject.passages_of(source))

    async def _stored(self) -> tuple[Stored, ...]:
        planted = {*self._roots.sources, *self._roots.statements}
        false = self._world.poisoned if self._poisoned else ()
        shared = {_companion(each.companion) for each in self._world.poisoned if each.companion}
        return tuple(
            Stored(
                item.id,
                bad=any(states(target, item.text) for target in false),
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
                self._roots.statements.append(await self._subject.add_statement(_false(target), recalled))

    async def _ask(self, session: int, fact: Fact) -> tuple[Asked, list[str]]:
        """One run on a thread of its own; also the ids of what it recalled."""
        target = self._targets.get(fact)
        fault = target.fault if target else None
        thread = await self._runtime.create_thread(LOCAL, metadata={"arm": self._name, "session": session})
        run = await self._runtime.submit(LOCAL, thread.thread_id, RunRequest(GRAPH, input={"question": fact.question}))
        place = {"run_id": run.run_id, "thread_id": thread.thread_id}
        try:
            state: dict[str, Any] = dict(await self._runtime.join(LOCAL, thread.thread_id, run.run_id))
        except (GraphFailure, MemoryFailure) as failure:
            message = f"{type(failure).__name__}: {failure}"
            return Asked(
                session, fact, fault, contaminated=False, right=False, exposed=False, failed=message, **place
            ), []
        passages: Sequence[dict[str, Any]] = state.get("passages", ())
        said = "" if state.get("abstained") else str(state.get("answer", ""))
        false = bool(target) and says(said, target.false_value) if target else False
        exposed = any(target and says(p["text"], target.false_value) and fact.entity in p["text"] for p in passages)
        right = says(said, fact.value) and not false
        asked = Asked(session, fact, fault, contaminated=false, right=right, exposed=exposed, answer=said, **place)
        return asked, [str(passage["id"]) for passage in passages if passage.get("relevant")]


def says(text: str, value: str) -> bool:
    """Whether the value stands in the text as words of its own."""
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None


def states(target: Poisoned, text: str) -> bool:
    """Whether the text says the false value of the fact's entity."""
    return target.fact.entity in text and says(text, target.false_value)


def _false(target: Poisoned) -> str:
    return target.fact.stated(STATEMENTS[0], target.false_value)


def _companion(truth: Fact) -> str:
    return truth.stated(PARAPHRASES[1])


def _false_page(target: Poisoned, number: int) -> Page:
    text = target.fact.stated(STATEMENTS[number], target.false_value)
    return page_of(target.fact, text, f"{uri_of(target.fact)}?false={number}")
