"""The graph that heals: one task for each tainted answer, as many at once as the run's `max_concurrency` allows.

    START -(one Send for each answer)-> mend -> END

Decides that a task's record is durable when the task ends: a healing that was killed or cancelled goes on with those
that had not ended. What is done about one answer stands in `mending.py`.
"""

from __future__ import annotations

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


def together(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Records by answer; a later healing's takes the place of an earlier one's."""
    return {**old, **new}


class HealingState(TypedDict, total=False):
    """What a healing's checkpoints hold."""

    retraction: str
    move_head: bool
    answers: list[str]
    """Ids of the answers it is about, newest first."""
    hidden: int
    truncated: bool
    records: Annotated[dict[str, Any], together]
    """Answer id -> `Healed.record`."""


class Task(TypedDict):
    """What one task is told."""

    answer_id: str
    retraction: str
    move_head: bool


@dataclass(frozen=True, slots=True)
class HealingContext:
    """Who heals, with what."""

    actor: Actor
    memory: LongTermMemory
    mender: Mender


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
    context, answer_id = runtime.context, state["answer_id"]
    try:
        answer = await context.memory.item(memory_scope(context.actor), answer_id)
    except UnknownItem:
        answer = None
    if isinstance(answer, Answer):
        healed = await context.mender.heal(context.actor, answer, state["retraction"], move_head=state["move_head"])
    else:
        healed = Healed(answer_id, "", "", "", Outcome.NOT_HEALABLE, "the answer was erased")
    record = healed.record()
    runtime.stream_writer({"step": STEP, "text": f"{healed.outcome}: {healed.question}", **record})
    return HealingState(records={answer_id: record})


def build_healing_graph() -> StateGraph[HealingState, HealingContext, HealingState, HealingState]:
    """The graph, not compiled."""
    builder = StateGraph(HealingState, context_schema=HealingContext)
    builder.add_node(STEP, mend, input_schema=Task)
    builder.add_conditional_edges(START, spread, [STEP, END])
    builder.add_edge(STEP, END)
    return builder


def register_healing(catalog: Catalog, memory: LongTermMemory, runtime: Callable[[], Runtime]) -> None:
    """Let runs heal what is on this memory. `runtime` is asked when such a run begins."""

    def context(actor: Actor, _: Run) -> HealingContext:
        return HealingContext(actor, memory, Mender(runtime()))

    catalog.register(
        GRAPH_ID, build_healing_graph(), context=context, description="Heals tainted answers.", internal=True
    )
