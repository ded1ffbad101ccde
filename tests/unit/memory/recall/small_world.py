"""Little memories for tests of the mention graph: passages that name each other, for several readers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from stemma.memory.bundles import SentenceVectors
from stemma.memory.ingest.entities import entities
from stemma.memory.model import Node, Scope
from stemma.memory.recall.ports import GraphItem, NamedMention
from stemma.memory.text import sentences

TITLES = ("York", "New York", "New York Harbour", "Ada", "Ada Byron", "Merrow", "Port Merrow", "", "Tide")
_WORDS = ("York", "New York", "New York Harbour", "Ada Byron", "Ada", "Port Merrow", "Merrow", "tide", "rose", "under")
AUDIENCES = ("everyone", "ann", "ben")
DIMENSION = 4


def item(
    item_id: str,
    title: str,
    text: str,
    *,
    audience: str = "everyone",
    recallable: bool = True,
    revision: int = 1,
    node: Node = Node.PASSAGE,
) -> GraphItem:
    """An item as a store would give it, its mentions and sentence vectors made from its text."""
    found, places = entities(Scope("t"), item_id, title, text)
    names = {entity.id: entity.name for entity in found}
    mentions = [NamedMention(place.entity_id, names[place.entity_id], place.start, place.end) for place in places]
    spans = [(sentence.start, sentence.end) for sentence in sentences(text)]
    vectors = [_vector(text[start:end]) for start, end in spans]
    stored = SentenceVectors(spans, vectors) if node is Node.PASSAGE and spans else None
    return GraphItem(item_id, node, audience, title, text, recallable, revision, mentions, stored)


def _vector(text: str) -> list[float]:
    vector = np.random.default_rng(len(text)).normal(size=DIMENSION)
    return [float(value) for value in vector / np.linalg.norm(vector)]


@st.composite
def worlds(draw: st.DrawFn) -> list[GraphItem]:
    """Items of one tenant in the order in which they were written."""
    count = draw(st.integers(1, 12))
    made: list[GraphItem] = []
    for number in range(count):
        parts = draw(st.lists(st.lists(st.sampled_from(_WORDS), min_size=1, max_size=4), min_size=1, max_size=3))
        text = " ".join(f"It saw {' and '.join(words)} again." for words in parts)
        made.append(
            item(
                f"item-{number:02}",
                draw(st.sampled_from(TITLES)),
                text,
                audience=draw(st.sampled_from(AUDIENCES)),
                recallable=draw(st.integers(0, 4)) > 0,
                revision=number + 1,
                node=Node.CLAIM if draw(st.integers(0, 5)) == 0 else Node.PASSAGE,
            )
        )
    return made


def cut(items: Sequence[GraphItem], places: Sequence[int]) -> list[Sequence[GraphItem]]:
    """The items in consecutive batches."""
    borders = [0, *sorted({place % (len(items) + 1) for place in places}), len(items)]
    return [items[start:end] for start, end in pairwise(borders) if end > start]
