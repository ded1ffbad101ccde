"""LangGraph's own `InMemoryStore` as a memory system: what a plain store with semantic search does, for comparison.

Decides nothing: texts go in under fresh keys, come out by similarity, and are deleted by key. It has no lineage, so
what was derived from a deleted text stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from langgraph.store.memory import InMemoryStore

from stemma.memory.ports import Embedder

_PLACE = ("memories",)


@dataclass(frozen=True, slots=True)
class Found:
    """A text that the store found; `score` is its cosine similarity."""

    id: str
    text: str
    title: str
    score: float


class PlainStore:
    """Write, recall, retract over an `InMemoryStore` with an index of the embedder's vectors."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._store = InMemoryStore(
            index={"dims": embedder.identity.dimension, "embed": self._embed, "fields": ["embedded"]}
        )
        self._keys = count(1)

    async def write(self, text: str, *, title: str = "") -> str:
        """Keep a text; its key."""
        key = f"note-{next(self._keys):06}"
        await self._store.aput(
            _PLACE, key, {"text": text, "title": title, "embedded": f"{title}. {text}" if title else text}
        )
        return key

    async def recall(self, question: str, k: int) -> list[Found]:
        """The k nearest texts, nearest first."""
        items = await self._store.asearch(_PLACE, query=question, limit=k)
        return [Found(item.key, item.value["text"], item.value["title"], item.score or 0.0) for item in items]

    async def retract(self, ids: Sequence[str]) -> None:
        """Delete these texts; unknown ids are harmless."""
        for key in ids:
            await self._store.adelete(_PLACE, key)

    async def _embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [list(vector) for vector in await self._embedder.embed(texts)]
