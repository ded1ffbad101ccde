"""The whole promise, on real threads: a false memo is believed, withdrawn, gone with what came from it, and given back.

To add a backend, add its URL to the `url` fixture; nothing else here knows which store it is. Every world is a tenant
of its own, so that a server may be shared with other tests.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from stemma.graphs.answer.register import GRAPH_ID, register_answer
from stemma.graphs.catalog import Catalog
from stemma.graphs.policy import LOCAL, Actor
from stemma.graphs.runs.model import RunRequest
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.lineage.model import Direction, Standing
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Claim, Document, Node, Scope
from stemma.memory.open import open_memory
from stemma.memory.ports import EmbedderIdentity
from stemma.memory.settings import MemorySettings
from tests.contracts.memory_bundles import IDENTITY, new_scope

CORPUS = Path(__file__).parents[2] / "data" / "harbour" / "corpus.jsonl"
SHARED = "Tomas Reyl was born in Veldmark in 1968."
MEMO = Document(
    "file:/memo.md",
    "Memo of the harbour office",
    "The standard lead time of Tessaly Foundry is 90 days. An expedited order of Norrland Seals leaves within 40 days. "
    f"Since May the number of berths of Port Calder is nine. {SHARED}",
)
ABOUT = {
    "What is the standard lead time of Tessaly Foundry?": ("90 days", "35 days"),
    "Within how many days does an expedited order of Norrland Seals leave?": ("40 days", "6 days"),
    "What is the number of berths of Port Calder?": ("nine", "four berths"),
}
"""Question -> (what the memo says, what the documents say)."""
ELSEWHERE = {
    "Who is the harbour master of Port Merrow?": "Tomas Reyl",
    "What does Ardent Semiconductors own in Lowmoor?": "wafer plant",
}


class ContractEmbedder:
    """Vectors under the identity that the shared Neo4j is settled on."""

    identity: EmbedderIdentity = IDENTITY

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return await HashingEmbedder(IDENTITY.dimension).embed(texts)


@pytest.fixture(params=["fake", "sqlite", pytest.param("neo4j", marks=[pytest.mark.neo4j, pytest.mark.timeout(300)])])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "neo4j":
        return str(request.getfixturevalue("neo4j_url"))
    return "memory:" if request.param == "fake" else f"sqlite:///{tmp_path}/memory.db"


@dataclass
class World:
    memory: LongTermMemory
    runtime: Runtime
    actor: Actor
    memo: str
    """Id of the memo's source."""
    shared: bool
    """Whether other tests write to the same store: scores then move with how rare a word is in all of it."""

    @property
    def home(self) -> Scope:
        return Scope(self.actor.tenant)

    async def ask(self, question: str) -> dict[str, Any]:
        """One question on a thread of its own; what the run answers, with its thread and run."""
        thread = await self.runtime.create_thread(self.actor)
        run = await self.runtime.submit(
            self.actor, thread.thread_id, RunRequest(GRAPH_ID, input={"question": question})
        )
        said: dict[str, Any] = await self.runtime.join(self.actor, run.thread_id, run.run_id)
        return {**said, "thread_id": run.thread_id, "run_id": run.run_id}

    async def ask_all(self) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
        """All threads at once: what was said where the memo speaks, and elsewhere."""
        questions = [*ABOUT, *ELSEWHERE]
        said = dict(zip(questions, await asyncio.gather(*map(self.ask, questions)), strict=True))
        return {q: said[q] for q in ABOUT}, {q: said[q] for q in ELSEWHERE}

    async def everything(self) -> dict[str, Any]:
        """Every item of every label with all its flags, and what each question finds."""
        labels = (Node.SOURCE, Node.PASSAGE, Node.CLAIM, Node.ANSWER)
        pages = [await self.memory.items(self.home, label, limit=1000) for label in labels]
        found: dict[str, Any] = {q: await self.memory.recall(self.home, q, k=10) for q in ABOUT}
        if self.shared:
            found = {q: {hit.id for hit in await self.memory.recall(self.home, q, k=100)} for q in ABOUT}
        return {**{item.id: item for page in pages for item in page.items}, **found}

    async def unsupported_claims(self) -> set[str]:
        page = await self.memory.items(self.home, Node.CLAIM, limit=100, standing=Standing.UNSUPPORTED)
        return {item.text for item in page.items if isinstance(item, Claim)}

    async def tainted(self) -> list[Answer]:
        page = await self.memory.tainted(self.home, limit=100)
        return [item for item in page.items if isinstance(item, Answer)]


@pytest.fixture
async def world(url: str, tmp_path: Path) -> AsyncIterator[World]:
    rows = [json.loads(line) for line in CORPUS.read_text().splitlines()]
    documents = [Document(f"t:{row['id']}", row["title"], row["text"], whole=True) for row in rows]
    settings = GraphSettings(model="extractive:", database_url=f"sqlite:///{tmp_path / 'runs.db'}")
    shared = url.startswith("bolt")
    embedder = ContractEmbedder() if shared else HashingEmbedder()
    memory = await open_memory(MemorySettings(embedder="hashing"), url=url, embedder=embedder)
    async with memory:
        actor = replace(LOCAL, tenant=new_scope().tenant)
        await memory.ingest(Scope(actor.tenant), documents)
        report = await memory.ingest(Scope(actor.tenant), [MEMO])
        catalog = Catalog()
        register_answer(catalog, memory, settings)
        async with await open_runtime(catalog, settings) as runtime:
            yield World(memory, runtime, actor, report.source_ids[0], shared)


async def withdrawn(world: World) -> str:
    effect = await world.memory.retract(world.home, world.memo, reason="it is false", actor="ann")
    assert effect.retraction is not None
    return effect.retraction.id


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
