"""The graphs that real clients are driven against: an agent with a reviewed tool, and gates."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import tool
from langgraph.graph import StateGraph

from tests.integration.toy_graphs import GATES, Steps, toy_graphs


class Echo(BaseChatModel):
    """Says back what a person said, word by word; asked to mail somebody, it calls the tool for it.

    Asked to speak slowly, it says one word, and the second when the gate that is named is opened.
    """

    @property
    def _llm_type(self) -> str:
        return "echo"

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> Runnable[Any, AIMessage]:
        return self.bind(tools=[one.name for one in tools])

    def _words(self, messages: list[BaseMessage]) -> AIMessage:
        last = messages[-1]
        text = last.text
        if isinstance(last, HumanMessage) and text.startswith("mail "):
            call = {"name": "send_mail", "args": {"to": text.removeprefix("mail ")}, "id": f"call-{len(messages)}"}
            return AIMessage("", tool_calls=[{**call, "type": "tool_call"}])
        return AIMessage(f"you said {text}" if isinstance(last, HumanMessage) else f"done {text}")

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._words(messages))])

    async def _astream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> AsyncIterator[ChatGenerationChunk]:
        slowly, gate = messages[-1].text.partition(" ")[::2]
        if slowly != "slowly":
            for chunk in self._stream(messages):
                yield chunk
            return
        yield ChatGenerationChunk(message=AIMessageChunk(content="one"))
        await GATES[gate].wait()
        yield ChatGenerationChunk(message=AIMessageChunk(content=" two"))

    def _stream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        whole = self._words(messages)
        if whole.tool_calls:
            yield ChatGenerationChunk(message=AIMessageChunk(content=whole.content, tool_calls=whole.tool_calls))
            return
        for number, word in enumerate(whole.text.split(" ")):
            yield ChatGenerationChunk(message=AIMessageChunk(content=word if number == 0 else f" {word}"))


@tool
def send_mail(to: str) -> str:
    """Send a mail."""
    return f"sent to {to}"


async def _open(state: Steps) -> Steps:
    GATES[state["gate"]].set()
    return {"log": ["opened"]}


def client_graphs() -> dict[str, Any]:
    """The toy graphs; `agent`, as frontends know them; and `open`, which lets a `gate` go on."""
    opening: Any = StateGraph(Steps)
    opening.add_node("open", _open)
    opening.set_entry_point("open")
    review: Any = HumanInTheLoopMiddleware(interrupt_on={"send_mail": True})
    return {
        **toy_graphs(),
        "agent": create_agent(Echo(), tools=[send_mail], middleware=[review]),
        "open": opening.compile(),
    }
