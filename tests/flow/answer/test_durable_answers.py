"""The answer graph as a durable run: events in the log, state through the strict saver, failures as events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from stemma.graphs.answer.context import AnswerContext
from stemma.graphs.answer.graph import build_answer_graph
from stemma.graphs.answer.register import GRAPH_ID, register_answer
from stemma.graphs.catalog import Catalog
from stemma.graphs.policy import LOCAL, Actor
from stemma.graphs.runs.model import Run, RunRequest, RunStatus
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Document, Node, Scope
from tests.flow.answer.worlds import DOCUMENTS, NEVER, scripted, small_memory

MASTER = "Who is the harbour master of Port Merrow?"
HOME = Scope(LOCAL.tenant)


@pytest.fixture
async def memory() -> AsyncIterator[LongTermMemory]:
    async with small_memory() as opened:
        documents = [Document(f"test:{title}", title, text, whole=True) for title, text in DOCUMENTS.items()]
        await opened.ingest(HOME, documents)
        yield opened


@pytest.fixture
async def runtime(memory: LongTermMemory, tmp_path: Path) -> AsyncIterator[Runtime]:
    settings = GraphSettings(model="extractive:", database_url=f"sqlite:///{tmp_path / 'runs.db'}")
    catalog = Catalog()
    register_answer(catalog, memory, settings)

    def failing(_: Actor, __: Run) -> AnswerContext:
        return AnswerContext(memory, scripted(timeout=0.05, Grades=[NEVER, "rubbish"]), HOME)

    catalog.register("failing", build_answer_graph(), context=failing)
    async with await open_runtime(catalog, settings) as opened:
        yield opened


async def submitted(runtime: Runtime, given: Any, graph: str = GRAPH_ID, thread: str | None = None) -> Run:
    thread_id = thread or (await runtime.create_thread(LOCAL)).thread_id
    return await runtime.submit(LOCAL, thread_id, RunRequest(graph, input=given))


async def told(runtime: Runtime, run: Run, mode: str = "custom") -> list[tuple[str, Any]]:
    frames = runtime.stream(LOCAL, run.thread_id, run.run_id, modes=(mode,))
    return [(frame.event, json.loads(frame.data)) async for frame in frames]


async def test_steps_are_told_in_order_and_can_be_read_again(runtime: Runtime) -> None:
    run = await submitted(runtime, {"question": MASTER})
    first = await told(runtime, run)
    steps = [data["step"] for event, data in first if event == "custom"]
    assert steps == ["normalise", "recall", "grade", "generate", "verify", "learn"]
    assert await told(runtime, run) == first
    values = await runtime.join(LOCAL, run.thread_id, run.run_id)
    assert "Tomas Reyl" in values["answer"]
    assert values["citations"]


async def test_the_answer_is_stored_under_the_run(runtime: Runtime, memory: LongTermMemory) -> None:
    run = await submitted(runtime, {"question": MASTER})
    values = await runtime.join(LOCAL, run.thread_id, run.run_id)
    stored: Any = await memory.item(HOME, values["answer_id"])
    assert (stored.run_id, stored.thread_id, stored.question) == (run.run_id, run.thread_id, MASTER)
    assert stored.checkpoint_id


async def test_a_replay_learns_no_new_claim(runtime: Runtime, memory: LongTermMemory) -> None:
    run = await submitted(runtime, {"question": MASTER})
    values = await runtime.join(LOCAL, run.thread_id, run.run_id)
    before = await memory.items(HOME, Node.CLAIM)
    history = await runtime.history(LOCAL, run.thread_id, limit=50)
    place = next(state for state in history if tuple(state.next) == ("generate",))
    again = await runtime.replay(LOCAL, run.thread_id, place.checkpoint["checkpoint_id"])
    replayed = await runtime.join(LOCAL, again.thread_id, again.run_id)
    assert replayed["answer"] == values["answer"]
    assert replayed["answer_id"] != values["answer_id"]
    after = await memory.items(HOME, Node.CLAIM)
    assert {claim.id for claim in after.items} == {claim.id for claim in before.items}


async def test_a_chat_goes_on_over_two_runs(runtime: Runtime) -> None:
    run = await submitted(runtime, {"messages": [{"role": "user", "content": MASTER}]})
    await runtime.join(LOCAL, run.thread_id, run.run_id)
    more = {"messages": [{"role": "user", "content": "To how many metres is its channel dredged?"}]}
    second = await submitted(runtime, more, thread=run.thread_id)
    values = await runtime.join(LOCAL, run.thread_id, second.run_id)
    assert len(values["messages"]) == 4
    assert "13.4 metres" in values["answer"]


async def test_tokens_reach_the_log(runtime: Runtime) -> None:
    run = await submitted(runtime, {"question": MASTER})
    frames = await told(runtime, run, "messages")
    complete = [data for event, data in frames if event.startswith("messages/")]
    assert "Its harbour master is Tomas Reyl. [1]" in json.dumps(complete)


async def test_a_model_that_fails_ends_the_run_with_a_clear_error(runtime: Runtime) -> None:
    run = await submitted(runtime, {"question": MASTER}, graph="failing")
    frames = await told(runtime, run)
    errors = [data for event, data in frames if event == "error"]
    assert errors[0]["error"] == "ModelFailure"
    assert "scripted:test gave no usable answer in 2 attempts" in errors[0]["message"]
    assert (await runtime.get_run(LOCAL, run.thread_id, run.run_id)).status is RunStatus.ERROR


async def test_an_input_that_asks_nothing_is_a_clear_error(runtime: Runtime) -> None:
    run = await submitted(runtime, {"question": " "})
    errors = [data for event, data in await told(runtime, run) if event == "error"]
    assert errors[0]["error"] == "InvalidRequest"
    assert "asks nothing" in errors[0]["message"]


async def test_the_schemas_of_the_graph_are_json(runtime: Runtime) -> None:
    schemas = runtime.catalog.entry(GRAPH_ID).schemas()
    assert "question" in schemas["input_schema"]["properties"]
    assert {"answer", "citations", "abstained"} <= set(schemas["output_schema"]["properties"])
    drawn = runtime.catalog.entry(GRAPH_ID).drawing()
    assert {"normalise", "verify", "abstain"} <= {node["id"] for node in drawn["nodes"]}
