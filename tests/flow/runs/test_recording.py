"""A run's event log as steps, tool calls and tokens: of a graph that calls a tool, and of one that fills a form."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, ToolMessage
from langchain_core.messages import ToolCall as ToolCallRequest
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages

from stemma.evals.case import ToolCall
from stemma.evals.recording import Recording, record
from stemma.graphs.catalog import Catalog
from stemma.graphs.policy import LOCAL
from stemma.graphs.runs.model import RunRequest
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings


class Chat(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]


class Form(TypedDict, total=False):
    question: str
    filled: str


def agent(state: Chat) -> Chat:
    if isinstance(state["messages"][-1], ToolMessage):
        usage = UsageMetadata(input_tokens=30, output_tokens=4, total_tokens=34)
        return {"messages": [AIMessage("35 days.", id="a2", usage_metadata=usage)]}
    call = ToolCallRequest(name="search", args={"query": "lead time"}, id="c1")
    usage = UsageMetadata(input_tokens=10, output_tokens=2, total_tokens=12)
    return {"messages": [AIMessage("", id="a1", tool_calls=[call], usage_metadata=usage)]}


def tools(state: Chat) -> Chat:
    asked = state["messages"][-1]
    assert isinstance(asked, AIMessage)
    return {"messages": [ToolMessage("35 days", tool_call_id=asked.tool_calls[0]["id"] or "", id="t1")]}


class Filler(BaseChatModel):
    """Fills a form as models do: as a call of a tool that nobody runs."""

    @property
    def _llm_type(self) -> str:
        return "filler"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        call = ToolCallRequest(name="Form", args={"filled": messages[-1].text}, id="f1")
        usage = UsageMetadata(input_tokens=7, output_tokens=3, total_tokens=10)
        return ChatResult(generations=[ChatGeneration(message=AIMessage("", tool_calls=[call], usage_metadata=usage))])


async def fill(state: Form) -> Form:
    said = await Filler().ainvoke(state["question"])
    return {"filled": said.tool_calls[0]["args"]["filled"]}


def form_graph() -> Any:
    builder = StateGraph(Form)
    builder.add_node("fill", fill)
    builder.add_edge(START, "fill")
    builder.add_edge("fill", END)
    return builder


def chat_graph() -> Any:
    builder = StateGraph(Chat)
    builder.add_node("agent", agent)
    builder.add_node("tools", tools)
    builder.add_edge(START, "agent")
    builder.add_conditional_edges("agent", lambda s: "tools" if s["messages"][-1].tool_calls else END)
    builder.add_edge("tools", "agent")
    return builder


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[Runtime]:
    catalog = Catalog()
    catalog.register("chat", chat_graph())
    catalog.register("form", form_graph())
    settings = GraphSettings(database_url=f"sqlite:///{tmp_path / 'runs.db'}")
    async with await open_runtime(catalog, settings) as opened:
        yield opened


async def recorded(runtime: Runtime, graph: str, given: dict[str, Any]) -> Recording:
    run = await runtime.submit(LOCAL, None, RunRequest(graph, input=given))
    output = await runtime.join(LOCAL, run.thread_id, run.run_id)
    return await record(runtime, LOCAL, run.thread_id, run.run_id, output)


async def test_steps_tool_calls_and_tokens(runtime: Runtime) -> None:
    found = await recorded(runtime, "chat", {"messages": [{"role": "user", "content": "How long?"}]})
    assert [step.name for step in found.steps] == ["agent", "tools", "agent"]
    assert all(step.milliseconds is not None and step.milliseconds >= 0 for step in found.steps)
    assert found.tool_calls == (ToolCall("search", {"query": "lead time"}),)
    assert [(each.step, each.input, each.output) for each in found.tokens] == [("agent", 10, 2), ("agent", 30, 4)]
    assert [event.seq for event in found.events] == sorted({event.seq for event in found.events})


async def test_a_form_is_no_tool_call(runtime: Runtime) -> None:
    found = await recorded(runtime, "form", {"question": "How long?"})
    assert [step.name for step in found.steps] == ["fill"]
    assert found.tool_calls == ()
    assert [(each.step, each.input, each.output) for each in found.tokens] == [("fill", 7, 3)]
