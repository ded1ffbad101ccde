"""Personalised PageRank over a region: how much of a walk that starts at the seeds ends at each passage.

Decides the iteration and which way led to a passage. Page, Brin, Motwani and Winograd 1999; personalised as in
Haveliwala 2002: at every step the walk starts again with probability 1 - damping. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stemma.memory.recall.recipes import Walk
from stemma.memory.recall.region import Floats, Region


@dataclass(frozen=True, slots=True)
class Walked:
    """Where the walk is in the end, as shares of 1."""

    restart: Floats
    """By place in the region's passages: the share that starts there."""
    passages: Floats
    names: Floats


class Step(NamedTuple):
    """From a passage of the region by a name, both as places, and by which edge the name is said there."""

    passage: int
    name: int
    edge: int


def walked(region: Region, restart: Floats, walk: Walk) -> Walked:
    """`restart` has one share for each passage of the region, 1 together."""
    size, names = len(region.passages), len(region.names)
    at: Floats = restart
    at_names: Floats = np.zeros(names)
    for _ in range(walk.iterations):
        following = walk.damping * np.bincount(region.name, region.out * at[region.passage], names)
        at = (1 - walk.damping) * restart + walk.damping * np.bincount(
            region.passage, region.back * at_names[region.name], size
        )
        at_names = following
    return Walked(restart, at, at_names)


def way_to(region: Region, result: Walked, passage: int, longest: int = 3) -> list[Step]:
    """The steps that brought most of the mass to a passage, from one that a search found; empty where none did.

    Followed backwards, each time to where most came from, never to the same passage twice.
    """
    steps: list[Step] = []
    seen = {passage}
    while len(steps) < longest:
        step = _step_to(region, result, passage, seen)
        if step is None:
            return []
        steps.insert(0, step)
        passage = step.passage
        seen.add(passage)
        if result.restart[passage] > 0:
            return steps
    return []


def _step_to(region: Region, result: Walked, passage: int, seen: set[int]) -> Step | None:
    mine = np.flatnonzero(region.passage == passage)
    brought = region.back[mine] * result.names[region.name[mine]]
    for place in mine[np.argsort(-brought, kind="stable")].tolist():
        name = int(region.name[place])
        there = np.flatnonzero(region.name == name)
        sent = region.out[there] * result.passages[region.passage[there]]
        for other in there[np.argsort(-sent, kind="stable")].tolist():
            if int(region.passage[other]) not in seen:
                return Step(int(region.passage[other]), name, int(region.edges[other]))
    return None
