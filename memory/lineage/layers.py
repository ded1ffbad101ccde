"""A graph in layers: how far each node is from the root, in which order nodes stand in a layer, and how high. Pure.

Decides positions only, after Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system
structures" (IEEE Transactions on Systems, Man, and Cybernetics 11, 1981): longest-path layers, a way point in each
layer that a link passes, barycentre sweeps against crossings, then heights close to those of the neighbours.
Deterministic.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

Link = tuple[str, str]
"""From one node to another."""
Point = tuple[int, str]
"""A node, or a way point of a link, and its layer."""

_SWEEPS = 6
_WAY_POINT = 10.0
"""The height that a link takes where it passes a layer."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where nodes stand and which way links take."""

    middles: Mapping[str, float]
    """The vertical middle of each node; the highest edge of all is at 0."""
    routes: Mapping[Link, Sequence[float]]
    """For a link to a deeper layer, its height in each layer between; a link that goes back has no route."""
    height: float


def layers(root: str, links: Iterable[Link]) -> dict[str, int]:
    """For each node that the root leads to, the longest way to it, in links; those that close a cycle do not count."""
    following: defaultdict[str, list[str]] = defaultdict(list)
    for start, end in links:
        following[start].append(end)
    order = _finished_last(root, following)
    place = {node: number for number, node in enumerate(order)}
    found = dict.fromkeys(order, 0)
    for node in order:
        for end in following[node]:
            if place[end] > place[node]:
                found[end] = max(found[end], found[node] + 1)
    return found


def _finished_last(root: str, following: Mapping[str, Sequence[str]]) -> list[str]:
    """Depth first, in reverse order of finishing: where there is no cycle, every link leads forward."""
    finished: list[str] = []
    met = {root}
    stack = [(root, iter(following.get(root, ())))]
    while stack:
        node, ends = stack[-1]
        fresh = next((end for end in ends if end not in met), None)
        if fresh is None:
            finished.append(node)
            stack.pop()
        else:
            met.add(fresh)
            stack.append((fresh, iter(following.get(fresh, ()))))
    return finished[::-1]


def layout(depths: Mapping[str, int], links: Iterable[Link], heights: Mapping[str, float], *, gap: float) -> Layout:
    """Positions of the nodes in `depths` (node -> layer); `heights` of nodes and the `gap` between two share a unit."""
    forward = [link for link in dict.fromkeys(links) if depths[link[0]] < depths[link[1]]]
    columns: list[list[Point]] = [[] for _ in range(max(depths.values()) + 1)]
    for node, depth in depths.items():
        columns[depth].append((depth, node))
    neighbours: defaultdict[Point, list[Point]] = defaultdict(list)
    ways = {link: _way(link, depths) for link in forward}
    for way in ways.values():
        for point in way[1:-1]:
            columns[point[0]].append(point)
        for start, end in pairwise(way):
            neighbours[start].append(end)
            neighbours[end].append(start)
    columns = _untangled(columns, neighbours)
    room = {point: heights.get(point[1], _WAY_POINT) + gap for column in columns for point in column}
    middles = _middles(columns, neighbours, room)
    top = min(middles[point] - room[point] / 2 for point in room) + gap / 2
    bottom = max(middles[point] + room[point] / 2 for point in room) - gap / 2
    return Layout(
        {node: middles[depth, node] - top for node, depth in depths.items()},
        {link: [middles[point] - top for point in way[1:-1]] for link, way in ways.items()},
        bottom - top,
    )


def _way(link: Link, depths: Mapping[str, int]) -> list[Point]:
    start, end = link
    between = [(depth, f"{start}\x00{end}") for depth in range(depths[start] + 1, depths[end])]
    return [(depths[start], start), *between, (depths[end], end)]


def _untangled(columns: list[list[Point]], neighbours: Mapping[Point, Sequence[Point]]) -> list[list[Point]]:
    """The order with the fewest crossings of those that sorting by barycentres, to and fro, comes by."""
    best, fewest = columns, _crossings(columns, neighbours)
    for sweep in range(_SWEEPS):
        columns = _sorted(columns, neighbours, 1 if sweep % 2 == 0 else -1)
        crossings = _crossings(columns, neighbours)
        if crossings < fewest:
            best, fewest = columns, crossings
    return best


def _sorted(
    columns: Sequence[Sequence[Point]], neighbours: Mapping[Point, Sequence[Point]], step: int
) -> list[list[Point]]:
    """Each column by the mean place of its neighbours in the one before it, going forward (1) or back (-1)."""
    found = [list(column) for column in columns]
    for depth in _depths(len(found), step):
        places = {point: place for place, point in enumerate(found[depth - step])}
        centres = {
            point: _mean([places[other] for other in neighbours[point] if other in places], place)
            for place, point in enumerate(found[depth])
        }
        found[depth].sort(key=centres.__getitem__)
    return found


def _crossings(columns: Sequence[Sequence[Point]], neighbours: Mapping[Point, Sequence[Point]]) -> int:
    """How many pairs of links between neighbouring columns cross."""
    crossings = 0
    for column, following in pairwise(columns):
        places = {point: place for place, point in enumerate(following)}
        passed: list[int] = []
        for point in column:
            ends = [places[other] for other in neighbours[point] if other in places]
            crossings += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return crossings


def _middles(
    columns: Sequence[Sequence[Point]], neighbours: Mapping[Point, Sequence[Point]], room: Mapping[Point, float]
) -> dict[Point, float]:
    """Heights that keep the order and the room, each as close to its neighbours' as that allows."""
    middles: dict[Point, float] = {}
    for column in columns:
        middles |= zip(column, _spread([0.0] * len(column), [room[point] for point in column]), strict=True)
    for sweep in range(_SWEEPS):
        step = 1 if sweep % 2 == 0 else -1
        for depth in _depths(len(columns), step):
            column = columns[depth]
            before = set(columns[depth - step])
            wanted = [
                _mean([middles[other] for other in neighbours[point] if other in before], middles[point])
                for point in column
            ]
            middles |= zip(column, _spread(wanted, [room[point] for point in column]), strict=True)
    return middles


def _spread(wanted: Sequence[float], room: Sequence[float]) -> list[float]:
    """The middles nearest to the wanted ones (least squares) that leave each its room: isotonic regression by pooling
    adjacent violators (Barlow, Bartholomew, Bremner and Brunk, "Statistical inference under order restrictions", 1972).
    """
    offsets = [0.0]
    for above, below in pairwise(room):
        offsets.append(offsets[-1] + (above + below) / 2)
    pools: list[list[float]] = []
    for wish, offset in zip(wanted, offsets, strict=False):
        pools.append([wish - offset])
        while len(pools) > 1 and fmean(pools[-2]) > fmean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    levels = [fmean(pool) for pool in pools for _ in pool]
    return [level + offset for level, offset in zip(levels, offsets, strict=False)]


def _depths(columns: int, step: int) -> range:
    return range(1, columns) if step == 1 else range(columns - 2, -1, -1)


def _mean(values: Sequence[float], otherwise: float) -> float:
    return fmean(values) if values else otherwise
