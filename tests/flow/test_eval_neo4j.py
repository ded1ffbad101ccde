"""An evaluation on a shared Neo4j: figures like anywhere else, and nothing of it is left, also after Ctrl-C."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from neo4j import AsyncGraphDatabase

from stemma.evals.dataset import read_dataset
from stemma.evals.metrics.intervals import Sampling
from stemma.evals.progress import Advance
from stemma.evals.retrieval import RetrievalPlan, evaluate_retrieval
from stemma.evals.scratch import TENANT_PREFIX
from stemma.memory.ingest.embedders import HashingEmbedder
from stemma.memory.ports import EmbedderIdentity
from tests.contracts.memory_bundles import IDENTITY
from tests.neo4j_server import login

HARBOUR = Path(__file__).resolve().parents[1] / "data" / "harbour"


class ContractEmbedder:
    """Vectors under the identity that the shared server's store is settled on."""

    identity: EmbedderIdentity = IDENTITY

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return await HashingEmbedder(IDENTITY.dimension).embed(texts)


async def scratch_nodes(url: str) -> int:
    """What is left of scratch tenants, their revisions aside: these tell other processes that everything went."""
    async with AsyncGraphDatabase.driver(url, auth=login(url), telemetry_disabled=True) as driver:
        query = "MATCH (n) WHERE n.tenant STARTS WITH $prefix AND NOT n:StemmaTenant RETURN count(n) AS n"
        found = await driver.execute_query(query, prefix=TENANT_PREFIX, database_="neo4j")
        return int(found.records[0]["n"])


@pytest.mark.neo4j
@pytest.mark.parametrize("interrupt", [False, True])
async def test_a_scratch_tenant_is_gone_afterwards(neo4j_url: str, interrupt: bool) -> None:
    def phase(title: str, _total: int) -> Advance:
        def advance(done: int) -> None:
            task = asyncio.current_task()
            if interrupt and title == "recall, lexical" and done == 2 and task is not None:
                task.cancel()

        return advance

    plan = RetrievalPlan(("lexical",), Sampling(1, 100), memory_url=neo4j_url, embedder=ContractEmbedder())
    evaluation = await evaluate_retrieval(read_dataset([HARBOUR]), plan, phase)
    assert evaluation.interrupted is interrupt
    assert len(evaluation.rows) == (2 if interrupt else 5)
    assert evaluation.failures == 0
    assert {score.value for score in evaluation.rows[0].scores if score.metric == "hit@5"} == {1.0}
    assert await scratch_nodes(neo4j_url) == 0
