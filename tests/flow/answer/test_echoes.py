"""Memory that is fed its own output: 24 sessions answer, learn and recall what the sessions before them learned.

The chat model is scripted to do its worst: it says every statement again, each time in another case, with other marks,
and cites whatever it was shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import PrivateAttr
from typing_extensions import override

from stemma.graphs.answer.context import AnswerContext
from stemma.graphs.answer.graph import build_answer_graph
from stemma.graphs.models.open import open_model
from stemma.graphs.models.reasoning import ReasoningModel
from stemma.graphs.settings import GraphSettings
from stemma.memory.identifiers import statement_key
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Claim, Document, Node, Scope
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings
from tests.flow.answer.worlds import ScriptedChatModel, run_uuid, strict_saver

SCOPE, ANN = Scope("echo"), Scope("echo", "ann")
SESSIONS = 24
DOCUMENTS = [
    Document("t:merrow", "Port Merrow", "The harbour master of Port Merrow is Tomas Reyl. Port Merrow has two cranes."),
    Document("t:reyl", "Tomas Reyl", "Tomas Reyl was born in Veldmark in 1968. He sailed for twenty years."),
    *(Document(f"t:h{n}", f"Harbour {n}", f"Harbour {n} has a harbour master at pier {n}.") for n in range(9)),
]
QUESTIONS = [
    "Which harbour master of Port Merrow is Tomas Reyl?",
    "Was Tomas Reyl of Port Merrow born in Veldmark in 1968?",
    "Who was born in Veldmark in 1968?",
]
"""Their passages differ, so that what the first one made is no mere echo of what the others read."""
MADE = "Tomas Reyl, harbour master of Port Merrow, was born in Veldmark in 1968"
QUOTED = "The harbour master of Port Merrow is Tomas Reyl"
_SHOWN = re.compile(r"\[(\d+)\] [^\n]*\n")


class Parrot(ScriptedChatModel):
    """Finds everything relevant, and says the same two statements for ever."""

    _turn: int = PrivateAttr(default=0)

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        shape = str(kwargs["shape"])
        content = messages[-1].content
        shown = [int(n) for block in content if isinstance(block, dict) for n in _SHOWN.findall(str(block["text"]))]
        if shape == "Grades":
            said: dict[str, Any] = {"grades": [{"n": n, "relevant": True} for n in shown], "sufficient": True}
        else:
            self._turn += 1
            said = {"sentences": [{"text": self._spelled(text), "cites": shown} for text in (MADE, QUOTED)]}
        call = {"name": shape, "args": said, "id": "1", "type": "tool_call"}
        return ChatResult(generations=[ChatGeneration(message=AIMessage("", tool_calls=[call]))])

    def _spelled(self, text: str) -> str:
        ways = (text + ".", text + f" [{self._turn}].", text.replace(", ", " – ") + "!", text + ". [1] [2]")
        return ways[self._turn % len(ways)]


@pytest.fixture(params=["fake", "sqlite"])
async def memory(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LongTermMemory]:
    url = "memory:" if request.param == "fake" else f"sqlite:///{tmp_path}/memory.db"
    settings = MemorySettings(embedder="hashing")
    async with await open_memory(settings, url=url, embedder=HashingEmbedder()) as opened:
        await opened.ingest(SCOPE, DOCUMENTS)
        yield opened


async def session(graph: Any, context: AnswerContext, number: int) -> dict[str, Any]:
    """One thread, one question, everything learned."""
    config: Any = {"configurable": {"thread_id": f"thread-{number}"}, "run_id": run_uuid(f"echo-{number}")}
    question = {"question": QUESTIONS[number % len(QUESTIONS)]}
    return dict(await graph.ainvoke(question, config, context=context))


async def claims(memory: LongTermMemory, scope: Scope) -> list[Claim]:
    page = await memory.items(scope, Node.CLAIM, limit=500)
    assert page.total == len(page.items)
    return [item for item in page.items if isinstance(item, Claim)]


def copies(found: list[Claim]) -> Counter[str]:
    return Counter(statement_key(claim.text) for claim in found)


async def watched(
    memory: LongTermMemory, model: ReasoningModel, scopes: list[Scope], *, own_output: bool = True
) -> list[Claim]:
    """Run the sessions, the scopes taking turns; after each, no claim has risen and none is there twice."""
    graph = build_answer_graph().compile(checkpointer=strict_saver())
    recalled = answered = 0
    before: dict[str, float] = {claim.id: claim.confidence for claim in await claims(memory, ANN)}
    for number in range(SESSIONS):
        context = AnswerContext(memory, model, scopes[number % len(scopes)], k=6, recipe="lexical")
        said = await session(graph, context, number)
        answered += not said["abstained"]
        recalled += any(passage["kind"] == Node.CLAIM.value for passage in said["passages"])
        found = await claims(memory, ANN)
        assert max(copies(found).values()) == 1
        now = {claim.id: claim.confidence for claim in found}
        assert all(now[name] <= confidence for name, confidence in before.items())
        before = now
    assert (await memory.items(ANN, Node.ANSWER)).total == SESSIONS
    assert bool(recalled) == own_output
    assert answered > SESSIONS // 2
    return await claims(memory, ANN)


async def test_a_parrot_adds_nothing_to_what_it_said_first(memory: LongTermMemory) -> None:
    model = ReasoningModel("scripted:parrot", Parrot(), attempts=1)
    stored = len(await claims(memory, SCOPE))
    found = {statement_key(claim.text): claim for claim in await watched(memory, model, [SCOPE])}
    assert len(found) == stored + 1  # what stands in a document was there; the other statement was made once
    made, quoted = found[statement_key(MADE)], found[statement_key(QUOTED)]
    assert made.recallable
    assert made.confidence <= quoted.confidence < 1.0


async def test_no_claim_of_a_parrot_rests_on_itself(memory: LongTermMemory) -> None:
    model = ReasoningModel("scripted:parrot", Parrot(), attempts=1)
    found = await watched(memory, model, [SCOPE])
    rows = await memory.graph.derivations(SCOPE, [claim.id for claim in found])
    assert {row.antecedent_id for row in rows} & {claim.id for claim in found}  # one statement on another
    assert not [row for row in rows if row.antecedent_id == row.claim_id]
    for source in (await memory.items(SCOPE, Node.SOURCE)).items:
        await memory.retract(SCOPE, source.id, reason="all wrong", actor="test")
    assert [claim.text for claim in await claims(memory, SCOPE) if claim.supported] == []


async def test_what_is_shared_is_not_copied_into_a_users_memory(memory: LongTermMemory) -> None:
    model = open_model(GraphSettings(model="extractive:"))
    found = await watched(memory, model, [ANN], own_output=False)
    assert {claim.scope for claim in found} == {SCOPE}


async def test_the_extractive_model_only_asserts_what_the_documents_say(memory: LongTermMemory) -> None:
    model = open_model(GraphSettings(model="extractive:"))
    stored = {claim.id for claim in await claims(memory, SCOPE)}
    found = await watched(memory, model, [SCOPE], own_output=False)
    answers = (await memory.items(SCOPE, Node.ANSWER, limit=50)).items
    asserted = {item for answer in answers if isinstance(answer, Answer) for item in answer.asserts}
    assert asserted & stored
    assert {claim.id for claim in found} == asserted | stored
