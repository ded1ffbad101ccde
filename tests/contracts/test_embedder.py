"""The embedder contract, held by feature hashing and by MiniLM."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemma.memory.ingest.embedders import HashingEmbedder, MiniLMEmbedder
from stemma.memory.ports import Embedder
from tests.contracts.embedder import CHECKS, Check


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Embedder]:
    return {"hashing": HashingEmbedder(), "minilm": MiniLMEmbedder(tmp_path_factory.mktemp("models"))}


@pytest.mark.parametrize("name", ["hashing", "minilm"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract(adapters: dict[str, Embedder], name: str, check: Check) -> None:
    await check(adapters[name])


async def test_a_handle_of_its_own_gives_the_same_vectors(adapters: dict[str, Embedder], tmp_path: Path) -> None:
    assert await HashingEmbedder().embed(["One text."]) == await adapters["hashing"].embed(["One text."])
    assert await MiniLMEmbedder(tmp_path).embed(["One text."]) == await adapters["minilm"].embed(["One text."])
