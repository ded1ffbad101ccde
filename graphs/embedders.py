"""Embedders that LangChain makes, behind memory's `Embedder` port: `provider:model`.

Decides that vectors are scaled to length 1, that all have the size of the first one, and that a call has a time limit.
It refuses to open without the provider's package or key.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from langchain_core.embeddings import Embeddings

from stemma.memory.errors import EmbedderUnavailable
from stemma.memory.ports import EmbedderIdentity
from stemma.memory.settings import MemorySettings

_PROBE = "What size is a vector?"
_TIMEOUT = 120.0


class LangChainEmbedder:
    """Memory's `Embedder` over a LangChain `Embeddings`."""

    def __init__(self, embeddings: Embeddings, identity: EmbedderIdentity, *, timeout: float = _TIMEOUT) -> None:
        self._embeddings = embeddings
        self._identity = identity
        self._timeout = timeout

    @property
    def identity(self) -> EmbedderIdentity:
        return self._identity

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One unit vector for each text. Raises `EmbedderUnavailable`."""
        if not texts:
            return []
        vectors = await _embedded(self._embeddings, texts, self._identity.name, self._timeout)
        if len(vectors) != len(texts) or any(len(vector) != self._identity.dimension for vector in vectors):
            raise EmbedderUnavailable(f"{self._identity.name} gave vectors of another number or size than expected")
        return [_unit(vector) for vector in vectors]


async def hosted_embedder(settings: MemorySettings) -> LangChainEmbedder | None:
    """The embedder that `MEMORY_EMBEDDER=provider:model` names; None when the setting names a local one.

    One text is embedded to learn the size. Raises `EmbedderUnavailable`.
    """
    name = settings.embedder.strip()
    if ":" not in name:
        return None
    return await probed(_opened(name), name)


async def probed(embeddings: Embeddings, name: str, *, timeout: float = _TIMEOUT) -> LangChainEmbedder:
    """Wrap an `Embeddings` under the name that the memory will remember. Raises `EmbedderUnavailable`."""
    vectors = await _embedded(embeddings, [_PROBE], name, timeout)
    if not vectors or not vectors[0]:
        raise EmbedderUnavailable(f"{name} gave no vector")
    return LangChainEmbedder(embeddings, EmbedderIdentity(name, len(vectors[0])), timeout=timeout)


def _opened(name: str) -> Embeddings:
    from langchain.embeddings import init_embeddings

    # A provider raises classes of its own for a missing key, and they cannot be named here: the future holds what was
    # raised as a value.
    with ThreadPoolExecutor(max_workers=1) as pool:
        made = pool.submit(init_embeddings, name)
    wrong = made.exception()
    if isinstance(wrong, ImportError):
        package = (wrong.name or f"langchain_{name.partition(':')[0]}").split(".")[0].replace("_", "-")
        raise EmbedderUnavailable(f"the package for {name} is not installed", hint=f"pip install {package}") from wrong
    if wrong is not None:
        raise EmbedderUnavailable(
            f"{name} cannot be used: {_first_line(wrong)}",
            hint=f"set {name.partition(':')[0].upper()}_API_KEY, or MEMORY_EMBEDDER=minilm",
        ) from wrong
    return made.result()


async def _embedded(embeddings: Embeddings, texts: Sequence[str], name: str, timeout: float) -> list[list[float]]:
    """The vectors. What a provider raises is taken as a value, because its classes cannot be named here."""
    task = asyncio.ensure_future(embeddings.aembed_documents(list(texts)))
    try:
        done, _ = await asyncio.wait({task}, timeout=timeout)
    finally:
        task.cancel()
    if not done or task.cancelled():
        raise EmbedderUnavailable(f"{name} did not answer within {timeout:g} s")
    wrong = task.exception()
    if wrong is not None:
        raise EmbedderUnavailable(f"{name} failed: {_first_line(wrong)}") from wrong
    return task.result()


def _unit(vector: Sequence[float]) -> list[float]:
    norm = math.sqrt(sum(value * value for value in vector))
    if not norm:
        raise EmbedderUnavailable("the embedder gave a vector of length 0")
    return [value / norm for value in vector]


def _first_line(wrong: BaseException) -> str:
    said = str(wrong).strip().splitlines()
    return f"{type(wrong).__name__}: {said[0][:300]}" if said else type(wrong).__name__
