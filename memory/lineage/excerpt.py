"""The part of a lineage that is shown: the nearest items; for a picture also how many more each of them leads to. Pure.

Decides what is left out. Nothing is left out unsaid: every item that is not in a picture is counted at one that is.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from stemma.memory.lineage.branches import branches
from stemma.memory.lineage.layers import layers
from stemma.memory.lineage.model import Direction, Lineage, LineageEdge
from stemma.memory.model import Answer

MOST_ITEMS = 48
MOST_FOLLOWING = 7
"""How many items one item brings into the picture."""
MOST_SILENT = 2
"""How many of them may lead to no answer, where there are answers."""
MOST_LAYERS = 12


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is drawn of a lineage."""

    layers: Mapping[str, int]
    """The items shown, nearest first, and for each how many edges it is from the root: the longest way counts."""
    edges: Sequence[LineageEdge]
    """Between items shown."""
    more: Mapping[str, int]
    """For items shown, how many others that are not shown are counted here."""


def nearest(lineage: Lineage, most: int) -> Lineage:
    """The lineage of its `most` nearest items; `truncated` where that leaves something out."""
    if len(lineage.items) <= most:
        return lineage
    items = dict(islice(lineage.items.items(), most))
    return replace(
        lineage,
        items=items,
        edges=[edge for edge in lineage.edges if edge.dependent in items and edge.antecedent in items],
        retractions=[retraction for retraction in lineage.retractions if retraction.withdraws in items],
        truncated=True,
    )


def excerpt(lineage: Lineage) -> Excerpt:
    """At most 48 items in 12 layers, the root always among them, and what leads to answers before what does not."""
    following = {start: [branch.item_id for branch in found] for start, found in branches(lineage).items()}
    answers = [item_id for item_id, item in lineage.items.items() if isinstance(item, Answer)]
    said = _leading_to(answers, following) if lineage.direction is Direction.DOWNSTREAM else set()
    chosen = _chosen(lineage.root, following, said)
    links = [(start, end) for start in following for end in following[start]]
    depth = layers(lineage.root, [link for link in links if chosen.issuperset(link)])
    shown = {item_id: depth[item_id] for item_id in lineage.items if depth.get(item_id, MOST_LAYERS) < MOST_LAYERS}
    edges = [edge for edge in lineage.edges if edge.dependent in shown and edge.antecedent in shown]
    return Excerpt(shown, edges, Counter(_owners(shown, following)))


def _leading_to(ends: Iterable[str], following: Mapping[str, Sequence[str]]) -> set[str]:
    """These items, and all that lead to one of them."""
    before: defaultdict[str, list[str]] = defaultdict(list)
    for start, found in following.items():
        for end in found:
            before[end].append(start)
    reached = set(ends)
    queue = list(reached)
    while queue:
        fresh = [start for start in before[queue.pop()] if start not in reached]
        reached.update(fresh)
        queue += fresh
    return reached


def _chosen(root: str, following: Mapping[str, Sequence[str]], said: set[str]) -> set[str]:
    """Breadth first, and of each item only so many: of those that lead to no answer, few where others do."""
    chosen, queue = {root}, deque([root])
    while queue and len(chosen) < MOST_ITEMS:
        fresh = [item_id for item_id in dict.fromkeys(following.get(queue.popleft(), ())) if item_id not in chosen]
        if said:
            silent = [item_id for item_id in fresh if item_id not in said]
            fresh = [*(item_id for item_id in fresh if item_id in said), *silent[:MOST_SILENT]]
        room = min(MOST_FOLLOWING, MOST_ITEMS - len(chosen))
        chosen.update(fresh[:room])
        queue.extend(fresh[:room])
    return chosen


def _owners(shown: Mapping[str, int], following: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """For each item left out, the item shown where it is counted: the nearest one that leads to it."""
    owner = {item_id: item_id for item_id in shown}
    queue = deque(shown)
    while queue:
        item_id = queue.popleft()
        for end in following.get(item_id, ()):
            if end not in owner:
                owner[end] = owner[item_id]
                queue.append(end)
                yield owner[end]
