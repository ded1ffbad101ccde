"""Changing the embedder of a filled memory: resumable, and recall goes on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from stemma.memory.errors import EmbedderMismatch, NothingToReindex
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.ingest.reindexing import ReindexProgress
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Document, Scope
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings

SCOPE, OTHER = Scope("acme"), Scope("globex", "maria")
DOCUMENTS = [Document(f"file:/{n}.md", f"Pier {n}", f"Pier {n} was built in {1900 + n}.") for n in range(150)]
NEXT = HashingEmbedder(64)


class Interrupted(HashingEmbedder):
    """The next embedder in a process that is stopped while it embeds for the third time."""

    calls = 0

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        self.calls += 1
        if self.calls == 3:
            raise asyncio.CancelledError
        return await super().embed(texts)


@pytest.fixture(params=["fake", "sqlite"])
async def memory(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LongTermMemory]:
    url = "memory:" if request.param == "fake" else f"sqlite:///{tmp_path}/memory.db"
    async with await open_memory(MemorySettings(embedder="hashing"), url=url) as opened:
        yield opened


async def nearest(memory: LongTermMemory, scope: Scope, number: int) -> str:
    return (await memory.recall(scope, f"When was pier {number} built?", k=1, recipe="dense"))[0].title


async def test_it_embeds_all_tenants_and_goes_on_with_the_new_embedder(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, DOCUMENTS)
    await memory.ingest(OTHER, DOCUMENTS[:3])
    seen: list[ReindexProgress] = []
    done = await memory.reindex(NEXT, on_progress=seen.append)
    assert done.items == 153
    assert done.texts >= 153
    assert seen[-1] == done
    assert [step.items for step in seen] == sorted({step.items for step in seen})
    assert {step.total for step in seen} == {153}
    assert await memory.graph.embedder() == NEXT.identity
    assert memory.embedder is NEXT
    assert await nearest(memory, SCOPE, 77) == "Pier 77"
    assert await nearest(memory, OTHER, 2) == "Pier 2"
    await memory.ingest(SCOPE, [Document("file:/new.md", "Pier 500", "Pier 500 was built in 2026.")])
    assert await nearest(memory, SCOPE, 500) == "Pier 500"


async def test_what_was_embedded_before_an_interruption_stays(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, DOCUMENTS)
    with pytest.raises(asyncio.CancelledError):
        await memory.reindex(Interrupted(64))
    assert await memory.graph.embedder() == memory.embedder.identity != NEXT.identity
    assert await nearest(memory, SCOPE, 77) == "Pier 77"
    late = Document("file:/late.md", "Pier 300", "Pier 300 was built in 2025.")
    await memory.ingest(SCOPE, [late])
    done = await memory.reindex(NEXT)
    assert 0 < done.items < len(DOCUMENTS)
    assert await nearest(memory, SCOPE, 300) == "Pier 300"


async def test_it_refuses_without_need(memory: LongTermMemory) -> None:
    with pytest.raises(NothingToReindex, match="no vectors"):
        await memory.reindex(NEXT)
    await memory.ingest(SCOPE, DOCUMENTS[:1])
    with pytest.raises(NothingToReindex, match="already"):
        await memory.reindex(HashingEmbedder())


async def test_a_third_embedder_waits_until_the_other_is_given_up(memory: LongTermMemory) -> None:
    await memory.ingest(SCOPE, DOCUMENTS)
    with pytest.raises(asyncio.CancelledError):
        await memory.reindex(Interrupted(64))
    with pytest.raises(EmbedderMismatch):
        await memory.reindex(HashingEmbedder(32))
    await memory.graph.abandon_reindex()
    assert (await memory.reindex(HashingEmbedder(32))).items == len(DOCUMENTS)


async def test_the_vectors_are_those_of_a_memory_filled_by_the_new_embedder(tmp_path: Path) -> None:
    long = Document("file:/long.md", "Pier 4", "Pier 4 was built in 1904. It has 12 bollards. Its crane is yellow.")
    settings = MemorySettings(embedder="hashing")
    found = []
    for name, embedder in (("old", HashingEmbedder()), ("new", NEXT)):
        async with await open_memory(settings, url=f"sqlite:///{tmp_path}/{name}.db", embedder=embedder) as memory:
            await memory.ingest(SCOPE, [long, DOCUMENTS[7]])
            if name == "old":
                await memory.reindex(NEXT)
            items = await memory.graph.changed_items(SCOPE, 0, 100)
            (vector,) = await NEXT.embed(["When was pier 4 built?"])
            scores = await memory.graph.search_vector(SCOPE, vector, 10)
            found.append(({item.id: item.sentences for item in items}, scores))
    assert len(found[0][0]) == 2
    assert found[0] == found[1]
