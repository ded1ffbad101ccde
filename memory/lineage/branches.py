"""A lineage as a reader follows it: from each item to the next ones, in reading order, with the words in between.

Decides the direction of every edge in an explanation and what stands together: antecedents of one justification are
joined by "and", justifications by "or because". It draws nothing (`tree.py`, `picture.py`). Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stemma.memory.lineage.model import Direction, Lineage, LineageEdge
from stemma.memory.model import Relation

IN_PLACE_OF = frozenset({Relation.SUPERSEDES, Relation.REPLACES})
"""What stands in another's place: it says why something is not current, and supports nothing."""

_UPSTREAM_WORDS = {
    Relation.PART_OF: "part of",
    Relation.ASSERTS: "states",
    Relation.USED: "used",
    Relation.SUPERSEDES: "superseded by",
    Relation.REPLACES: "replaced by",
}
_DOWNSTREAM_WORDS = {
    Relation.PART_OF: "contains",
    Relation.DERIVED_FROM: "supports",
    Relation.ASSERTS: "stated by",
    Relation.USED: "used by",
    Relation.SUPERSEDES: "supersedes",
    Relation.REPLACES: "replaces",
}
_ORDER = [
    Relation.PART_OF,
    Relation.ASSERTS,
    Relation.DERIVED_FROM,
    Relation.USED,
    Relation.SUPERSEDES,
    Relation.REPLACES,
]


@dataclass(frozen=True, slots=True)
class Branch:
    """One way from an item to another."""

    item_id: str
    """Where it leads."""
    words: str
    """How it is read: the first item, these words, the other item."""
    edges: Sequence[LineageEdge]
    """The edges that it stands for: several where several runs said the same."""
    group: int = 0
    """Branches of one item with the same number support it together; 0 is no justification."""


def ends(edge: LineageEdge, direction: Direction) -> tuple[str, str]:
    """(from, to) as the edge is followed in this direction."""
    forward = (direction is Direction.UPSTREAM) != (edge.relation in IN_PLACE_OF)
    return (edge.dependent, edge.antecedent) if forward else (edge.antecedent, edge.dependent)


def branches(lineage: Lineage) -> dict[str, list[Branch]]:
    """For each item that leads somewhere, its branches. Every edge is in exactly one."""
    leaving: defaultdict[str, list[LineageEdge]] = defaultdict(list)
    for edge in lineage.edges:
        leaving[ends(edge, lineage.direction)[0]].append(edge)
    places = {item_id: place for place, item_id in enumerate(lineage.items)}
    return {item_id: _branches(edges, lineage.direction, places) for item_id, edges in leaving.items()}


def justifications(edges: Iterable[LineageEdge]) -> list[list[list[LineageEdge]]]:
    """The DERIVED_FROM edges of one claim: for each set of antecedents, for each antecedent in it, its edges.

    Justifications that rest on the same words of the same antecedents, as different runs find them, count as one.
    """
    by_justification: defaultdict[str, list[LineageEdge]] = defaultdict(list)
    for edge in edges:
        by_justification[edge.justification].append(edge)
    alike: dict[frozenset[tuple[str, str]], dict[tuple[str, str], list[LineageEdge]]] = {}
    for together in by_justification.values():
        said = [(edge.antecedent, edge.quote) for edge in together]
        places = alike.setdefault(frozenset(said), {})
        for place, edge in zip(said, together, strict=True):
            places.setdefault(place, []).append(edge)
    return [list(places.values()) for places in alike.values()]


def _branches(edges: Sequence[LineageEdge], direction: Direction, places: Mapping[str, int]) -> list[Branch]:
    found: list[Branch] = []
    for relation in _ORDER:
        some = sorted(
            (edge for edge in edges if edge.relation is relation),
            key=lambda edge: (edge.rank, places.get(ends(edge, direction)[1], 0), edge.start),
        )
        if relation is Relation.DERIVED_FROM and direction is Direction.UPSTREAM:
            found += _because(some)
        else:
            found += _led_to(some, direction)
    return found


def _because(edges: Sequence[LineageEdge]) -> list[Branch]:
    found = []
    for group, antecedents in enumerate(justifications(edges), 1):
        for number, alike in enumerate(antecedents):
            words = "and" if number else "because" if group == 1 else "or because"
            found.append(Branch(alike[0].antecedent, words, alike, group))
    return found


def _led_to(edges: Sequence[LineageEdge], direction: Direction) -> list[Branch]:
    words = _UPSTREAM_WORDS if direction is Direction.UPSTREAM else _DOWNSTREAM_WORDS
    alike: dict[str, list[LineageEdge]] = {}
    for edge in edges:
        alike.setdefault(ends(edge, direction)[1], []).append(edge)
    return [Branch(item_id, words[some[0].relation], some) for item_id, some in alike.items()]
