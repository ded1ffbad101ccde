"""Random lineages for the property tests of explanations: any shape a store may give back, cycles included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from hypothesis import strategies as st

from stemma.memory.lineage.captions import Explained
from stemma.memory.lineage.model import Direction, Lineage, LineageEdge, Retraction, RetractionKind
from stemma.memory.model import Answer, Claim, Passage, Position, Relation, Scope, Source, SourceKind

SCOPE = Scope("acme")
NOW = datetime(2026, 11, 22, 14, 7, tzinfo=UTC)

HOSTILE = ("<script>alert(1)</script>", "a\x1b[2Jb", "港" * 40, "]]>&amp;", "\u202eabc", "", "The pier is shut.")
_KINDS = list(RetractionKind)


class _Way(NamedTuple):
    """How a lineage may lead from one kind of item to another."""

    start: type[Explained]
    end: type[Explained]
    relation: Relation
    to_antecedent: bool


_SUPPORTS: list[tuple[type[Explained], type[Explained], Relation]] = [
    (Passage, Source, Relation.PART_OF),
    (Claim, Passage, Relation.DERIVED_FROM),
    (Claim, Claim, Relation.DERIVED_FROM),
    (Claim, Answer, Relation.DERIVED_FROM),
    (Answer, Passage, Relation.USED),
    (Answer, Claim, Relation.USED),
    (Answer, Claim, Relation.ASSERTS),
]
"""(dependent, antecedent, relation)."""
_WAYS = {
    Direction.UPSTREAM: [
        *(_Way(dependent, antecedent, relation, True) for dependent, antecedent, relation in _SUPPORTS),
        _Way(Claim, Claim, Relation.SUPERSEDES, False),
        _Way(Source, Source, Relation.REPLACES, False),
    ],
    Direction.DOWNSTREAM: [
        *(_Way(antecedent, dependent, relation, False) for dependent, antecedent, relation in _SUPPORTS),
        _Way(Claim, Claim, Relation.SUPERSEDES, True),
        _Way(Source, Source, Relation.REPLACES, True),
    ],
}


def source(item_id: str, title: str = "Memo", **changes: Any) -> Explained:
    return Source(item_id, SCOPE, SourceKind.DOCUMENT, f"file:/{item_id}.md", title, "hash", 1, NOW, **changes)


def passage(item_id: str, text: str = "The pier is shut.", page: int | None = None, **changes: Any) -> Explained:
    return Passage(item_id, "s", SCOPE, 0, "Memo", text, Position(0, len(text), page), **changes)


def claim(item_id: str, text: str = "The pier is shut.", **changes: Any) -> Explained:
    return Claim(item_id, SCOPE, text, NOW, **changes)


def answer(item_id: str, text: str = "It is shut [1].", **changes: Any) -> Explained:
    return Answer(item_id, SCOPE, text, f"run-{item_id}", f"thread-{item_id}", "c", "Is it shut?", NOW, **changes)


def because(claim_id: str, *antecedents: str, justification: str, quote: str = "") -> list[LineageEdge]:
    """The edges of one justification."""
    return [
        LineageEdge(claim_id, antecedent, Relation.DERIVED_FROM, justification, quote, 0, len(quote))
        for antecedent in antecedents
    ]


def withdrawal(item_id: str, reason: str = "a forgery", *, lifted: bool = False) -> Retraction:
    lifted_at = NOW + timedelta(hours=1) if lifted else None
    return Retraction(
        f"r-{item_id}", SCOPE, item_id, reason, "maria", NOW, lifted_at=lifted_at, lifted_by="ana" if lifted else ""
    )


def lineage(
    direction: Direction,
    items: Sequence[Explained],
    edges: Sequence[LineageEdge],
    *,
    retractions: Sequence[Retraction] = (),
    truncated: bool = False,
) -> Lineage:
    """A lineage whose root is the first item."""
    return Lineage(items[0].id, direction, {item.id: item for item in items}, edges, retractions, truncated)


@st.composite
def lineages(draw: st.DrawFn, most: int = 24) -> Lineage:
    """A lineage in which every item can be reached from the root, as the port promises.

    Its shape follows from a seed and a size, which is many times faster than drawing each part.
    """
    chance = Random(draw(st.integers(0, 2**32)))
    texts = [*HOSTILE, *draw(st.lists(st.text(max_size=60), max_size=3))]
    direction = draw(st.sampled_from(Direction))
    items = [_item(chance, texts, 0, chance.choice([Source, Passage, Claim, Answer]))]
    edges: list[LineageEdge] = []
    for number in range(1, draw(st.integers(1, most))):
        near = chance.choice(items[-6:] if chance.random() < 0.5 else items)
        ways = [way for way in _WAYS[direction] if isinstance(near, way.start)]
        way = chance.choice(ways)
        items.append(_item(chance, texts, number, way.end))
        edges.append(_edge(chance, texts, way, near.id, items[-1].id))
    for _ in range(chance.randrange(2 * len(items))):
        near, far = chance.choice(items), chance.choice(items)
        ways = [way for way in _WAYS[direction] if isinstance(near, way.start) and isinstance(far, way.end)]
        if ways and near.id != far.id:
            edges.append(_edge(chance, texts, chance.choice(ways), near.id, far.id))
    decided = chance.sample(items, min(2, len(items)))
    retractions = [
        replace(withdrawal(item.id, chance.choice(texts)), actor=chance.choice(texts), kind=chance.choice(_KINDS))
        for item in decided
    ]
    return lineage(direction, items, edges, retractions=retractions, truncated=chance.random() < 0.2)


def _item(chance: Random, texts: Sequence[str], number: int, kind: type[Explained]) -> Explained:
    item_id, text, good = f"{number:032x}", chance.choice(texts), chance.random() < 0.6
    other = chance.random() < 0.3
    if kind is Source:
        return source(item_id, text, supported=good, withdrawn=not good, replaced=other)
    if kind is Passage:
        return passage(item_id, text, chance.choice([None, 1, 9]), supported=good, recallable=good)
    if kind is Claim:
        return claim(item_id, text, supported=good, recallable=not other, stale=other)
    return answer(item_id, text, supported=good, stale=other)


def _edge(chance: Random, texts: Sequence[str], way: _Way, start: str, end: str) -> LineageEdge:
    dependent, antecedent = (start, end) if way.to_antecedent else (end, start)
    run = chance.choice(["", "r1", "r2"])
    if way.relation is not Relation.DERIVED_FROM:
        return LineageEdge(dependent, antecedent, way.relation, run_id=run, rank=chance.randrange(4))
    quote = chance.choice(texts)
    justification = chance.choice(["j1", "j2", "j3"])
    return LineageEdge(dependent, antecedent, way.relation, justification, quote, 0, len(quote), run_id=run)
