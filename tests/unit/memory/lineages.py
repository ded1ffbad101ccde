"""Random lineages for the property tests of explanations: any shape a store may give back, cycles included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from stemma.memory.lineage.branches import ends
from stemma.memory.lineage.captions import Explained
from stemma.memory.lineage.model import Direction, Lineage, LineageEdge, Retraction, RetractionKind
from stemma.memory.model import Answer, Claim, Passage, Position, Relation, Scope, Source, SourceKind

SCOPE = Scope("acme")
NOW = datetime(2026, 11, 22, 14, 7, tzinfo=UTC)

_RELATIONS = {
    (Passage, Source): (Relation.PART_OF,),
    (Claim, Passage): (Relation.DERIVED_FROM,),
    (Claim, Claim): (Relation.DERIVED_FROM, Relation.SUPERSEDES),
    (Claim, Answer): (Relation.DERIVED_FROM,),
    (Answer, Passage): (Relation.USED,),
    (Answer, Claim): (Relation.USED, Relation.ASSERTS),
    (Source, Source): (Relation.REPLACES,),
}
"""(dependent, antecedent) -> what may lead from one to the other."""

texts = st.text(max_size=60) | st.sampled_from(
    ["<script>alert(1)</script>", "a\x1b[2Jb", "港" * 40, "]]>&amp;", "\u202eabc"]
)


def source(item_id: str, title: str = "Memo", **changes: bool) -> Explained:
    return Source(item_id, SCOPE, SourceKind.DOCUMENT, f"file:/{item_id}.md", title, "hash", 1, NOW, **changes)


def passage(item_id: str, text: str = "The pier is shut.", page: int | None = None, **changes: bool) -> Explained:
    return Passage(item_id, "s", SCOPE, 0, "Memo", text, Position(0, len(text), page), **changes)


def claim(item_id: str, text: str = "The pier is shut.", **changes: bool) -> Explained:
    return Claim(item_id, SCOPE, text, NOW, **changes)


def answer(item_id: str, text: str = "It is shut [1].", **changes: bool) -> Explained:
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
    """A lineage in which every item can be reached from the root, as the port promises."""
    direction = draw(st.sampled_from(Direction))
    items = [draw(_items(f"{number:032x}")) for number in range(draw(st.integers(1, most)))]
    edges = draw(st.lists(_edges(items), max_size=3 * most)) if len(items) > 1 else []
    edges = [edge for edge in edges if edge is not None]
    reached = _reached(items[0].id, direction, edges)
    kept = {item.id: item for item in sorted(items, key=lambda item: reached.get(item.id, 0)) if item.id in reached}
    edges = [edge for edge in edges if edge.dependent in kept and edge.antecedent in kept]
    decisions = draw(st.lists(st.sampled_from(sorted(kept)), max_size=3, unique=True))
    retractions = [
        replace(withdrawal(item_id, draw(texts)), actor=draw(texts), kind=draw(st.sampled_from(RetractionKind)))
        for item_id in decisions
    ]
    return Lineage(items[0].id, direction, kept, edges, retractions, draw(st.booleans()))


@st.composite
def _items(draw: st.DrawFn, item_id: str) -> Explained:
    text, good = draw(texts), draw(st.booleans())
    kind = draw(st.sampled_from([Source, Passage, Claim, Answer]))
    if kind is Source:
        return source(item_id, text, supported=good, withdrawn=not good, replaced=draw(st.booleans()))
    if kind is Passage:
        return passage(item_id, text, draw(st.none() | st.integers(1, 9)), supported=good, recallable=good)
    if kind is Claim:
        return claim(item_id, text, supported=good, recallable=draw(st.booleans()), stale=draw(st.booleans()))
    return answer(item_id, text, supported=good)


@st.composite
def _edges(draw: st.DrawFn, items: Sequence[Explained]) -> LineageEdge | None:
    dependent, antecedent = draw(st.sampled_from(items)), draw(st.sampled_from(items))
    allowed = _RELATIONS.get((type(dependent), type(antecedent)), ())
    if not allowed or dependent.id == antecedent.id:
        return None
    relation = draw(st.sampled_from(allowed))
    run = draw(st.sampled_from(["", "r1", "r2"]))
    if relation is not Relation.DERIVED_FROM:
        return LineageEdge(dependent.id, antecedent.id, relation, run_id=run, rank=draw(st.integers(0, 3)))
    justification, quote = draw(st.sampled_from(["j1", "j2", "j3"])), draw(texts)
    return LineageEdge(dependent.id, antecedent.id, relation, justification, quote, 0, len(quote), run_id=run)


def _reached(root: str, direction: Direction, edges: Sequence[LineageEdge]) -> dict[str, int]:
    reached = {root: 0}
    for distance in range(1, len(edges) + 2):
        ways = [ends(edge, direction) for edge in edges]
        fresh = {end for start, end in ways if start in reached and end not in reached}
        reached |= dict.fromkeys(fresh, distance)
    return reached
