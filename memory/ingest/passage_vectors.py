"""The vectors of passages: one for each passage, and one for each of its sentences.

Decides which texts are embedded, and that a passage of one sentence is embedded once. Recall compares a question with
the best sentence as well as with the whole, and with the sentence in which something is mentioned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from stemma.memory.bundles import SentenceVectors
from stemma.memory.ingest.bundling import embedded_text
from stemma.memory.ingest.split import Piece
from stemma.memory.ports import Embedder

_BATCH = 64
"""Passages embedded in one call: enough to keep the model busy, few enough to show progress."""

Vector = Sequence[float]


class PassageVectors(NamedTuple):
    """One row for each passage, in order."""

    vectors: list[Vector]
    sentences: list[SentenceVectors]


async def passage_vectors(
    embedder: Embedder, pieces: Sequence[Piece], on_batch: Callable[[int], None]
) -> PassageVectors:
    """Embed pieces; `on_batch` is told how many more are done. Raises `EmbedderUnavailable`.

    Texts of like length go together: a batch costs as much as its longest.
    """
    vectors: list[Vector] = [()] * len(pieces)
    rows: list[SentenceVectors] = [SentenceVectors((), ())] * len(pieces)
    order = sorted(range(len(pieces)), key=lambda n: len(pieces[n].text))
    for start in range(0, len(order), _BATCH):
        batch = order[start : start + _BATCH]
        chosen = [pieces[n] for n in batch]
        whole = await embedder.embed([embedded_text(piece.title, piece.text) for piece in chosen])
        for n, vector, own in zip(batch, whole, await _sentence_vectors(embedder, chosen, whole), strict=True):
            vectors[n], rows[n] = vector, own
        on_batch(len(batch))
    return PassageVectors(vectors, rows)


async def _sentence_vectors(
    embedder: Embedder, pieces: Sequence[Piece], whole: Sequence[Vector]
) -> list[SentenceVectors]:
    wanted = [(n, span) for n, piece in enumerate(pieces) if len(piece.sentences) > 1 for span in piece.sentences]
    wanted.sort(key=lambda one: one[1][1] - one[1][0])
    made: dict[tuple[int, tuple[int, int]], Vector] = {}
    for start in range(0, len(wanted), _BATCH):
        batch = wanted[start : start + _BATCH]
        texts = [embedded_sentence(pieces[n].title, pieces[n].text[slice(*span)]) for n, span in batch]
        made.update(zip(batch, await embedder.embed(texts), strict=True))
    return [
        SentenceVectors(piece.sentences, [made.get((n, span), whole[n]) for span in piece.sentences])
        for n, piece in enumerate(pieces)
    ]


def embedded_sentence(title: str, sentence: str) -> str:
    """What is embedded for a sentence: by itself it often does not say what it is about."""
    return f"{title}: {sentence}" if title else sentence
