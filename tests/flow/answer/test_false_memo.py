"""The whole promise, on real threads: a false memo is believed, withdrawn, gone with what came from it, and given back.

To add a backend, add its URL to the `url` fixture; nothing else here knows which store it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stemma.memory.lineage.model import Direction
from tests.flow.answer.memo_world import ABOUT, ELSEWHERE, MEMO, SHARED, World, open_world, withdrawn


@pytest.fixture(params=["fake", "sqlite", pytest.param("neo4j", marks=[pytest.mark.neo4j, pytest.mark.timeout(300)])])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "neo4j":
        return str(request.getfixturevalue("neo4j_url"))
    return "memory:" if request.param == "fake" else f"sqlite:///{tmp_path}/memory.db"


@pytest.fixture
async def world(url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(url, tmp_path) as opened:
        yield opened


async def test_a_false_memo_is_believed_and_cited(world: World) -> None:
    wrong, right = await world.ask_all()
    for question, said in wrong.items():
        assert ABOUT[question][0] in said["answer"], question
        assert world.memo in {citation["source_id"] for citation in said["citations"]}, question
    for question, said in right.items():
        assert ELSEWHERE[question] in said["answer"]
        assert world.memo not in {citation["source_id"] for citation in said["citations"]}


async def test_exactly_the_answers_that_rest_on_it_are_tainted(world: World) -> None:
    wrong, _ = await world.ask_all()
    assert await world.tainted() == []
    await withdrawn(world)
    tainted = await world.tainted()
    assert {answer.id for answer in tainted} == {said["answer_id"] for said in wrong.values()}
    assert {(answer.thread_id, answer.run_id) for answer in tainted} == {
        (said["thread_id"], said["run_id"]) for said in wrong.values()
    }


async def test_what_came_from_it_is_gone_and_the_documents_answer_again(world: World) -> None:
    wrong, right = await world.ask_all()
    await withdrawn(world)
    gone = await world.unsupported_claims()
    assert {said for said, _ in ABOUT.values() if any(said in text for text in gone)} == {w for w, _ in ABOUT.values()}
    assert SHARED not in gone  # a document says it too
    for question in ABOUT:
        for recipe in ("graph", "hybrid", "lexical", "dense"):
            hits = await world.memory.recall(world.home, question, k=20, recipe=recipe)
            assert not [hit for hit in hits if hit.source_id == world.memo or hit.text in gone], recipe
    again, still = await world.ask_all()
    for question, said in again.items():
        assert ABOUT[question][1] in said["answer"], question
        assert ABOUT[question][0] not in said["answer"], question
    assert {q: said["answer"] for q, said in still.items()} == {q: said["answer"] for q, said in right.items()}
    assert {answer.id for answer in await world.tainted()} == {said["answer_id"] for said in wrong.values()}


async def test_a_dry_run_tells_the_same_and_changes_nothing(world: World) -> None:
    wrong, _ = await world.ask_all()
    before = await world.everything()
    told = await world.memory.retract(world.home, world.memo, reason="it is false", actor="ann", dry_run=True)
    assert await world.everything() == before
    done = await world.memory.retract(world.home, world.memo, reason="it is false", actor="ann")
    assert told.affected == done.affected
    assert {said["answer_id"] for said in wrong.values()} <= {item.id for item in done.affected}


async def test_restoring_brings_everything_back(world: World) -> None:
    await world.ask_all()
    before = await world.everything()
    retraction = await withdrawn(world)
    assert await world.everything() != before
    await world.memory.restore(world.home, retraction, actor="ann")
    assert await world.everything() == before
    assert await world.tainted() == []
    said = await world.ask(next(iter(ABOUT)))
    assert "90 days" in said["answer"]


async def test_the_memo_leads_to_its_answers_and_they_lead_back(world: World) -> None:
    wrong, right = await world.ask_all()
    reached = await world.memory.lineage(world.home, world.memo, Direction.DOWNSTREAM)
    ids = {said["answer_id"] for said in wrong.values()}
    assert ids <= reached.items.keys()
    assert not {said["answer_id"] for said in right.values()} & reached.items.keys()
    for answer_id in ids:
        back = await world.memory.lineage(world.home, answer_id, Direction.UPSTREAM)
        assert world.memo in back.items
        quotes = {edge.quote for edge in back.edges if edge.quote}
        assert any(quote in MEMO.text for quote in quotes)
