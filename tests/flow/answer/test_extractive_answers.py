"""The compiled answer graph with the offline model: every branch it can take, on a small memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages import HumanMessage as Human

from stemma.graphs.answer.context import AnswerContext
from stemma.graphs.answer.graph import build_answer_graph
from stemma.graphs.errors import InvalidRequest
from stemma.graphs.models.open import open_model
from stemma.graphs.settings import GraphSettings
from stemma.graphs.terminal import source_line
from stemma.memory.model import Document, Node, Position
from tests.flow.answer.worlds import DOCUMENTS, SCOPE, World, run_uuid, small_memory

MASTER = "Who is the harbour master of Port Merrow?"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with small_memory() as memory:
        yield World(memory)


def assert_verbatim(said: dict[str, Any]) -> None:
    for citation in said["citations"]:
        text = DOCUMENTS[citation["title"]]
        assert text[citation["start"] : citation["end"]] == citation["quote"] != ""


async def test_a_question_is_answered_with_verbatim_citations(world: World) -> None:
    said = await world.ask({"question": MASTER})
    assert world.path == ["normalise", "recall", "grade", "generate", "verify", "learn"]
    assert "Its harbour master is Tomas Reyl. [" in said["answer"]
    assert said["short_answer"] == "Tomas Reyl"
    assert said["model"] == "extractive"
    assert said["abstained"] is False
    assert said["citations"]
    assert_verbatim(said)
    assert [step["step"] for step in said["steps"]] == world.path
    assert all(event["text"] for event in world.events)


async def test_a_citation_names_its_page_or_sheet(world: World) -> None:
    pages = ["The dock gate of Port Asker was built by Norda Yard.", "The dock crane of Port Asker lifts 90 tons."]
    cut = len(pages[0]) + 2
    parts = [Position(0, cut, page=1), Position(cut, cut + len(pages[1]), page=2, sheet="Cranes")]
    book = Document("file:/asker.pdf", "Port Asker", "\n\n".join(pages), parts=parts)
    assert not (await world.memory.ingest(SCOPE, [book])).failures
    said = await world.ask({"question": "How many tons does the dock crane of Port Asker lift?"})
    assert "90 tons" in said["answer"]
    (cited,) = [citation for citation in said["citations"] if "90 tons" in citation["quote"]]
    assert (cited["page"], cited["sheet"]) == (2, "Cranes")
    assert source_line(cited) == f"[{cited['n']}] Port Asker > Cranes  file:/asker.pdf, page 2 of sheet Cranes"
    master = await world.ask({"question": MASTER})
    assert [(each["page"], each["sheet"]) for each in master["citations"]] == [(None, "")] * len(master["citations"])
    first = master["citations"][0]
    assert source_line(first) == f"[1] {first['title']}  {first['uri']}"


async def test_what_was_answered_is_learned_with_its_lineage(world: World) -> None:
    said = await world.ask({"question": MASTER})
    claims = await world.claims()
    assert "Its harbour master is Tomas Reyl." in {claim.text for claim in claims}
    derivations = await world.memory.graph.derivations(SCOPE, [claim.id for claim in claims])
    passages = {passage["id"] for passage in said["passages"]}
    assert {derivation.antecedent_id for derivation in derivations} <= passages
    assert {derivation.run_id for derivation in derivations} == {str(run_uuid("run-1"))}


async def test_learning_again_adds_no_claim(world: World) -> None:
    await world.ask({"question": MASTER})
    before = {claim.id for claim in await world.claims()}
    world.thread = "thread-2"
    said = await world.ask({"question": MASTER}, run_id="run-2")
    assert {claim.id for claim in await world.claims()} == before
    assert "Tomas Reyl" in said["answer"]
    assert (await world.memory.statistics(SCOPE)).by_node[Node.ANSWER] == 2


async def test_a_run_that_starts_again_writes_the_same_answer(world: World) -> None:
    first = await world.ask({"question": MASTER})
    history = [
        state
        async for state in build_answer_graph()
        .compile(checkpointer=world.saver)
        .aget_state_history({"configurable": {"thread_id": world.thread}})
    ]
    before_learning = next(state for state in history if state.next == ("learn",))
    again = await world.ask(None, checkpoint=before_learning.config["configurable"]["checkpoint_id"])
    assert again["answer_id"] == first["answer_id"]
    assert (await world.memory.statistics(SCOPE)).by_node[Node.ANSWER] == 1


async def test_learning_can_be_switched_off(world: World) -> None:
    world.learn = False
    said = await world.ask({"question": MASTER})
    assert said["answer"]
    assert said["answer_id"] == ""
    assert await world.claims() == []


async def test_an_unrelated_question_is_reworded_and_then_not_answered(world: World) -> None:
    said = await world.ask({"question": "Which comet did Edmond Halley observe over Paris?"})
    assert said["abstained"] is True
    assert said["citations"] == []
    assert said["short_answer"] == ""
    assert "halley" in said["reason"]
    assert world.path[-1] == "abstain"
    assert "rewrite" in world.path
    assert "generate" not in world.path
    assert await world.claims() == []


async def test_a_rewritten_query_finds_what_the_first_did_not(world: World) -> None:
    """k is 4 and no word of the question names the bridge: without a walk, only the second look-up finds it."""
    world.recipe = "hybrid"
    for n in range(12):
        await _ingest(world, f"Notice {n}", f"The pilot of the Gullmar ferry raised the flag, notice number {n}.")
    await _ingest(world, "Gullmar ferry", "The Gullmar ferry has one pilot, Anna Lund.")
    await _ingest(world, "Anna Lund", "Anna Lund was raised in Skagen.")
    said = await world.ask({"question": "In which hometown was the pilot of the Gullmar ferry raised as a child?"})
    assert world.path[:6] == ["normalise", "recall", "grade", "rewrite", "recall", "grade"]
    rounds = {passage["title"]: passage["round"] for passage in said["passages"]}
    assert rounds.get("Anna Lund", 0) > 1
    assert "Anna Lund was raised in Skagen." in said["answer"]


async def _ingest(world: World, title: str, text: str) -> None:
    await world.memory.ingest(SCOPE, [Document(f"test:{title}", title, text, whole=True)])


async def test_an_empty_memory_abstains(world: World) -> None:
    await world.memory.erase(SCOPE)
    said = await world.ask({"question": MASTER})
    assert said["abstained"] is True
    assert said["reason"] == "memory holds nothing on it"


async def test_a_chat_gets_its_answer_as_a_message_and_goes_on(world: World) -> None:
    first = await world.ask({"messages": [{"role": "user", "content": MASTER}]})
    message = first["messages"][-1]
    assert isinstance(message, AIMessage)
    assert message.content == first["answer"]
    assert message.additional_kwargs["citations"] == first["citations"]
    assert message.response_metadata["model_name"] == "extractive"
    second = await world.ask({"messages": [Human("And to how many metres is its channel dredged?")]}, run_id="run-2")
    assert [m.type for m in second["messages"]] == ["human", "ai", "human", "ai"]
    assert "13.4 metres" in second["answer"]
    assert second["question"] == "And to how many metres is its channel dredged?"
    assert [step["step"] for step in second["steps"]].count("normalise") == 1
    assert {passage["round"] for passage in second["passages"]} == {1}


async def test_events_and_images(world: World) -> None:
    said = await world.ask({"event": {"type": "mail", "data": {"body": MASTER}}})
    assert "Tomas Reyl" in said["answer"]
    image = {"type": "image", "url": "https://example.org/a.png"}
    said = await world.ask({"messages": [Human([{"type": "text", "text": MASTER}, image])]}, run_id="run-2")
    assert "Tomas Reyl" in said["answer"]
    assert said["unsupported"] == ["image: kept, not read by extractive"]
    assert image in said["messages"][0].content


@pytest.mark.parametrize("given", [{"question": "  "}, {"messages": [AIMessage("hello")]}, {"event": {}}])
async def test_an_input_that_asks_nothing_is_refused(world: World, given: Any) -> None:
    with pytest.raises(InvalidRequest, match="asks nothing") as refused:
        await world.ask(given)
    assert refused.value.field == "input"


async def test_tokens_stream_as_messages(world: World) -> None:
    graph = build_answer_graph().compile()
    context = AnswerContext(world.memory, open_model(GraphSettings(model="extractive:")), SCOPE, k=4)
    text = ""
    parts = 0
    async for part in graph.astream({"question": MASTER}, context=context, stream_mode="messages"):
        assert isinstance(part, tuple)
        chunk, metadata = part
        assert metadata["langgraph_node"] == "generate"
        assert isinstance(chunk, AIMessageChunk)
        text += chunk.text
        parts += 1
    assert "Its harbour master is Tomas Reyl. [1]" in text
    assert parts > 5


async def test_a_question_edited_in_a_checkpoint_is_looked_up(world: World) -> None:
    await world.ask({"question": MASTER})
    graph = build_answer_graph().compile(checkpointer=world.saver)
    config: Any = {"configurable": {"thread_id": world.thread}}
    before = [state async for state in graph.aget_state_history(config) if state.next == ("recall",)].pop()
    await graph.aupdate_state(before.config, {"question": "Who founded Northwind Lines?"})
    said = await world.ask(None, run_id="run-2")
    assert "Elias Brandt" in said["answer"]
