"""Which lines a picture of a lineage has: from which items they come, where they meet, and what they mean. Pure.

Decides what is joined: the antecedents of one justification meet in a dot before the claim, because the claim needs all
of them; each further justification arrives by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from stemma.memory.lineage.branches import IN_PLACE_OF, justifications
from stemma.memory.lineage.captions import Explained
from stemma.memory.lineage.model import LineageEdge
from stemma.memory.model import Relation


@dataclass(frozen=True, slots=True)
class Arrival:
    """Lines that reach an item together, drawn from left to right."""

    tails: Sequence[str]
    """The items on the left, where the lines start."""
    head: str
    """The item on the right, where they end."""
    kind: str
    """ "" supports; "broken" one of the tails is not supported; "place" the tail stands in the head's place."""


def arrivals(edges: Sequence[LineageEdge], items: Mapping[str, Explained]) -> list[Arrival]:
    """The lines for all edges; what goes without saying twice (used and stated) is one line."""
    placed = [Arrival([edge.dependent], edge.antecedent, "place") for edge in edges if edge.relation in IN_PLACE_OF]
    found = [*_supporting(edges, items), *placed]
    return list({(frozenset(arrival.tails), arrival.head, arrival.kind): arrival for arrival in found}.values())


def _supporting(edges: Sequence[LineageEdge], items: Mapping[str, Explained]) -> Iterator[Arrival]:
    derived = sorted((edge for edge in edges if edge.relation is Relation.DERIVED_FROM), key=attrgetter("dependent"))
    for claim, some in groupby(derived, attrgetter("dependent")):
        for group in justifications(some):
            yield _arrival([antecedent[0].antecedent for antecedent in group], claim, items)
    for edge in edges:
        if edge.relation is not Relation.DERIVED_FROM and edge.relation not in IN_PLACE_OF:
            yield _arrival([edge.antecedent], edge.dependent, items)


def _arrival(tails: Iterable[str], head: str, items: Mapping[str, Explained]) -> Arrival:
    single = list(dict.fromkeys(tails))
    return Arrival(single, head, "" if all(items[tail].supported for tail in single) else "broken")
