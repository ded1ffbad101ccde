"""The learning loop on real runs: an answer is wrong, somebody corrects it, the next is right, and it can be undone.

On the fake and on SQLite.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from stemma.graphs.answer.register import GRAPH_ID, register_answer
from stemma.graphs.catalog import Catalog
from stemma.graphs.errors import Forbidden, InvalidRequest, RunActive, UnknownRun
from stemma.graphs.feedback import Opinion, feedback_on, give_feedback
from stemma.graphs.policy import LOCAL, Actor, Permission, memory_scope
from stemma.graphs.runs.model import RunRequest
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.settings import GraphSettings
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.lineage.model import Direction
from stemma.memory.model import Document
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings
from tests.flow.answer.feedback_world import (
    ANN,
    BOB,
    HOME,
    LEAD_TIME,
    MADE_UP,
    QUESTION,
    RIGHT,
    TRUE,
    WRONG,
    World,
    opened,
)


@pytest.fixture(params=["fake", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return "memory:" if request.param == "fake" else f"sqlite:///{tmp_path}/memory.db"


@pytest.fixture
async def world(url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with opened(url, tmp_path) as made:
        yield made


@pytest.fixture
async def silent(url: str, tmp_path: Path) -> AsyncIterator[World]:
    """Runs write nothing back, so that a test can say what a run had learned."""
    async with opened(url, tmp_path, learn=False) as made:
        yield made


async def test_a_correction_is_used_cited_and_undone(world: World) -> None:
    wrong = await world.ask()
    assert "Tomas Reyl" in wrong["answer"]
    before = await world.everything()
    kept = await world.say(wrong, score=0.0, correction=RIGHT, by="maria")
    right = await world.ask()
    assert "Mira Holt" in right["answer"]
    assert kept.source.id in {citation["source_id"] for citation in right["citations"]}
    (cited,) = [citation for citation in right["citations"] if citation["source_id"] == kept.source.id]
    assert (cited["quote"], cited["title"]) == (RIGHT, QUESTION)
    lineage = await world.memory.lineage(HOME, right["answer_id"], Direction.UPSTREAM)
    assert kept.source.id in lineage.items

    effect = await world.memory.retract(HOME, kept.source.id, reason="maria was wrong", actor="ann")
    assert right["answer_id"] in {row.id for row in effect.affected}
    after = await world.everything()
    assert {item_id: after[item_id] for item_id in before} == before
    again = await world.ask()
    assert "Tomas Reyl" in again["answer"]
    assert "Mira Holt" not in again["answer"]
    assert effect.retraction
    await world.memory.restore(HOME, effect.retraction.id, actor="ann")
    assert "Mira Holt" in (await world.ask())["answer"]


async def test_what_nobody_knew_is_answered_from_now_on(world: World) -> None:
    """Also in a few words: what was asked is the title."""
    question = "Who leads the pilot station of Veldmark?"
    run = await world.ask(question)
    assert run["abstained"]
    kept = await world.say(run, correction="Rosa Lind.")
    assert kept.source.title == question
    again = await world.ask("Who is it that leads the pilot station of Veldmark?")
    assert again["answer"] == "Rosa Lind. [1]"
    assert again["citations"][0]["source_id"] == kept.source.id


async def test_what_was_said_is_kept_once_and_listed(world: World) -> None:
    run, other = await world.ask(), await world.ask("Who supplies bolts?")
    said: dict[str, Any] = {
        "score": 0.25,
        "correction": f"  {RIGHT}\n",
        "comment": "It names\x07 the wrong one.",
        "by": "maria",
    }
    kept = await world.say(run, **said)
    before = await world.everything()
    assert (await world.say(run, **said)).source == kept.source
    assert await world.everything() == before
    later = await world.say(run, score=1.0, by="tom")
    assert [found.source for found in await world.said_about(run)] == [later.source, kept.source]
    (_, found) = [found.feedback for found in await world.said_about(run)]
    assert (found.score, found.correction, found.comment) == (0.25, RIGHT, "It names the wrong one.")
    assert (found.by, found.run_id, found.thread_id) == ("maria", run["run_id"], run["thread_id"])
    assert kept.source.uri.startswith(f"feedback:{run['run_id']}/")
    assert await world.said_about(other) == []


async def test_sent_many_times_at_once_it_is_one(world: World) -> None:
    run = await world.ask()
    opinions: list[dict[str, Any]] = [{"score": 0.0}, {"correction": RIGHT}]
    for number, said in enumerate(opinions, start=1):
        kept = await asyncio.gather(*(world.say(run, **said) for _ in range(8)))
        assert len({one.source.id for one in kept}) == 1
        assert len(await world.said_about(run)) == number


async def test_a_score_or_a_comment_alone_is_never_recalled(world: World) -> None:
    run = await world.ask()
    before = {recipe: await world.memory.recall(HOME, QUESTION, k=20, recipe=recipe) for recipe in ("graph", "dense")}
    await world.say(run, score=0.0)
    kept = await world.say(run, comment="The harbour master of Port Merrow is Mira Holt, I believe.")
    for recipe, hits in before.items():
        assert await world.memory.recall(HOME, QUESTION, k=20, recipe=recipe) == hits
    assert kept.superseded == ()
    assert len(await world.said_about(run)) == 2


async def test_a_correction_stands_in_the_place_of_what_the_run_made_up(silent: World) -> None:
    run = await silent.ask(LEAD_TIME)
    made_up, other = await silent.learned(run, MADE_UP, "Northwind Lines sails to Bergen.")
    before = await silent.everything()
    kept = await silent.say(run, correction=TRUE)
    assert kept.superseded == (made_up,)
    assert not (await silent.claim(made_up)).recallable
    assert (await silent.claim(other)).recallable
    hits = await silent.memory.recall(HOME, LEAD_TIME, k=20)
    assert hits[0].source_id == kept.source.id
    assert made_up not in {hit.id for hit in hits}
    assert (await silent.say(run, correction=TRUE)).superseded == (made_up,)
    await silent.memory.retract(HOME, kept.source.id, reason="wrong", actor="ann")
    after = await silent.everything()
    assert {item_id: after[item_id] for item_id in before} == before
    said_again = await silent.say(run, correction=TRUE)
    assert (said_again.source.withdrawn, said_again.superseded) == (True, ())
    assert (await silent.claim(made_up)).recallable


async def test_what_a_source_states_is_never_superseded(world: World) -> None:
    """The document is wrong then, and it is for a person to take it back."""
    run = await world.ask()
    assert (await world.say(run, correction=RIGHT)).superseded == ()
    hits = await world.memory.recall(HOME, QUESTION, k=20)
    assert {WRONG.split(".")[0], RIGHT.split(".")[0]} <= {hit.text.split(".")[0] for hit in hits}


async def test_one_users_correction_is_theirs_alone(world: World) -> None:
    run = await world.ask(actor=ANN)
    kept = await world.say(run, ANN, correction=RIGHT)
    assert kept.source.scope == memory_scope(ANN)
    assert kept.feedback.by == "ann"
    assert "Mira Holt" in (await world.ask(actor=ANN))["answer"]
    for other in (BOB, LOCAL):
        assert "Mira Holt" not in (await world.ask(actor=other))["answer"]
        assert await world.said_about(run, other) == []
    bobs = await world.say(run, BOB, score=1.0)
    assert [found.source.id for found in await world.said_about(run, BOB)] == [bobs.source.id]
    assert [found.source.id for found in await world.said_about(run, ANN)] == [kept.source.id]


async def test_who_is_no_particular_user_corrects_for_everyone(silent: World) -> None:
    """And does not tell everyone what one user had asked."""
    run = await silent.ask(actor=ANN)
    ann, bob = memory_scope(ANN), memory_scope(BOB)
    (made_up,) = await silent.learned(run, MADE_UP, scope=ann)
    mine = await silent.say(run, BOB, correction="The lead time of Northwind Lines is nine days.")
    assert (mine.superseded, mine.source.title) == ((), "")  # bob sees neither ann's claim nor her question
    kept = await silent.say(run, correction=TRUE)
    assert (kept.superseded, kept.source.title, kept.source.scope) == ((made_up,), "", HOME)
    assert not (await silent.claim(made_up, ann)).recallable
    for scope in (ann, bob, HOME):
        assert kept.source.id in {hit.source_id for hit in await silent.memory.recall(scope, "lead time", k=20)}
    assert (await silent.said_about(run, ANN))[0].source == kept.source


async def test_a_user_cannot_supersede_what_is_everyones(silent: World) -> None:
    run = await silent.ask()
    (made_up,) = await silent.learned(run, MADE_UP)
    kept = await silent.say(run, ANN, correction=TRUE)
    assert kept.superseded == ()
    assert kept.source.title == QUESTION
    assert (await silent.claim(made_up)).recallable


async def test_what_cannot_be_said(world: World) -> None:
    run = await world.ask()
    before = await world.everything()
    for said in (
        {},
        {"comment": " \n"},
        {"correction": "\x07"},
        {"correction": "***"},
        {"score": 1.5},
        {"score": float("nan")},
        {"score": 1.0, "by": " "},
    ):
        with pytest.raises(InvalidRequest):
            await world.say(run, **said)
    with pytest.raises(UnknownRun):
        await world.say({**run, "run_id": "r-0"}, score=1.0)
    with pytest.raises(UnknownRun):
        await world.say(run, Actor(tenant="stranger"), score=1.0)
    for permissions in ({Permission.MEMORY_WRITE, Permission.RUNS_READ}, {Permission.FEEDBACK_WRITE}):
        with pytest.raises(Forbidden):
            await world.say(run, Actor(permissions=frozenset(permissions)), score=1.0)
    with pytest.raises(Forbidden):
        await world.said_about(run, Actor(permissions=frozenset({Permission.FEEDBACK_WRITE})))
    assert await world.everything() == before


async def test_a_run_that_goes_on_cannot_be_judged(url: str, tmp_path: Path) -> None:
    settings = GraphSettings(model="extractive:", database_url=f"sqlite:///{tmp_path / 'runs.db'}")
    async with await open_memory(MemorySettings(embedder="hashing"), url=url, embedder=HashingEmbedder()) as memory:
        catalog = Catalog()
        register_answer(catalog, memory, settings)
        async with await open_runtime(catalog, settings, worker=False) as runtime:
            run = await runtime.submit(LOCAL, None, RunRequest(GRAPH_ID, input={"question": QUESTION}))
            with pytest.raises(RunActive):
                await give_feedback(runtime, memory, LOCAL, run.thread_id, run.run_id, Opinion(score=1.0))


async def test_another_document_under_such_an_address_is_no_feedback(world: World) -> None:
    run = await world.ask()
    await world.memory.ingest(HOME, [Document(f"feedback:{run['run_id']}/x", "Trick", "It says nothing of a run.")])
    kept = await world.say(run, score=1.0)
    found, _ = await feedback_on(world.runtime, world.memory, LOCAL, run["thread_id"], run["run_id"])
    assert [one.source for one in found] == [kept.source]
