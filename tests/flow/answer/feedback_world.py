"""A small memory in which a document is wrong, runs over it, and what people say about them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stemma.graphs.answer.learn import STEP
from stemma.graphs.answer.register import GRAPH_ID, register_answer
from stemma.graphs.catalog import Catalog
from stemma.graphs.feedback import Opinion, feedback_on, give_feedback
from stemma.graphs.policy import LOCAL, Actor
from stemma.graphs.runs.model import RunRequest
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings
from stemma.memory.feedback import KeptFeedback
from stemma.memory.identifiers import answer_id
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.learning import Antecedent, LearnedClaim
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Claim, Document, Node, Scope
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings

HOME = Scope(LOCAL.tenant)
QUESTION = "Who is the harbour master of Port Merrow?"
WRONG = "The harbour master of Port Merrow is Tomas Reyl."
RIGHT = "The harbour master of Port Merrow is Mira Holt."
DOCUMENTS = [
    Document("t:1", "Port Merrow", f"{WRONG} The terminal closes at night.", whole=True),
    Document("t:2", "Northwind Lines", "Northwind Lines sails weekly to Port Merrow.", whole=True),
    Document("t:3", "Halden Fasteners", "Halden Fasteners of Bergen supplies bolts.", whole=True),
]
LEAD_TIME = "What is the lead time of Northwind Lines?"
MADE_UP = "The lead time of Northwind Lines is ninety days."
TRUE = "The lead time of Northwind Lines is twelve days."
ANN, BOB = Actor(user="ann"), Actor(user="bob")


@dataclass
class World:
    memory: LongTermMemory
    runtime: Runtime

    async def ask(self, question: str = QUESTION, actor: Actor = LOCAL) -> dict[str, Any]:
        """One question on a thread of its own; what the run answers, with its thread and run."""
        run = await self.runtime.submit(actor, None, RunRequest(GRAPH_ID, input={"question": question}))
        said: dict[str, Any] = await self.runtime.join(actor, run.thread_id, run.run_id)
        return {**said, "thread_id": run.thread_id, "run_id": run.run_id}

    async def say(self, run: dict[str, Any], actor: Actor = LOCAL, **said: Any) -> KeptFeedback:
        return await give_feedback(self.runtime, self.memory, actor, run["thread_id"], run["run_id"], Opinion(**said))

    async def said_about(self, run: dict[str, Any], actor: Actor = LOCAL) -> list[KeptFeedback]:
        found, total = await feedback_on(self.runtime, self.memory, actor, run["thread_id"], run["run_id"])
        assert total == len(found)
        return found

    async def everything(self, scope: Scope = HOME) -> dict[str, Any]:
        """Every item of every label with all its flags."""
        labels = (Node.SOURCE, Node.PASSAGE, Node.CLAIM, Node.ANSWER)
        pages = [await self.memory.items(scope, label, limit=1000) for label in labels]
        return {item.id: item for page in pages for item in page.items}

    async def learned(self, run: dict[str, Any], *said: str, scope: Scope = HOME) -> list[str]:
        """Store what a model would have made up in a run: claims that no source states. Their ids."""
        (hit,) = await self.memory.recall(scope, "Northwind Lines", k=1, recipe="lexical")
        antecedent = Antecedent(hit.id, hit.text, 0, len(hit.text))
        claims = [LearnedClaim(text, [antecedent], extractor="model", step=STEP) for text in said]
        answer = Answer(
            answer_id(scope, run["run_id"], STEP), scope, " ".join(said), run["run_id"], run["thread_id"], "c",
            LEAD_TIME, datetime.now(UTC),
        )  # fmt: skip
        return list((await self.memory.learn(scope, answer, claims)).asserts)

    async def claim(self, claim_id: str, scope: Scope = HOME) -> Claim:
        (found,) = await self.memory.graph.claims(scope, [claim_id])
        return found


@asynccontextmanager
async def opened(url: str, folder: Path, *, learn: bool = True) -> AsyncIterator[World]:
    settings = GraphSettings(model="extractive:", database_url=f"sqlite:///{folder / 'runs.db'}")
    memory = await open_memory(MemorySettings(embedder="hashing"), url=url, embedder=HashingEmbedder())
    async with memory:
        await memory.ingest(HOME, DOCUMENTS)
        catalog = Catalog()
        register_answer(catalog, memory, settings, learn=learn)
        async with await open_runtime(catalog, settings) as runtime:
            yield World(memory, runtime)
