"""Truth maintenance by its definition, for comparison: slow, short, and written without a look at `support.py`.

An item is supported when a proof of it exists: a tree whose leaves rest on nothing, with nothing taken back in it. The
proofs are tried by growing depth until no more item gets one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from stemma.memory.lineage.model import Status
from stemma.memory.lineage.support import Facts
from stemma.memory.model import Node

Justifications = Mapping[str, Sequence[Collection[str]]]


def provable(justifications: Justifications, allowed: Callable[[str], bool]) -> set[str]:
    """What has a proof that uses allowed items only."""
    proved: set[str] = set()
    for _ in justifications:
        proved = {
            item
            for item, sets in justifications.items()
            if allowed(item) and any(all(one in proved for one in antecedents) for antecedents in sets)
        }
    return proved


def naive_statuses(facts: Facts) -> dict[str, Status]:
    """The flags of every item of a whole memory; there is nothing around it."""
    assert not facts.around
    newer = facts.superseded_by
    supported = provable(facts.justifications, lambda item: item not in facts.taken_back)

    def is_current(item: str) -> bool:
        if facts.nodes[item] is Node.PASSAGE:
            return item in supported and all(is_current(source) for source in facts.justifications[item][0])
        return item in supported and not any(one in supported for one in newer.get(item, ()))

    def supersedes(item: str, older: str) -> bool:
        return item in newer.get(older, ())

    uncorrected = {
        item: [[one for one in antecedents if not supersedes(item, one)] for antecedents in sets]
        for item, sets in facts.justifications.items()
    }
    fresh = provable(uncorrected, is_current)
    return {
        item: Status(item in supported, is_current(item), is_current(item) and item not in fresh)
        for item in facts.nodes
    }


def dependents(facts: Facts, seeds: Iterable[str]) -> set[str]:
    """The seeds, and everything whose flags may depend on theirs."""
    region = set(seeds)
    while True:
        grown = {
            item
            for item in facts.nodes
            if region & {*facts.superseded_by.get(item, ()), *(one for s in facts.justifications[item] for one in s)}
        }
        if grown <= region:
            return region
        region |= grown


def antecedents(facts: Facts, item: str) -> set[str]:
    """The item, and everything that it rests on by any path."""
    found, queue = {item}, [item]
    for one in queue:
        new = {below for known in facts.justifications[one] for below in known} - found
        found |= new
        queue += sorted(new)
    return found
