"""A small memory, the real compiled graph over it, and a chat model that says what a test wrote down for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from pydantic import PrivateAttr
from typing_extensions import override

from stemma.graphs.answer.context import AnswerContext
from stemma.graphs.answer.graph import build_answer_graph
from stemma.graphs.models.open import open_model
from stemma.graphs.models.reasoning import ReasoningModel
from stemma.graphs.settings import GraphSettings
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Claim, Document, Node, Scope
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings

SCOPE = Scope("tests")
DOCUMENTS = {
    "Port Merrow": "Port Merrow lies on the Wend estuary. Its harbour master is Tomas Reyl. "
    "The channel is dredged to 13.4 metres. The terminal closes at night.",
    "Northwind Lines": "Northwind Lines sails weekly to Port Merrow. It was founded in 1987 by Elias Brandt.",
    "Halden Fasteners": "Halden Fasteners of Bergen supplies bolts under contract HF-2231. "
    "Its contract sets a late delivery penalty of 1.5 percent for each week.",
    "Reefer guide": "Reefers are plugged in at once. Fruit spoils within two days without power.",
}
NEVER = "never"
"""In a script: an answer that does not come."""


class ScriptedChatModel(BaseChatModel):
    """Answers each shape from its own list, in order; an exception is raised, a text is said as plain text.

    A stand-in for hosted models, which a test cannot call. What it was asked stays in `asked`.
    """

    _script: dict[str, list[Any]] = PrivateAttr(default_factory=dict)
    _asked: list[str] = PrivateAttr(default_factory=list)
    _called: asyncio.Event = PrivateAttr(default_factory=asyncio.Event)
    _prompts: list[Sequence[BaseMessage]] = PrivateAttr(default_factory=list)

    @classmethod
    def of(cls, **script: list[Any]) -> ScriptedChatModel:
        made = cls()
        made._script = {name: list(answers) for name, answers in script.items()}
        return made

    @property
    def called(self) -> asyncio.Event:
        """Set once the model was called."""
        return self._called

    @property
    def asked(self) -> list[str]:
        return self._asked

    @property
    def prompts(self) -> list[Sequence[BaseMessage]]:
        return self._prompts

    @property
    def _llm_type(self) -> str:
        return "scripted"

    @override
    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        shape = tools[0]
        assert isinstance(shape, type)
        return self.bind(shape=shape.__name__)

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise NotImplementedError

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        shape = str(kwargs["shape"])
        self._asked.append(shape)
        self._called.set()
        self._prompts.append(messages)
        answer = self._script[shape].pop(0)
        if isinstance(answer, Exception):
            raise answer
        if answer is NEVER:
            await asyncio.Event().wait()
        if isinstance(answer, str):
            return ChatResult(generations=[ChatGeneration(message=AIMessage(answer))])
        call = {"name": shape, "args": answer, "id": "1", "type": "tool_call"}
        return ChatResult(generations=[ChatGeneration(message=AIMessage("", tool_calls=[call]))])


def all_relevant(*, sufficient: bool = True, of: int = 4) -> dict[str, Any]:
    """A `Grades` answer."""
    return {"grades": [{"n": n, "relevant": True, "why": "fits"} for n in range(1, of + 1)], "sufficient": sufficient}


def drafted(*sentences: tuple[str, list[int]], short: str = "") -> dict[str, Any]:
    """A `Drafted` answer."""
    return {"sentences": [{"text": text, "cites": cites} for text, cites in sentences], "short_answer": short}


def scripted(timeout: float = 30.0, attempts: int = 2, **script: list[Any]) -> ReasoningModel:
    """A model that is not extractive."""
    chat = ScriptedChatModel.of(**script)
    return ReasoningModel("scripted:test", chat, timeout=timeout, attempts=attempts, pause=0.0)


def strict_saver() -> InMemorySaver:
    """A saver that reads back no type but LangGraph's own and LangChain's messages."""
    return InMemorySaver(serde=JsonPlusSerializer(allowed_msgpack_modules=None))


def run_uuid(name: str) -> UUID:
    """The id of a test's run."""
    return uuid5(NAMESPACE_URL, name)


@dataclass
class World:
    """One thread on the compiled graph."""

    memory: LongTermMemory
    model: ReasoningModel = field(default_factory=lambda: open_model(GraphSettings(model="extractive:")))
    learn: bool = True
    recipe: str | None = None
    thread: str = "thread-1"
    saver: InMemorySaver = field(default_factory=strict_saver)
    events: list[dict[str, Any]] = field(default_factory=list)

    async def ask(self, given: Any, run_id: str = "run-1", checkpoint: str | None = None) -> dict[str, Any]:
        """Run the graph on the thread; its output. Custom events are added to `events`."""
        graph = build_answer_graph().compile(checkpointer=self.saver)
        context = AnswerContext(self.memory, self.model, SCOPE, k=4, recipe=self.recipe, learn=self.learn)
        config: Any = {"configurable": {"thread_id": self.thread}, "run_id": run_uuid(run_id)}
        if checkpoint:
            config["configurable"]["checkpoint_id"] = checkpoint
        async for mode, part in graph.astream(given, config, context=context, stream_mode=["custom", "values"]):
            assert isinstance(part, dict)
            if mode == "custom":
                self.events.append(part)
            else:
                values = part
        return dict(values)

    @property
    def path(self) -> list[str]:
        """The steps that told something, in order."""
        return [event["step"] for event in self.events]

    async def claims(self) -> list[Claim]:
        page = await self.memory.items(SCOPE, Node.CLAIM, limit=100)
        return [item for item in page.items if isinstance(item, Claim)]


@asynccontextmanager
async def small_memory() -> AsyncIterator[LongTermMemory]:
    """The documents above in a memory that is lost at exit; what it has of claims, runs have learned."""
    settings = MemorySettings(url="memory:", embedder="hashing", extract="off")
    async with await open_memory(settings, embedder=HashingEmbedder()) as memory:
        documents = [Document(f"test:{title}", title, text, whole=True) for title, text in DOCUMENTS.items()]
        await memory.ingest(SCOPE, documents)
        yield memory
