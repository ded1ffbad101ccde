"""The compiled answer graph with a language model: structured steps, the check of its draft, and models that misbehave.

The model is scripted: a hosted one cannot be called from a test.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from stemma.graphs.errors import ModelFailure
from stemma.graphs.models.reasoning import ReasoningModel
from stemma.memory.model import Answer, Node
from tests.flow.answer.worlds import (
    NEVER,
    SCOPE,
    ScriptedChatModel,
    World,
    all_relevant,
    drafted,
    scripted,
    small_memory,
)

MASTER = "Who is the harbour master of Port Merrow?"
TRUE = "The harbour master of Port Merrow is Tomas Reyl."
FALSE = "The harbour master of Port Merrow is Ada Quill, who was elected in 1999."

Making = Callable[..., World]


@pytest.fixture
async def world_of() -> AsyncIterator[Making]:
    async with small_memory() as memory:

        def make(**script: Any) -> World:
            return World(memory, scripted(**script))

        yield make


def chat_of(model: ReasoningModel) -> ScriptedChatModel:
    assert isinstance(model.chat, ScriptedChatModel)
    return model.chat


async def test_a_model_grades_writes_and_is_checked(world_of: Making) -> None:
    world = world_of(Grades=[all_relevant()], Drafted=[drafted((TRUE, [1, 2, 3, 4]), short="Tomas Reyl")])
    said = await world.ask({"question": MASTER})
    assert world.path == ["normalise", "recall", "grade", "generate", "verify", "learn"]
    assert said["answer"].startswith(TRUE + " [1]")
    assert said["short_answer"] == "Tomas Reyl"
    assert said["model"] == "scripted:test"
    quoted = {citation["title"]: citation["quote"] for citation in said["citations"]}
    assert quoted["Port Merrow"] == "Its harbour master is Tomas Reyl."


async def test_a_false_sentence_is_drafted_again_and_goes_to_quarantine(world_of: Making) -> None:
    world = world_of(Grades=[all_relevant()], Drafted=[drafted((FALSE, [1, 2, 3, 4])), drafted((TRUE, [1, 2, 3, 4]))])
    said = await world.ask({"question": MASTER})
    assert world.path == ["normalise", "recall", "grade", "generate", "verify", "generate", "verify", "learn"]
    assert "Ada Quill" not in said["answer"]
    assert TRUE in said["answer"]
    claims = {claim.text: claim for claim in await world.claims()}
    assert claims[FALSE].quarantined
    assert "Ada Quill" in claims[FALSE].reason
    assert not claims[TRUE].quarantined
    hits = await world.memory.recall(SCOPE, FALSE, k=20)
    assert FALSE not in {hit.text for hit in hits}
    told = str(chat_of(world.model).prompts[-1])
    assert "Rejected, do not say it again: " + FALSE in told


async def test_two_false_drafts_end_without_an_answer(world_of: Making) -> None:
    other = "Its channel is 27 metres deep."
    world = world_of(Grades=[all_relevant()], Drafted=[drafted((FALSE, [1])), drafted((other, [1, 2, 3, 4]))])
    said = await world.ask({"question": MASTER})
    assert world.path[-4:] == ["generate", "verify", "abstain", "learn"]
    assert said["abstained"] is True
    assert said["reason"] == "no sentence of the draft holds against what it cites"
    assert said["citations"] == []
    assert {claim.text for claim in await world.claims() if claim.quarantined} == {FALSE, other}
    stored = await world.memory.item(SCOPE, said["answer_id"])
    assert isinstance(stored, Answer)
    assert stored.asserts == ()


async def test_what_holds_after_the_last_draft_is_said_without_the_rest(world_of: Making) -> None:
    drafts = [drafted((TRUE, [1, 2, 3, 4]), (FALSE, [1, 2, 3, 4]))] * 2
    world = world_of(Grades=[all_relevant()], Drafted=drafts)
    said = await world.ask({"question": MASTER})
    assert TRUE in said["answer"]
    assert "Ada Quill" not in said["answer"]
    assert world.path.count("generate") == 2
    assert {claim.text for claim in await world.claims() if claim.quarantined} == {FALSE}


@pytest.mark.parametrize("cites", [[], [99]])
async def test_a_sentence_that_cites_nothing_given_fails(world_of: Making, cites: list[int]) -> None:
    world = world_of(Grades=[all_relevant()], Drafted=[drafted((TRUE, cites))] * 2)
    said = await world.ask({"question": MASTER})
    assert said["abstained"] is True
    failed = next(event for event in world.events if event["step"] == "verify")
    assert failed["checks"][0]["reasons"] == ["it cites nothing"]


async def test_a_model_that_finds_no_answer_abstains(world_of: Making) -> None:
    world = world_of(Grades=[all_relevant()], Drafted=[drafted()])
    said = await world.ask({"question": MASTER})
    assert said["abstained"] is True
    assert said["reason"] == "no passage states an answer"
    assert (await world.memory.statistics(SCOPE)).by_node.get(Node.ANSWER, 0) == 0


async def test_a_model_rewrites_twice_at_most(world_of: Making) -> None:
    insufficient = {"grades": [{"n": n, "relevant": False} for n in range(1, 5)], "sufficient": False, "missing": "who"}
    world = world_of(
        Grades=[insufficient] * 3, Rewritten=[{"query": "quay boss Merrow"}, {"query": "head of the Wend harbour"}]
    )
    said = await world.ask({"question": MASTER})
    assert world.path.count("recall") == 3
    assert world.path[-1] == "abstain"
    assert "missing: who" in said["reason"]


async def test_a_rewrite_that_was_tried_before_ends_the_search(world_of: Making) -> None:
    insufficient = {**all_relevant(sufficient=False), "missing": "more"}
    world = world_of(Grades=[insufficient], Rewritten=[{"query": MASTER}], Drafted=[drafted((TRUE, [1, 2, 3, 4]))])
    said = await world.ask({"question": MASTER})
    assert world.path == ["normalise", "recall", "grade", "rewrite", "generate", "verify", "learn"]
    assert TRUE in said["answer"]


@pytest.mark.parametrize(
    "rubbish",
    [
        "I would rather talk about owls.",
        {"sentences": "none"},
        {"grades": []},
        RuntimeError("overloaded"),
        KeyError("choices"),
    ],
)
async def test_rubbish_is_tried_again(world_of: Making, rubbish: Any) -> None:
    world = world_of(Grades=[rubbish, all_relevant()], Drafted=[drafted((TRUE, [1, 2, 3, 4]))])
    said = await world.ask({"question": MASTER})
    assert TRUE in said["answer"]
    assert chat_of(world.model).asked == ["Grades", "Grades", "Drafted"]


async def test_a_grade_left_out_is_asked_for_again(world_of: Making) -> None:
    world = world_of(
        Grades=[all_relevant(of=2), all_relevant()], Drafted=[drafted((TRUE, [1, 2, 3, 4]), short="Tomas Reyl")]
    )
    await world.ask({"question": MASTER})
    told = str(chat_of(world.model).prompts[1])
    assert "The last answer could not be used" in told
    assert "no grade for passages [3, 4]" in told


async def test_json_said_as_text_is_read(world_of: Making) -> None:
    fenced = f'Sure!\n```json\n{{"sentences": [{{"text": "{TRUE}", "cites": [1, 2, 3, 4]}}]}}\n```'
    world = world_of(Grades=[all_relevant()], Drafted=[fenced])
    assert TRUE in (await world.ask({"question": MASTER}))["answer"]


@pytest.mark.parametrize("answers", [["no"] * 3, [RuntimeError("overloaded")] * 3, [NEVER] * 3])
async def test_a_model_that_never_answers_ends_the_run(world_of: Making, answers: list[Any]) -> None:
    world = world_of(timeout=0.05, attempts=3, Grades=answers)
    with pytest.raises(ModelFailure, match="scripted:test gave no usable answer in 3 attempts") as failure:
        await asyncio.wait_for(world.ask({"question": MASTER}), 60)
    assert failure.value.hint
    assert len(chat_of(world.model).asked) == 3


async def test_a_refused_key_is_not_tried_again(world_of: Making) -> None:
    class Refused(Exception):
        status_code = 401

    world = world_of(attempts=3, Grades=[Refused("wrong key")] * 3)
    with pytest.raises(ModelFailure, match="wrong key"):
        await world.ask({"question": MASTER})
    assert len(chat_of(world.model).asked) == 1


async def test_a_thread_goes_on_after_a_failed_run(world_of: Making) -> None:
    world = world_of(attempts=1, Grades=["no", all_relevant()], Drafted=[drafted((TRUE, [1, 2, 3, 4]))])
    with pytest.raises(ModelFailure):
        await world.ask({"messages": [{"role": "user", "content": MASTER}]})
    said = await world.ask({"messages": [{"role": "user", "content": MASTER}]}, run_id="run-2")
    assert TRUE in said["answer"]
    assert [message.type for message in said["messages"]] == ["human", "human", "ai"]


async def test_cancelling_a_run_cancels_the_model_call(world_of: Making) -> None:
    world = world_of(timeout=3600.0, Grades=[NEVER])
    asking = asyncio.ensure_future(world.ask({"question": MASTER}))
    await chat_of(world.model).called.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
