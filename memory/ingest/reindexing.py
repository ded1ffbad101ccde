"""Another embedder for a memory that is filled: embed everything again beside what there is, then switch.

Decides the order of the work and that stopping loses at most one batch: a later call goes on where this one ended.
Recall uses the old vectors until the switch, and what is written meanwhile is embedded too. Where the vectors are kept,
and that the switch is one transaction, is the store's business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from stemma.memory.errors import NothingToReindex
from stemma.memory.ingest.bundling import embedded_text
from stemma.memory.ingest.passage_vectors import embedded_sentence
from stemma.memory.ports import Embedder, MemoryGraph, NewVectors, Unindexed

_BATCH = 64
"""Items embedded and stored together: what stopping may cost."""


@dataclass(frozen=True, slots=True)
class ReindexProgress:
    """How far a reindexing has come. What it counts is stored and stays."""

    items: int
    """Passages and claims that this call has embedded."""
    texts: int
    """Texts that it took: an item's own, and its sentences where there is more than one."""
    total: int
    """Passages and claims that it has found to embed: as many as there were when it began, and what has come since."""


async def reindex(
    graph: MemoryGraph, embedder: Embedder, on_progress: Callable[[ReindexProgress], None] | None = None
) -> ReindexProgress:
    """Give every item of every tenant a vector of this embedder, and switch to it; how much there was to do.

    Raises `NothingToReindex` when this embedder filled the store, or nothing did; `EmbedderMismatch` when a third one
    is taking over already; `EmbedderUnavailable`, and what the store raises.
    """
    await _refuse_without_need(graph, embedder)
    await graph.begin_reindex(embedder.identity)
    progress = ReindexProgress(0, 0, await graph.unindexed_count())
    if on_progress:
        on_progress(progress)
    while True:
        items = await graph.unindexed(_BATCH)
        if not items and await graph.finish_reindex():
            return progress
        rows = await embed_again(embedder, items)
        await graph.put_vectors(rows)
        texts = sum(len(_texts(item)) for item in items)
        done = progress.items + len(items)
        progress = ReindexProgress(done, progress.texts + texts, max(progress.total, done))
        if on_progress:
            on_progress(progress)


async def _refuse_without_need(graph: MemoryGraph, embedder: Embedder) -> None:
    filled_by = await graph.embedder()
    if filled_by is None:
        raise NothingToReindex("this memory holds no vectors yet", hint="stemma ingest PATH")
    if filled_by == embedder.identity:
        raise NothingToReindex(
            f"this memory is filled by {filled_by.name} already",
            hint="name the embedder to change to: stemma memory reindex --embedder NAME",
        )


async def embed_again(embedder: Embedder, items: Sequence[Unindexed]) -> list[NewVectors]:
    """The items' vectors. Texts of like length go together: a batch costs as much as its longest."""
    texts = [text for item in items for text in _texts(item)]
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    vectors: list[Sequence[float]] = [()] * len(texts)
    for start in range(0, len(order), _BATCH):
        batch = order[start : start + _BATCH]
        for number, vector in zip(batch, await embedder.embed([texts[number] for number in batch]), strict=True):
            vectors[number] = vector
    rows = iter(vectors)
    return [_new_vectors(item, list(islice(rows, len(_texts(item))))) for item in items]


def _new_vectors(item: Unindexed, vectors: Sequence[Sequence[float]]) -> NewVectors:
    sentences = vectors[1:] if len(item.spans) > 1 else [vectors[0] for _ in item.spans]
    return NewVectors(item.tenant, item.id, vectors[0], sentences)


def _texts(item: Unindexed) -> list[str]:
    """What is embedded of an item, as when it came in: its text, and its sentences where there is more than one."""
    spans = item.spans if len(item.spans) > 1 else ()
    sentences = [embedded_sentence(item.title, item.text[start:end]) for start, end in spans]
    return [embedded_text(item.title, item.text), *sentences]
