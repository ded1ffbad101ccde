"""What is made of a window while the ones before it are stored: nothing of it shows in what is stored or reported.

A window is as small as one document here: what is to be seen happens between windows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from stemma.memory.bundles import ReadySource
from stemma.memory.errors import EmbedderUnavailable, MemoryFull
from stemma.memory.ingest import pipeline, windows
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.ingest.statements import RuleExtractor
from stemma.memory.long_term import LongTermMemory
from stemma.memory.memory_graph import InMemoryGraph
from stemma.memory.model import Document, Entity, Node, Scope
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings

SCOPE = Scope("acme")
NOTES = [Document(f"file:/{n}", f"Note {n}", f"Note number {n}. The fee is {n} euros.") for n in range(6)]


@pytest.fixture(autouse=True)
def windows_of_one_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "SIZE", 1)


@pytest.fixture(params=["fake", "sqlite"])
async def memory(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LongTermMemory]:
    url = "memory:" if request.param == "fake" else f"sqlite:///{tmp_path}/memory.db"
    async with await open_memory(MemorySettings(embedder="hashing"), url=url) as opened:
        yield opened


class Embedding(HashingEmbedder):
    """Keeps what it was asked, and fails at a text that holds a word."""

    def __init__(self, failing: str = "no such word") -> None:
        super().__init__(16)
        self.asked: list[str] = []
        self.failing = failing
        self.heard = asyncio.Condition()

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        async with self.heard:
            self.asked += texts
            self.heard.notify_all()
        if any(self.failing in text for text in texts):
            raise EmbedderUnavailable("out of vectors")
        return await super().embed(texts)

    async def until_asked(self, words: str) -> None:
        async with self.heard:
            await self.heard.wait_for(lambda: any(words in text for text in self.asked))


class Storing(InMemoryGraph):
    """Stores note 2 when note 3 is being embedded, and after `then`."""

    def __init__(self, embedder: Embedding, then: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._embedder, self._then = embedder, then

    async def put_ready(self, sources: Sequence[ReadySource]) -> list[bool]:
        if any(source.bundle.source.title == "Note 2" for source in sources):
            await self._embedder.until_asked("number 3")
            await self._then()
        return await super().put_ready(sources)


async def at_once() -> None:
    return None


async def never() -> None:
    await asyncio.Event().wait()


async def full() -> None:
    raise MemoryFull("no room left")


async def titles(memory: LongTermMemory) -> set[str]:
    page = await memory.items(SCOPE, Node.SOURCE, limit=100)
    return {getattr(item, "title", "") for item in page.items}


def nobody_else_is_left() -> bool:
    return asyncio.all_tasks() == {asyncio.current_task()}


async def test_vectors_are_made_while_the_window_before_is_stored() -> None:
    embedder = Embedding()
    memory = LongTermMemory(Storing(embedder, at_once), embedder, extractor=RuleExtractor())
    async with asyncio.timeout(20):
        assert (await memory.ingest(SCOPE, NOTES)).added == 6


async def test_a_failing_embedder_leaves_what_came_before(memory: LongTermMemory) -> None:
    embedder = Embedding("number 3")
    with pytest.raises(EmbedderUnavailable):
        await LongTermMemory(memory.graph, embedder).ingest(SCOPE, NOTES)
    assert await titles(memory) == {"Note 0", "Note 1", "Note 2"}
    assert not any("number 4" in text for text in embedder.asked)
    assert nobody_else_is_left()


@pytest.mark.parametrize(("then", "failure"), [(full, MemoryFull), (never, asyncio.CancelledError)])
async def test_a_failing_store_and_a_stopped_ingestion_leave_what_was_stored(
    then: Callable[[], Awaitable[None]], failure: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BEGUN_SECONDS", 0.01)
    embedder = Embedding()
    memory = LongTermMemory(Storing(embedder, then), embedder)
    task = asyncio.create_task(memory.ingest(SCOPE, NOTES))
    await embedder.until_asked("number 3")
    if then is never:
        task.cancel()
    with pytest.raises(failure):
        await task
    assert await titles(memory) == {"Note 0", "Note 1"}
    assert nobody_else_is_left()


async def test_versions_of_one_document_in_windows_that_follow_come_in_order(memory: LongTermMemory) -> None:
    old, new = NOTES[0], replace(NOTES[0], text="Note number zero.")
    first = await memory.ingest(SCOPE, [old])
    report = await memory.ingest(SCOPE, [new, old, old, new])
    assert (report.added, report.updated, report.unchanged) == (0, 3, 1)
    stored = {each.id: each for each in await memory.graph.sources(SCOPE, [*first.source_ids, *report.source_ids])}
    assert [stored[each].version for each in report.source_ids] == [2, 3, 3, 4]
    assert len({each.content_hash for each in stored.values()}) == 2


async def test_twins_in_a_window_are_one_source_when_another_window_came_between(
    memory: LongTermMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "SIZE", 2)
    old, new = NOTES[0], replace(NOTES[0], text="Note number zero.")
    report = await memory.ingest(SCOPE, [old, NOTES[1], new, new])
    assert (report.added, report.updated, report.unchanged, report.passages) == (2, 1, 1, 3)
    assert report.source_ids[2] == report.source_ids[3]
    assert [each.version for each in await memory.graph.sources(SCOPE, report.source_ids)] == [1, 1, 2]


async def test_an_alias_of_the_window_before_is_understood(memory: LongTermMemory) -> None:
    health = Document("file:/who.md", "Health", "The World Health Organization (WHO) has its seat in Geneva.")
    later = Document("file:/later.md", "Later", "In May the WHO sent masks to Port Merrow.")
    await memory.ingest(SCOPE, [health, later])
    page = await memory.items(SCOPE, Node.ENTITY, limit=100)
    assert "WHO" not in {item.name for item in page.items if isinstance(item, Entity)}
    changed = await memory.graph.changed_items(SCOPE, 0, 100)
    named = {item.title for item in changed for one in item.mentions if one.name == "World Health Organization"}
    assert named == {"Health", "Later"}
