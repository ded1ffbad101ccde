"""The false memo goes on: what rested on it is answered again, and nothing else is touched."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from stemma.graphs.answer.register import GRAPH_ID
from stemma.graphs.errors import Forbidden, NeverHealed, UnknownAssistant, UnknownThread
from stemma.graphs.healing.graph import GRAPH_ID as HEALING
from stemma.graphs.healing.healing import Healing
from stemma.graphs.healing.model import Progress
from stemma.graphs.policy import Actor, Filter, Permission, Rules
from stemma.graphs.runs.model import RunRequest, RunStatus
from stemma.memory.errors import UnknownItem
from stemma.memory.model import Answer
from tests.flow.answer.memo_world import ABOUT, ELSEWHERE, World, open_world, withdrawn

FIRST = next(iter(ABOUT))


@pytest.fixture(params=["sqlite", pytest.param("neo4j", marks=[pytest.mark.neo4j, pytest.mark.timeout(300)])])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "neo4j":
        return str(request.getfixturevalue("neo4j_url"))
    return f"sqlite:///{tmp_path}/memory.db"


@pytest.fixture
async def world(url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[World]:
    """The same on the fake, for what does not depend on the store."""
    async with open_world("memory:", tmp_path) as opened:
        yield opened


async def healed(world: World, retraction: str, *, move_head: bool = False) -> Progress:
    """Heal to the end."""
    healing = Healing(world.runtime, world.memory)
    started = await healing.start(world.actor, retraction, move_head=move_head)
    assert started.run is not None
    await world.runtime.join(world.actor, started.thread_id, started.run.run_id)
    return await healing.progress(world.actor, retraction)


async def goes_on(world: World, thread_id: str, question: str) -> dict[str, Any]:
    """Another question on the same thread."""
    run = await world.runtime.submit(world.actor, thread_id, RunRequest(GRAPH_ID, input={"question": question}))
    said: dict[str, Any] = await world.runtime.join(world.actor, thread_id, run.run_id)
    return {**said, "run_id": run.run_id}


def by_question(progress: Progress) -> dict[str, Mapping[str, Any]]:
    return {record["question"]: record for record in progress.done}


async def test_exactly_the_affected_answers_are_given_again(world: World) -> None:
    wrong, right = await world.ask_all()
    before = {q: await world.runtime.get_thread(world.actor, s["thread_id"]) for q, s in {**wrong, **right}.items()}
    retraction = await withdrawn(world)
    tainted = await world.tainted()

    done = await healed(world, retraction)

    assert (done.status, done.total, done.counts) == (RunStatus.SUCCESS, 3, {"changed": 3})
    for question, record in by_question(done).items():
        assert record["answer_id"] == wrong[question]["answer_id"]
        assert ABOUT[question][0] in record["old"]["text"]
        assert ABOUT[question][1] in record["new"]["text"]
        assert world.memo in record["old"]["sources"]
        assert world.memo not in record["new"]["sources"]
        learned = await world.memory.item(world.home, record["new"]["answer_id"])
        assert isinstance(learned, Answer)
        assert (learned.supported, learned.run_id) == (True, record["new_run_id"])
        thread = await world.runtime.get_thread(world.actor, record["new_thread_id"])
        assert (thread.metadata["heals"], thread.metadata["retraction"]) == (record["answer_id"], retraction)
    assert await world.tainted() == tainted
    for question, thread in before.items():
        assert await world.runtime.get_thread(world.actor, thread.thread_id) == thread, question


async def test_restoring_afterwards_leaves_the_old_answers_untainted(world: World) -> None:
    await world.ask_all()
    retraction = await withdrawn(world)
    done = await healed(world, retraction)
    await world.memory.restore(world.home, retraction, actor="ann")
    assert await world.tainted() == []
    for record in done.done:
        for answer_id in (record["answer_id"], record["new"]["answer_id"]):
            item = await world.memory.item(world.home, answer_id)
            assert isinstance(item, Answer)
            assert item.supported
    assert (await Healing(world.runtime, world.memory).plan(world.actor, retraction)).answers == []


async def test_a_plan_runs_nothing(small: World) -> None:
    wrong, _ = await small.ask_all()
    retraction = await withdrawn(small)
    runs = await small.runtime.list_runs(small.actor, limit=100)
    threads = await small.runtime.count_threads(small.actor)
    plan = await Healing(small.runtime, small.memory).plan(small.actor, retraction)
    assert {row.answer_id for row in plan.answers} == {said["answer_id"] for said in wrong.values()}
    assert {row.outcome for row in plan.answers} == {None}
    assert await small.runtime.list_runs(small.actor, limit=100) == runs
    assert await small.runtime.count_threads(small.actor) == threads
    with pytest.raises(NeverHealed):
        await Healing(small.runtime, small.memory).progress(small.actor, retraction)


async def test_healing_again_runs_nothing_again(small: World) -> None:
    await small.ask_all()
    retraction = await withdrawn(small)
    first = await healed(small, retraction)
    again = await healed(small, retraction)
    assert again.done == first.done
    assert again.run is not None
    assert first.run is not None
    assert again.run.run_id != first.run.run_id
    runs = await small.runtime.list_runs(small.actor, limit=100)
    assert sum("heals" in run.metadata for run in runs) == 3


async def test_the_head_moves_only_when_asked_and_later_turns_stay(small: World) -> None:
    first = await small.ask(FIRST)
    second = await small.ask(list(ABOUT)[1])
    later = await goes_on(small, second["thread_id"], next(iter(ELSEWHERE)))
    heads = [await small.runtime.get_state(small.actor, said["thread_id"]) for said in (first, second)]
    retraction = await withdrawn(small)

    kept = by_question(await healed(small, retraction))
    now = [await small.runtime.get_state(small.actor, said["thread_id"]) for said in (first, second)]
    assert now == heads
    turns = [(turn["run_id"], turn["asked"]) for turn in kept[list(ABOUT)[1]]["later"]]
    assert turns == [(later["run_id"], next(iter(ELSEWHERE)))]

    moved = by_question(await healed(small, retraction, move_head=True))
    assert {question: record["head"] for question, record in moved.items()} == {
        FIRST: "moved",
        list(ABOUT)[1]: "stays: the thread went on since",
    }
    head = await small.runtime.get_state(small.actor, first["thread_id"])
    assert head.values["answer"] == moved[FIRST]["new"]["text"]
    assert await small.runtime.get_state(small.actor, second["thread_id"]) == heads[1]
    before = heads[0].checkpoint["checkpoint_id"]
    old = await small.runtime.get_state(small.actor, first["thread_id"], checkpoint_id=before)
    assert old.values == heads[0].values

    assert by_question(await healed(small, retraction, move_head=True))[FIRST]["head"] == "moved"
    assert await small.runtime.get_state(small.actor, first["thread_id"]) == head
    after = await goes_on(small, first["thread_id"], list(ELSEWHERE)[1])
    assert ELSEWHERE[list(ELSEWHERE)[1]] in after["answer"]


async def test_a_chat_that_moves_on_has_the_new_answer_in_the_old_ones_place(small: World) -> None:
    thread = await small.runtime.create_thread(small.actor)
    asked = {"messages": [{"role": "user", "content": FIRST}]}
    run = await small.runtime.submit(small.actor, thread.thread_id, RunRequest(GRAPH_ID, input=asked))
    await small.runtime.join(small.actor, thread.thread_id, run.run_id)
    await healed(small, await withdrawn(small), move_head=True)
    messages = (await small.runtime.get_state(small.actor, thread.thread_id)).values["messages"]
    assert [message.type for message in messages] == ["human", "ai"]
    assert ABOUT[FIRST][0] not in messages[1].content
    assert ABOUT[FIRST][1] in messages[1].content


async def test_an_edited_question_is_asked_as_it_was_edited(small: World) -> None:
    first = await small.ask(next(iter(ELSEWHERE)))
    places = await small.runtime.history(small.actor, first["thread_id"], limit=100)
    before = next(place for place in places if place.next == ("recall",)).checkpoint["checkpoint_id"]
    again = await small.runtime.fork(small.actor, first["thread_id"], before, {"question": FIRST})
    said = await small.runtime.join(small.actor, first["thread_id"], again.run_id)
    assert ABOUT[FIRST][0] in said["answer"]
    done = await healed(small, await withdrawn(small))
    assert ABOUT[FIRST][1] in by_question(done)[FIRST]["new"]["text"]


async def test_what_was_edited_after_memory_was_looked_up_is_left_alone(small: World) -> None:
    first = await small.ask(FIRST)
    places = await small.runtime.history(small.actor, first["thread_id"], limit=100)
    before = next(place for place in places if place.next == ("generate",)).checkpoint["checkpoint_id"]
    again = await small.runtime.fork(small.actor, first["thread_id"], before, {"draft_short": ""})
    await small.runtime.join(small.actor, first["thread_id"], again.run_id)
    done = await healed(small, await withdrawn(small))
    assert done.counts == {"changed": 1, "not healable": 1}
    left = next(record for record in done.done if record["run_id"] == again.run_id)
    assert "edited by hand" in left["why"]


async def test_each_owner_heals_their_own(small: World) -> None:
    """A user's answers are the user's: somebody wider learns how many there are, a stranger nothing."""
    ann, bob = (replace(small, actor=replace(small.actor, user=name)) for name in ("ann", "bob"))
    own, hers = await small.ask(FIRST), await ann.ask(FIRST)
    retraction = await withdrawn(small)

    done = await healed(small, retraction)
    assert [record["answer_id"] for record in done.done] == [own["answer_id"]]
    assert done.hidden > 0

    done = await healed(ann, retraction)
    assert {record["answer_id"]: record["outcome"] for record in done.done} == {
        hers["answer_id"]: "changed",
        own["answer_id"]: "not healable",
    }
    record = next(record for record in done.done if record["answer_id"] == hers["answer_id"])
    with pytest.raises(UnknownItem):
        await small.memory.item(small.home, record["new"]["answer_id"])

    planned = await Healing(bob.runtime, bob.memory).plan(bob.actor, retraction)
    assert [row.answer_id for row in planned.answers] == [own["answer_id"]]
    assert planned.hidden == 0
    with pytest.raises(NeverHealed):
        await Healing(bob.runtime, bob.memory).progress(bob.actor, retraction)
    with pytest.raises(UnknownItem):
        await Healing(bob.runtime, bob.memory).start(replace(bob.actor, tenant="elsewhere"), retraction)


async def test_healing_asks_for_every_permission_it_uses(small: World) -> None:
    await small.ask(FIRST)
    retraction = await withdrawn(small)
    for missing in (Permission.MEMORY_READ, Permission.RUNS_WRITE, Permission.THREADS_WRITE):
        actor = replace(small.actor, permissions=frozenset(Permission) - {missing})
        with pytest.raises(Forbidden):
            await Healing(small.runtime, small.memory).start(actor, retraction)


async def test_no_client_can_start_the_healing_graph_by_its_name(small: World) -> None:
    with pytest.raises(UnknownAssistant):
        await small.runtime.submit(small.actor, None, RunRequest(HEALING, input={"answers": ["x"]}))
    entry = small.runtime.catalog.entry(HEALING)
    with pytest.raises(UnknownAssistant):
        await small.runtime.assistants.get(small.actor, entry.assistant_id)
    assert HEALING not in small.runtime.catalog.ids()


async def test_a_healed_answer_is_healed_again_by_the_next_retraction(small: World) -> None:
    said = await small.ask(FIRST)
    first = by_question(await healed(small, await withdrawn(small)))[FIRST]
    (true,) = first["new"]["sources"]
    effect = await small.memory.retract(small.home, true, reason="out of date", actor="ann")
    assert effect.retraction is not None
    done = {record["answer_id"]: record for record in (await healed(small, effect.retraction.id)).done}
    assert done.keys() == {said["answer_id"], first["new"]["answer_id"]}
    assert {record["outcome"] for record in done.values()} == {"abstains"}
    assert done[first["new"]["answer_id"]]["thread_id"] == first["new_thread_id"]


@dataclass(frozen=True)
class Owned(Rules):
    """What most auth files say: a thread is whose it was made."""

    async def decide(self, actor: Actor, resource: str, action: str, value: dict[str, Any]) -> Filter | None:
        if action.startswith("create"):
            value["metadata"] = {**(value.get("metadata") or {}), "owner": actor.name}
        return {"owner": actor.name} if resource == "threads" else None


async def test_threads_that_rules_hide_are_counted_and_not_run(small: World) -> None:
    ann, bob = (replace(small, actor=replace(small.actor, name=name, rules=Owned())) for name in ("ann", "bob"))
    said = await ann.ask(FIRST)
    retraction = await withdrawn(small)
    healing = Healing(small.runtime, small.memory)
    planned = await healing.plan(bob.actor, retraction)
    begun = await healing.start(bob.actor, retraction)
    assert (planned.answers, planned.hidden) == ([], 1)
    assert (begun.run, begun.hidden) == (None, 1)

    done = await healed(ann, retraction)
    (record,) = done.done
    assert (record["answer_id"], record["outcome"]) == (said["answer_id"], "changed")
    for thread_id in (done.thread_id, record["new_thread_id"]):
        assert (await ann.runtime.get_thread(ann.actor, thread_id)).metadata["owner"] == "ann"
        with pytest.raises(UnknownThread):
            await bob.runtime.get_thread(bob.actor, thread_id)
    with pytest.raises(NeverHealed):
        await healing.progress(bob.actor, retraction)
