"""LangChain's embedders behind memory's port."""

from __future__ import annotations

import asyncio
import math

import pytest
from langchain_core.embeddings import Embeddings

from stemma.graphs.embedders import hosted_embedder, probed
from stemma.memory.errors import EmbedderUnavailable
from stemma.memory.settings import MemorySettings


class Counting(Embeddings):
    """Vectors made of a text's length; what goes wrong is chosen by the text."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if "fail" in texts:
            raise KeyError("data")
        if "short" in texts:
            return [[1.0]]
        if "null" in texts:
            return [[0.0, 0.0]]
        return [[3.0, float(len(text))] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


class Silent(Counting):
    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        await asyncio.Event().wait()
        return self.embed_documents(texts)


async def test_vectors_have_length_one_and_the_probed_size() -> None:
    embedder = await probed(Counting(), "fake:counting")
    assert embedder.identity.name == "fake:counting"
    assert embedder.identity.dimension == 2
    first, second = await embedder.embed(["four", "eleven char"])
    assert first == pytest.approx([0.6, 0.8])
    assert math.hypot(*second) == pytest.approx(1.0)
    assert await embedder.embed([]) == []


@pytest.mark.parametrize("text", ["fail", "short", "null"])
async def test_what_goes_wrong_is_an_unavailable_embedder(text: str) -> None:
    embedder = await probed(Counting(), "fake:counting")
    with pytest.raises(EmbedderUnavailable):
        await embedder.embed([text])


async def test_a_silent_provider_is_not_waited_for() -> None:
    with pytest.raises(EmbedderUnavailable, match="did not answer within"):
        await probed(Silent(), "fake:silent", timeout=0.01)


async def test_local_embedders_are_left_to_memory() -> None:
    assert await hosted_embedder(MemorySettings(embedder="hashing")) is None


async def test_a_missing_package_is_named() -> None:
    with pytest.raises(EmbedderUnavailable) as refused:
        await hosted_embedder(MemorySettings(embedder="mistralai:mistral-embed"))
    assert refused.value.hint == "pip install langchain-mistralai"


async def test_an_unknown_provider_is_refused() -> None:
    with pytest.raises(EmbedderUnavailable, match="nobody"):
        await hosted_embedder(MemorySettings(embedder="nobody:x"))
