"""Recall by the mention graph over stores: bridges are found, and everybody's writes are seen at the next recall."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.long_term import LongTermMemory
from stemma.memory.memory_graph import InMemoryGraph
from stemma.memory.model import Document, Hit, Node, Scope
from stemma.memory.sqlite_graph import SqliteGraph

SCOPE = Scope("t")
QUESTION = "Where was the pilot of the Gullmar ferry raised?"
WORLD = (
    Document("ferry", "Gullmar ferry", "The Gullmar ferry has one pilot, Anna Lund. It sails at noon."),
    Document("lund", "Anna Lund", "Anna Lund plays the organ. She comes from Skagen."),
    Document("skagen", "Skagen", "Skagen is a town with two lighthouses. Its streets are of sand."),
)
NOISE = tuple(
    Document(f"noise-{n}", f"Notice {n}", f"Where a pilot is raised is asked in notice {n} of the ferry office.")
    for n in range(30)
)


class TwoHandles:
    """One memory, opened twice where the store can be: as by two processes."""

    def __init__(self, one: LongTermMemory, other: LongTermMemory) -> None:
        self.one, self.other = one, other


@pytest_asyncio.fixture(params=["fake", "sqlite"])
async def memory(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[TwoHandles]:
    if request.param == "fake":
        store = InMemoryGraph()
        yield TwoHandles(LongTermMemory(store, HashingEmbedder()), LongTermMemory(store, HashingEmbedder()))
        return
    graphs = [SqliteGraph(tmp_path / "memory.db") for _ in range(2)]
    for graph in graphs:
        await graph.open()
    first, second = (LongTermMemory(graph, HashingEmbedder()) for graph in graphs)
    async with first, second:
        yield TwoHandles(first, second)


def titles(hits: Sequence[Hit]) -> list[str]:
    return [hit.title for hit in hits]


async def test_a_bridge_is_found_and_its_way_told(memory: TwoHandles) -> None:
    await memory.one.ingest(SCOPE, [*WORLD, *NOISE])
    hits = await memory.one.recall(SCOPE, QUESTION, k=4)
    assert titles(hits)[:2] == ["Gullmar ferry", "Anna Lund"]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4]
    lund = hits[1]
    assert [(step.title, step.entity) for step in lund.path] == [("Gullmar ferry", "Anna Lund")]
    assert lund.parts["walk"] == lund.score
    hybrid = await memory.one.recall(SCOPE, QUESTION, k=4, recipe="hybrid")
    assert "Anna Lund" not in titles(hybrid)


async def test_what_another_handle_writes_and_takes_back_is_seen_at_the_next_recall(memory: TwoHandles) -> None:
    await memory.one.ingest(SCOPE, [WORLD[0], *NOISE])
    assert "Anna Lund" not in titles(await memory.one.recall(SCOPE, QUESTION, k=3))
    lund = (await memory.other.ingest(SCOPE, [WORLD[1]])).source_ids[0]
    assert "Anna Lund" in titles(await memory.one.recall(SCOPE, QUESTION, k=3))
    effect = await memory.other.retract(SCOPE, lund, reason="wrong", actor="ann")
    assert "Anna Lund" not in titles(await memory.one.recall(SCOPE, QUESTION, k=40))
    assert effect.retraction is not None
    await memory.other.restore(SCOPE, effect.retraction.id, actor="ann")
    assert "Anna Lund" in titles(await memory.one.recall(SCOPE, QUESTION, k=3))
    await memory.other.erase(SCOPE)
    assert await memory.one.recall(SCOPE, QUESTION, k=3) == []
    await memory.other.ingest(SCOPE, [WORLD[0], WORLD[1]])
    assert set(titles(await memory.one.recall(SCOPE, QUESTION, k=3))) == {"Gullmar ferry", "Anna Lund"}


async def test_a_private_passage_neither_shows_nor_carries_the_walk(memory: TwoHandles) -> None:
    ann, ben = Scope("t", user="ann"), Scope("t", user="ben")
    await memory.one.ingest(SCOPE, [WORLD[0], WORLD[2], *NOISE])
    await memory.one.ingest(ann, [WORLD[1]])
    for_ann = await memory.one.recall(ann, QUESTION, k=40)
    for_ben = await memory.one.recall(ben, QUESTION, k=40)
    assert {"Anna Lund", "Skagen"} <= set(titles(for_ann)[:4])
    assert [step.title for hit in for_ann if hit.title == "Skagen" for step in hit.path] == [
        "Gullmar ferry",
        "Anna Lund",
    ]
    assert not [hit for hit in for_ben if "Lund" in hit.title or any("Lund" in str(step) for step in hit.path)]
    public = await memory.one.recall(SCOPE, QUESTION, k=40)
    assert {hit.id: hit.score for hit in for_ben} == pytest.approx({hit.id: hit.score for hit in public})


async def test_a_budget_keeps_the_best_that_fit(memory: TwoHandles) -> None:
    await memory.one.ingest(SCOPE, [*WORLD, *NOISE])
    hits = await memory.one.recall(SCOPE, QUESTION, k=5)
    some = await memory.one.recall(SCOPE, QUESTION, k=5, budget=30)
    assert 0 < len(some) < len(hits)
    assert some[0].id == hits[0].id
    assert await memory.one.recall(SCOPE, QUESTION, k=5, budget=0) == []
    with pytest.raises(ValueError, match="budget"):
        await memory.one.recall(SCOPE, QUESTION, budget=-1)


class Contrary:
    """A reranker that likes what stands last, and a decomposer of one part."""

    async def rerank(self, query: str, hits: Sequence[Hit]) -> list[float]:
        assert query == QUESTION
        return [hit.rank / 100 for hit in hits]

    async def decompose(self, query: str) -> list[str]:
        return ["lighthouses of sand"] if query == QUESTION else []


async def test_a_reranker_has_the_last_word(memory: TwoHandles) -> None:
    await memory.one.ingest(SCOPE, WORLD)
    plain = await memory.one.recall(SCOPE, QUESTION, k=3)
    turned = LongTermMemory(memory.one.graph, HashingEmbedder(), reranker=Contrary())
    hits = await turned.recall(SCOPE, QUESTION, k=3)
    assert titles(hits) == titles(plain)[::-1]
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert all(hit.kind is Node.PASSAGE and hit.parts["rerank"] == hit.score for hit in hits)


async def test_the_parts_of_a_question_are_asked_too(memory: TwoHandles) -> None:
    await memory.one.ingest(SCOPE, [WORLD[0], WORLD[2], *NOISE])
    assert "Skagen" not in titles(await memory.one.recall(SCOPE, QUESTION, k=3))
    parted = LongTermMemory(memory.one.graph, HashingEmbedder(), decomposer=Contrary())
    hits = await parted.recall(SCOPE, QUESTION, k=3)
    assert {"Gullmar ferry", "Skagen"} <= set(titles(hits))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
