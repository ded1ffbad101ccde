"""Drift over a real run store: what is read of a run's event log, which runs count, and what the command says."""

from __future__ import annotations

import json
import operator
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from typer.testing import CliRunner

from stemma.evals.commands import eval_app
from stemma.evals.drift import Drifting, DriftPolicy
from stemma.evals.drift_runs import asked_of, drift_of, observe
from stemma.graphs.catalog import Catalog
from stemma.graphs.policy import LOCAL, Actor
from stemma.graphs.runs.model import Run, RunRequest
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings

POLICY = DriftPolicy(recent=60, reference=60)


class State(TypedDict, total=False):
    question: str
    tool: str
    messages: Annotated[list[AnyMessage], add_messages]
    done: Annotated[list[str], operator.add]
    abstained: bool
    citations: list[dict[str, Any]]
    evidence: dict[str, Any]
    kept: list[dict[str, Any]]


async def _plan(state: State) -> State:
    call = {"name": state.get("tool", "search"), "args": {}, "id": "1", "type": "tool_call"}
    return {"messages": [AIMessage("", tool_calls=[call])]}


async def _answer(state: State) -> State:
    if "nothing" in state.get("question", ""):
        raise ValueError("there is nothing")
    kept = [{"text": "a", "score": 0.5}, {"text": "b", "score": 1.0}]
    return {"abstained": False, "citations": [{"n": 1}], "evidence": {"best": 0.7, "missing": []}, "kept": kept}


def catalog() -> Catalog:
    graph = StateGraph(State)
    graph.add_node("plan", _plan)
    graph.add_node("answer", _answer)
    graph.add_edge(START, "plan")
    graph.add_edge("plan", "answer")
    graph.add_edge("answer", END)
    made = Catalog()
    made.register("agent", graph)
    return made


@pytest.fixture
def settings(tmp_path: Path) -> GraphSettings:
    return GraphSettings(database_url=f"sqlite:///{tmp_path}/runs.db")


@pytest.fixture
async def runtime(settings: GraphSettings) -> AsyncIterator[Runtime]:
    async with await open_runtime(catalog(), settings) as opened:
        yield opened


async def ask(runtime: Runtime, actor: Actor = LOCAL, **given: Any) -> Run:
    run = await runtime.submit(actor, None, RunRequest("agent", input={"question": "What is the fee?", **given}))
    async for _ in runtime.stream(actor, run.thread_id, run.run_id):
        pass
    return await runtime.get_run(actor, run.thread_id, run.run_id)


async def test_a_run_is_read_from_its_event_log(runtime: Runtime) -> None:
    seen = await observe(runtime, LOCAL, await ask(runtime, tool="calculate"))
    assert seen is not None
    assert seen.asked == "What is the fee? calculate"
    assert seen.graph == "agent"
    assert seen.steps == ("plan", "tool calculate", "answer")
    assert seen.scores == {
        "failed": 0.0,
        "abstained": 0.0,
        "citations": 1.0,
        "evidence, best": 0.7,
        "support": 0.75,
    }
    broken = await observe(runtime, LOCAL, await ask(runtime, question="nothing"))
    assert broken is not None
    assert (broken.steps, broken.scores) == (("plan", "tool search"), {"failed": 1.0})


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (None, ""),
        ("plain", "plain"),
        ({"question": "Who?", "n": 3}, "Who?"),
        ({"messages": [{"role": "user", "content": "old"}, {"type": "human", "content": "new"}]}, "new"),
        ({"messages": [{"content": [{"type": "text", "text": "block"}]}]}, "text block"),
        ({"messages": [["human", "pair"]]}, "human pair"),
        ({"event": {"a": ["x", {"b": "y"}], "n": 1}}, "x y"),
        (7, ""),
    ],
)
def test_an_input_is_read_as_text(given: Any, text: str) -> None:
    assert asked_of(given) == text


async def test_another_tool_and_other_words_are_found(runtime: Runtime) -> None:
    stranger = Actor(tenant="stranger")
    for _ in range(60):
        await ask(runtime)
    assert (await drift_of(runtime, LOCAL, POLICY)).outcome is Drifting.TOO_FEW
    start = None
    for number in range(60):
        run = await ask(runtime, tool="write" if number % 2 else "search")
        start = start or run.created_at
    for found in (await drift_of(runtime, LOCAL, POLICY), await drift_of(runtime, LOCAL, POLICY, since=start)):
        assert (found.recent, found.reference) == (60, 60)
        alarms = {change.name for change in found.changes if change.alarm}
        assert "tool search" in alarms  # that is: "tool write"; one of two that say the same is tested
    assert (await drift_of(runtime, stranger, POLICY)).recent == 0


def test_the_command_says_that_there_is_nothing_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRAPHS_DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    done = CliRunner().invoke(eval_app, ["drift", "--json"])
    assert done.exit_code == 3
    last = json.loads(done.stdout.strip().splitlines()[-1])
    assert (last["outcome"], last["exit_code"], last["recent"]) == ("too few runs", 3, 0)
    assert "nothing to compare yet" in done.stderr
