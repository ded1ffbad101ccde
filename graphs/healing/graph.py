"""The graph that heals: one task for each tainted answer, so many at once as the run's input says.

    START -(one Send for each answer)-> mend -> END

Decides that a task's record is durable when the task ends: a healing that was killed or cancelled goes on with those
that had not ended. What is done about one answer stands in `mending.py`.

Intentional divergence: tasks wait for their turn here and not by LangGraph's `max_concurrency`, which lets the writing
of a finished task's record wait behind all tasks that have not begun.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime as StepRuntime
from langgraph.types import Send

from stemma.graphs.catalog import Catalog
from stemma.graphs.healing.mending import Mender
from stemma.graphs.healing.model import Healed, Outcome
from stemma.graphs.policy import Actor, memory_scope
from stemma.graphs.runs.model import Run
from stemma.graphs.runs.runtime import Runtime
from stemma.memory.errors import UnknownItem
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer

GRAPH_ID = "stemma:heal"
STEP = "mend"


def together(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> dict[str, Any]:
    """Records by answer. None, with which each healing begins, forgets those of the one before."""
    return {**(old or {}), **new} if new is not None else {}


class HealingState(TypedDict, total=False):
    """What a healing's checkpoints hold."""

    retraction: str
    move_head: bool
    parallel: int
    """How many are given again at once."""
    answers: list[str]
    """Ids of the answers it is about, newest first."""
    hidden: int
    truncated: bool
    records: Annotated[dict[str, Any] | None, together]
    """Answer id -> `Healed.record`."""


class Task(TypedDict):
    """What one task is told."""

    answer_id: str
    retraction: str
    move_head: bool


@dataclass(frozen=True, slots=True)
class HealingContext:
    """Who heals, with what; one for each attempt of a run."""

    actor: Actor
    memory: LongTermMemory
    mender: Mender
    turns: asyncio.Semaphore


def spread(state: HealingState) -> Sequence[Send] | str:
    """One task for each answer."""
    move = bool(state.get("move_head"))
    tasks = [
        Send(STEP, Task(answer_id=answer_id, retraction=state["retraction"], move_head=move))
        for answer_id in state["answers"]
    ]
    return tasks or END


async def mend(state: Task, runtime: StepRuntime[HealingContext]) -> HealingState:
    """Heal one answer, if it is still there, and tell of it. Raises `StoreUnavailable`, `MemoryUnavailable`."""
    async with runtime.context.turns:
        record = await _record(runtime.context, state)
    runtime.stream_writer({"step": STEP, "text": f"{record['outcome']}: {record['question']}", **record})
    return HealingState(records={state["answer_id"]: record})


async def _record(context: HealingContext, task: Task) -> dict[str, Any]:
    answer_id = task["answer_id"]
    try:
        answer = await context.memory.item(memory_scope(context.actor), answer_id)
    except UnknownItem:
        answer = None
    if isinstance(answer, Answer):
        healed = await context.mender.heal(context.actor, answer, task["retraction"], move_head=task["move_head"])
    else:
        healed = Healed(answer_id, "", "", "", Outcome.NOT_HEALABLE, "the answer was erased")
    return healed.record()


def build_healing_graph() -> StateGraph[HealingState, HealingContext, HealingState, HealingState]:
    """The graph, not compiled."""
    builder = StateGraph(HealingState, context_schema=HealingContext)
    builder.add_node(STEP, mend, input_schema=Task)
    builder.add_conditional_edges(START, spread, [STEP, END])
    builder.add_edge(STEP, END)
    return builder


def register_healing(catalog: Catalog, memory: LongTermMemory, runtime: Callable[[], Runtime]) -> None:
    """Let runs heal what is on this memory. `runtime` is asked when such a run begins."""

    def context(actor: Actor, run: Run) -> HealingContext:
        return HealingContext(actor, memory, Mender(runtime()), asyncio.Semaphore(int(run.request.input["parallel"])))

    catalog.register(
        GRAPH_ID, build_healing_graph(), context=context, description="Heals tainted answers.", internal=True
    )
