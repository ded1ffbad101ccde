"""Truth maintenance: which statements are supported, current and stale, given who rests on what. Pure.

Decides the derived flags for every store alike, after Doyle, "A truth maintenance system" (Artificial Intelligence 12,
1979). Support is well-founded: the least fixpoint upwards from sources (as Dowling and Gallier, "Linear-time algorithms
for testing the satisfiability of propositional Horn formulae", J. Logic Programming 1984, compute it), so that claims
which only support each other are not supported. It reads and writes nothing: which items to look at, and what the
flags of the items around them are, the store knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stemma.memory.lineage.model import Status
from stemma.memory.model import Node

UNSUPPORTED = Status(supported=False, current=False, stale=False)
_FRESH = Status(supported=True, current=True, stale=False)
_STALE = Status(supported=True, current=True, stale=True)
_REPLACED = Status(supported=True, current=False, stale=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """A region of lineage: the items whose flags are asked for, and all that these depend on.

    A region must be closed downstream: what depends on an item inside is inside too.
    """

    nodes: Mapping[str, Node]
    """The items inside, and what each is."""
    justifications: Mapping[str, Sequence[Collection[str]]]
    """For each item inside, the sets of antecedents that support it, each set alone. A source has one empty set; a
    passage one, its source; a claim one for each justification, and none when nobody says why; an answer one, with
    everything that it used or states. Items outside have no entry."""
    taken_back: Collection[str] = ()
    """Sources and claims inside that are withdrawn or in quarantine."""
    superseded_by: Mapping[str, Collection[str]] = field(default_factory=dict)
    """For claims and sources inside: the newer claims, or the newer versions, that stand in their place."""
    around: Mapping[str, Status] = field(default_factory=dict)
    """The flags of antecedents and superseding items outside. One that is in neither place is not supported."""
    not_holding: Collection[str] = ()
    """Claims and sources inside that are not current whatever their support: they do not hold at the moment that is
    asked for (`history/belief.py`)."""


def statuses(facts: Facts) -> dict[str, Status]:
    """The flags of every item inside. Takes time linear in the antecedents; the order of anything does not matter."""
    supported = _well_founded(
        facts.justifications,
        set(facts.taken_back),
        [item for item, status in facts.around.items() if status.supported],
    )
    current = _current(facts, supported)
    if _nothing_is_stale(facts, supported, current):
        return {item: _FRESH if item in supported else UNSUPPORTED for item in facts.nodes}
    fresh = _fresh(facts, current)
    return {item: _status(item, supported, current, fresh) for item in facts.nodes}


def _status(item: str, supported: set[str], current: set[str], fresh: set[str]) -> Status:
    """One of four values that all items share: there may be many items."""
    if item not in supported:
        return UNSUPPORTED
    if item not in current:
        return _REPLACED
    return _FRESH if item in fresh else _STALE


def _nothing_is_stale(facts: Facts, supported: set[str], current: set[str]) -> bool:
    """Whether all that supports anything is current and fresh, so that what is supported is fresh too."""
    return current == supported and all(
        status.current and not status.stale for status in facts.around.values() if status.supported
    )


def _fresh(facts: Facts, current: set[str]) -> set[str]:
    """The current items that do not rest only on what is not current."""
    return _well_founded(
        _without_corrected(facts),
        facts.nodes.keys() - current,
        [item for item, status in facts.around.items() if status.current and not status.stale],
    )


def _current(facts: Facts, supported: set[str]) -> set[str]:
    """Supported, holding, and superseded by nothing supported; a passage is as current as its source."""
    around = {item for item, status in facts.around.items() if status.supported}
    superseded = {
        item for item, newer in facts.superseded_by.items() if any(one in supported or one in around for one in newer)
    }
    current = (supported - superseded).difference(facts.not_holding)
    sources = {item for item, status in facts.around.items() if status.current} | current
    return {
        item
        for item in current
        if facts.nodes[item] is not Node.PASSAGE
        or all(source in sources for antecedents in facts.justifications[item] for source in antecedents)
    }


def _without_corrected(facts: Facts) -> dict[str, Sequence[Collection[str]]]:
    """The justifications without what an item itself supersedes: what a correction corrects does not make it stale."""
    corrected: defaultdict[str, set[str]] = defaultdict(set)
    for older, newer in facts.superseded_by.items():
        for item in newer:
            corrected[item].add(older)
    changed = {
        item: [set(antecedents) - older for antecedents in facts.justifications[item]]
        for item, older in corrected.items()
        if item in facts.justifications
    }
    return {**facts.justifications, **changed}


def _well_founded(
    justifications: Mapping[str, Sequence[Collection[str]]], blocked: Collection[str], given: Iterable[str]
) -> set[str]:
    """The items inside that follow from `given`, never through a blocked one."""
    steps = _Steps(justifications)
    found: set[str] = set()
    known = set(given)
    queue = [*known, *steps.grounded]
    while queue:
        item = queue.pop()
        if item not in known:
            if item in blocked or item in found:
                continue
            found.add(item)
        queue += steps.from_one.pop(item, ())
        for number in steps.from_several.pop(item, ()):
            steps.missing[number] -= 1
            if not steps.missing[number]:
                queue.append(steps.owner[number])
    return found


class _Steps:
    """Justifications by their antecedents. Nearly all have a single one, and need no counting."""

    def __init__(self, justifications: Mapping[str, Sequence[Collection[str]]]) -> None:
        self.grounded: list[str] = []
        """Items that have a justification without antecedents."""
        self.from_one: defaultdict[str, list[str]] = defaultdict(list)
        """The items that an antecedent supports alone."""
        self.from_several: defaultdict[str, list[int]] = defaultdict(list)
        """The numbers of justifications that an antecedent takes part in."""
        self.missing: list[int] = []
        """By number: how many antecedents are still to be found."""
        self.owner: list[str] = []
        """By number: the item that is justified."""
        for item, sets in justifications.items():
            for antecedents in sets:
                needed = antecedents if len(antecedents) < 2 else set(antecedents)
                if not needed:
                    self.grounded.append(item)
                elif len(needed) == 1:
                    (antecedent,) = needed
                    self.from_one[antecedent].append(item)
                else:
                    self._count(item, needed)

    def _count(self, item: str, needed: Collection[str]) -> None:
        for antecedent in needed:
            self.from_several[antecedent].append(len(self.missing))
        self.missing.append(len(needed))
        self.owner.append(item)
