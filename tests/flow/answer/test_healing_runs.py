"""Healing as a run: stopped in the middle and gone on with, refused by a graph, failing and tried again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from stemma.graphs.answer.context import AgentMemory, AnswerContext
from stemma.graphs.answer.graph import build_answer_graph
from stemma.graphs.answer.register import GRAPH_ID, HEALS_FROM
from stemma.graphs.catalog import Catalog
from stemma.graphs.errors import ModelFailure, ThreadBusy
from stemma.graphs.healing.healing import Healing
from stemma.graphs.models.open import open_model
from stemma.graphs.policy import Actor, memory_scope
from stemma.graphs.runs.model import Run, RunStatus
from stemma.graphs.settings import GraphSettings
from stemma.memory.learning import LearnedClaim
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Hit, Scope
from tests.flow.answer import noting_graph
from tests.flow.answer.memo_world import ABOUT, World, open_world, withdrawn

FIRST = next(iter(ABOUT))


@dataclass
class Gate(AgentMemory):
    """A memory that a test stops, or breaks, for the runs that heal."""

    heals_from: frozenset[str] = HEALS_FROM
    passes: int = 1_000
    """So many more healing runs come through before the gate is shut."""
    fails: int = 0
    """So many healing runs fail."""
    came: int = 0
    shut: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when one waits."""
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    memory: Any = None

    def register(self, catalog: Catalog, memory: LongTermMemory, settings: GraphSettings) -> None:
        self.memory = memory
        model = open_model(settings)

        def context(actor: Actor, run: Run) -> AnswerContext:
            watched = self if "heals" in run.metadata else memory
            return AnswerContext(memory=watched, model=model, scope=memory_scope(actor))

        catalog.register(GRAPH_ID, build_answer_graph(), context=context, heals_from=self.heals_from)

    async def recall(self, scope: Scope, query: str, *, k: int = 5, recipe: str | None = None) -> list[Hit]:
        self.came += 1
        if self.fails:
            self.fails -= 1
            raise ModelFailure("the search is down")
        if self.came > self.passes:
            self.shut.set()
            await self.opened.wait()
        found: list[Hit] = await self.memory.recall(scope, query, k=k, recipe=recipe)
        return found

    async def learn(self, scope: Scope, answer: Answer, claims: Any) -> Answer:
        given: list[LearnedClaim] = list(claims)
        learned: Answer = await self.memory.learn(scope, answer, given)
        return learned


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def world(gate: Gate, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world("memory:", tmp_path, gate.register, concurrency=1) as opened:
        yield opened


async def ended(world: World, retraction: str, run: Run | None) -> dict[str, int]:
    assert run is not None
    await world.runtime.join(world.actor, run.thread_id, run.run_id)
    return (await Healing(world.runtime, world.memory).progress(world.actor, retraction)).counts


async def test_a_worker_with_room_for_one_run_heals(world: World) -> None:
    """The healing waits for the runs that it begins, and takes no room that they need."""
    for question in ABOUT:
        await world.ask(question)
    retraction = await withdrawn(world)
    begun = await Healing(world.runtime, world.memory).start(world.actor, retraction)
    assert await ended(world, retraction, begun.run) == {"changed": 3}


async def test_a_cancelled_healing_keeps_what_is_done_and_goes_on(world: World, gate: Gate) -> None:
    for question in ABOUT:
        await world.ask(question)
    retraction = await withdrawn(world)
    healing = Healing(world.runtime, world.memory)
    gate.passes = 1
    await healing.start(world.actor, retraction, parallel=1)
    await asyncio.wait_for(gate.shut.wait(), 10)
    with pytest.raises(ThreadBusy):
        await healing.start(world.actor, retraction)
    stopped = await healing.cancel(world.actor, retraction)
    assert (stopped.status, stopped.counts, stopped.total) == (RunStatus.INTERRUPTED, {"changed": 1}, 3)
    assert gate.came == 2

    gate.passes = 1_000
    gate.opened.set()
    begun = await healing.start(world.actor, retraction, parallel=2)
    assert await ended(world, retraction, begun.run) == {"changed": 3}
    runs = await world.runtime.list_runs(world.actor, limit=100)
    assert sum("heals" in run.metadata for run in runs) == 3


async def test_a_run_that_failed_is_tried_again_by_the_next_healing(world: World, gate: Gate) -> None:
    await world.ask(FIRST)
    retraction = await withdrawn(world)
    healing = Healing(world.runtime, world.memory)
    gate.fails = 1
    begun = await healing.start(world.actor, retraction)
    assert await ended(world, retraction, begun.run) == {"failed": 1}
    (record,) = (await healing.progress(world.actor, retraction)).done
    assert "the search is down" in record["why"]
    begun = await healing.start(world.actor, retraction)
    assert await ended(world, retraction, begun.run) == {"changed": 1}


async def test_a_graph_whose_steps_may_have_effects_outside_is_not_run(gate: Gate, tmp_path: Path) -> None:
    gate.heals_from = frozenset()
    async with open_world("memory:", tmp_path, gate.register) as world:
        said = await world.ask(FIRST)
        retraction = await withdrawn(world)
        healing = Healing(world.runtime, world.memory)
        (planned,) = (await healing.plan(world.actor, retraction)).answers
        assert "effects outside" in planned.why
        begun = await healing.start(world.actor, retraction)
        assert await ended(world, retraction, begun.run) == {"not healable": 1}
        assert gate.came == 0
        runs = await world.runtime.list_runs(world.actor, limit=100)
        assert {run.run_id for run in runs if run.graph_id == GRAPH_ID} == {said["run_id"]}


async def test_a_graph_of_somebody_elses_that_says_so_is_healed(tmp_path: Path) -> None:
    async with open_world("memory:", tmp_path, noting_graph.register) as world:
        said = await world.ask("Memo of the harbour office: the standard lead time of Tessaly Foundry in days?")
        assert "90 days" in said["messages"][-1]["content"]
        retraction = await withdrawn(world)
        begun = await Healing(world.runtime, world.memory).start(world.actor, retraction)
        assert await ended(world, retraction, begun.run) == {"changed": 1}
        (record,) = (await Healing(world.runtime, world.memory).progress(world.actor, retraction)).done
        assert "90 days" in record["old"]["text"]
        assert "90 days" not in record["new"]["text"]


async def test_what_is_gone_cannot_be_healed_and_says_so(world: World) -> None:
    first, second = await world.ask(FIRST), await world.ask(list(ABOUT)[1])
    await world.runtime.delete_run(world.actor, first["thread_id"], first["run_id"])
    await world.runtime.prune_threads(world.actor, [second["thread_id"]], "keep_latest")
    plan = await Healing(world.runtime, world.memory).plan(world.actor, await withdrawn(world))
    why = {row.question: row.why for row in plan.answers}
    assert why == {FIRST: "its run was deleted", list(ABOUT)[1]: "the state before its retrieval is no longer kept"}
