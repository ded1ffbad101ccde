"""A graph of somebody else's: one step that looks a question up, says the best hit as a chat message, and learns it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from stemma.graphs.catalog import Catalog
from stemma.graphs.policy import Actor, memory_scope
from stemma.graphs.runs.model import Run
from stemma.graphs.settings import GraphSettings
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Scope, Use


class State(TypedDict, total=False):
    question: str
    messages: Annotated[list[AnyMessage], add_messages]


@dataclass(frozen=True)
class Context:
    memory: LongTermMemory
    scope: Scope


async def note(state: State, runtime: Runtime[Context]) -> State:
    memory, scope, info = runtime.context.memory, runtime.context.scope, runtime.execution_info
    (hit,) = await memory.recall(scope, state["question"], k=1)
    answer = Answer(
        id="",
        scope=scope,
        text=hit.text,
        run_id=(info.run_id or "") if info else "",
        thread_id=(info.thread_id or "") if info else "",
        checkpoint_id="",
        question=state["question"],
        recorded_at=datetime.now(UTC),
        used=(Use(hit.id, 1, hit.score),),
    )
    await memory.learn(scope, answer, [])
    return {"messages": [AIMessage(hit.text)]}


def register(catalog: Catalog, memory: LongTermMemory, _: GraphSettings) -> None:
    """Under the name of the answer graph, and healable."""

    def context(actor: Actor, _: Run) -> Context:
        return Context(memory, memory_scope(actor))

    builder = StateGraph(State, context_schema=Context).add_node("note", note).add_edge(START, "note")
    catalog.register("answer", builder, context=context, heals_from={START})
