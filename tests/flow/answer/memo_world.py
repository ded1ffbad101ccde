"""The harbour's documents with a false memo among them, and the real answer graph running over them.

Every world is a tenant of its own, so that a server may be shared with other tests.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stemma.graphs.answer.register import GRAPH_ID, register_answer
from stemma.graphs.catalog import Catalog
from stemma.graphs.policy import LOCAL, Actor
from stemma.graphs.runs.model import RunRequest
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.lineage.model import Standing
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


Register = Callable[[Catalog, LongTermMemory, GraphSettings], None]
"""Puts the graph that answers into the catalog."""


class ContractEmbedder:
    """Vectors under the identity that the shared Neo4j is settled on."""

    identity: EmbedderIdentity = IDENTITY

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return await HashingEmbedder(IDENTITY.dimension).embed(texts)


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


@asynccontextmanager
async def open_world(
    url: str, folder: Path, register: Register = register_answer, concurrency: int = 64
) -> AsyncIterator[World]:
    """Memory and runtime, in a folder for what is a file."""
    rows = [json.loads(line) for line in CORPUS.read_text().splitlines()]
    documents = [Document(f"t:{row['id']}", row["title"], row["text"], whole=True) for row in rows]
    settings = GraphSettings(
        model="extractive:", database_url=f"sqlite:///{folder / 'runs.db'}", concurrency=concurrency
    )
    shared = url.startswith("bolt")
    embedder = ContractEmbedder() if shared else HashingEmbedder()
    memory = await open_memory(MemorySettings(embedder="hashing"), url=url, embedder=embedder)
    async with memory:
        actor = replace(LOCAL, tenant=new_scope().tenant)
        await memory.ingest(Scope(actor.tenant), documents)
        report = await memory.ingest(Scope(actor.tenant), [MEMO])
        catalog = Catalog()
        register(catalog, memory, settings)
        async with await open_runtime(catalog, settings, memory=memory) as runtime:
            yield World(memory, runtime, actor, report.source_ids[0], shared)


async def withdrawn(world: World) -> str:
    effect = await world.memory.retract(world.home, world.memo, reason="it is false", actor="ann")
    assert effect.retraction is not None
    return effect.retraction.id
