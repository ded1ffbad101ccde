"""The derived flags in Neo4j: which region a write reaches, what it is worked out from, and what is written back.

Decides how a region is fetched: everything that rests on the seeds in one query, once more for what stands in the place
of an older one among it, until nothing is new; then the flags of what the region rests on. The rule itself is
`lineage/support.py`'s. It runs within a turn, so what it reads nobody else changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stemma.memory.consolidation.neo4j_showing import show
from stemma.memory.lineage.model import Status
from stemma.memory.lineage.support import Facts, statuses
from stemma.memory.model import Node
from stemma.memory.neo4j_rows import Row
from stemma.memory.neo4j_turn import IDS, Turn
from stemma.memory.neo4j_values import NODES, status
from stemma.memory.queries import load_queries

TRUTH = load_queries("cypher/truth.cypher")


@dataclass(frozen=True, slots=True)
class Change:
    """An item whose flags are others now."""

    id: str
    node: Node
    audience: str
    before: Status
    after: Status


@dataclass(frozen=True, slots=True)
class _Item:
    """An item of a region as it is stored."""

    node: Node
    flags: Status
    replaced: bool
    audience: str
    taken_back: bool
    rests_on: list[tuple[str, str]] = field(default_factory=list)
    """Pairs of an antecedent and a justification."""
    newer: list[str] = field(default_factory=list)
    older: list[str] = field(default_factory=list)


async def decide(turn: Turn, items: Collection[str], *, made: Sequence[Row] = (), lifted: Sequence[Row] = ()) -> None:
    """Write down new and lifted decisions about these items, and what they amount to; `settle` works out the rest."""
    if items:
        await turn.rows(TRUTH, "decide", ids=sorted(items), made=made, lifted=lifted)


async def settle(turn: Turn, seeds: Collection[str]) -> list[Change]:
    """Work out the flags of the seeds and of all that follows from them, and write down those that changed."""
    if not seeds:
        return []
    region, alike = await _region(turn, seeds)
    around = await _around(turn, region)
    facts = _facts(region, around)
    found = statuses(facts)
    supported = {item for item, flags in (*around.items(), *found.items()) if flags.supported}
    replaced = {
        item
        for item, newer in facts.superseded_by.items()
        if facts.nodes[item] is Node.SOURCE and not supported.isdisjoint(newer)
    }
    await _write(turn, region, found, replaced)
    await show(turn, alike)
    return [
        Change(item_id, item.node, item.audience, item.flags, found[item_id])
        for item_id, item in region.items()
        if item.flags != found[item_id]
    ]


async def _region(turn: Turn, seeds: Collection[str]) -> tuple[dict[str, _Item], set[str]]:
    """The items, and those of them that say the same as another one."""
    wanted, alike = set(seeds), set[str]()
    region: dict[str, _Item] = {}
    while wanted:
        parts: defaultdict[str, list[list[Any]]] = defaultdict(list)
        for some in await turn.rows(TRUTH, "region", ids=sorted(wanted)):
            parts[some["part"]] += some["rows"]
        new = {row[0]: _item(*row[1:]) for row in parts["items"] if row[0] not in region}
        for item_id, antecedent, justification in parts["rests"]:
            if item_id in new:
                new[item_id].rests_on.append((antecedent, justification))
        for item_id, newer in parts["newer"]:
            if item_id in new:
                new[item_id].newer.append(newer)
        for item_id, older in parts["older"]:
            if item_id in new:
                new[item_id].older.append(older)
        alike |= {item_id for (item_id,) in parts["alike"]}
        region |= new
        wanted = {older for item in new.values() for older in item.older} - region.keys()
    return region, alike


def _item(
    label: str,
    supported: bool,
    recallable: bool,
    replaced: bool,
    stale: bool,
    audience: str,
    taken_back: bool,
) -> _Item:
    node = NODES[label]
    return _Item(node, status(node, supported, recallable, replaced, stale), replaced, audience, taken_back)


async def _around(turn: Turn, region: Mapping[str, _Item]) -> dict[str, Status]:
    named = {antecedent for item in region.values() for antecedent, _ in item.rests_on}
    named |= {newer for item in region.values() for newer in item.newer}
    outside = sorted(named - region.keys())
    if not outside:
        return {}
    [found] = await turn.rows(TRUTH, "around", ids=outside)
    return {item_id: status(NODES[label], *flags) for item_id, label, *flags in found["rows"]}


def _facts(region: Mapping[str, _Item], around: Mapping[str, Status]) -> Facts:
    return Facts(
        nodes={item_id: item.node for item_id, item in region.items()},
        justifications={item_id: _justifications(item) for item_id, item in region.items()},
        taken_back={item_id for item_id, item in region.items() if item.taken_back},
        superseded_by={item_id: item.newer for item_id, item in region.items() if item.newer},
        around=around,
    )


def _justifications(item: _Item) -> Sequence[Collection[str]]:
    if item.node is not Node.CLAIM:
        return [[antecedent for antecedent, _ in item.rests_on]]
    sets: defaultdict[str, set[str]] = defaultdict(set)
    for antecedent, justification in item.rests_on:
        sets[justification].add(antecedent)
    return list(sets.values())


async def _write(
    turn: Turn, region: Mapping[str, _Item], found: Mapping[str, Status], replaced: Collection[str]
) -> None:
    groups: defaultdict[tuple[Node, Status, bool], list[str]] = defaultdict(list)
    for item_id, item in region.items():
        if item.flags != found[item_id] or (item.node is Node.SOURCE and item.replaced != (item_id in replaced)):
            groups[item.node, found[item_id], item_id in replaced].append(item_id)
    for some in _statements(groups):
        await turn.rows(TRUTH, "flags", **some)


def _statements(groups: Mapping[tuple[Node, Status, bool], Sequence[str]]) -> Iterator[dict[str, list[Row]]]:
    """The parameters of each statement: so many ids at a time, whatever groups they are of."""
    some, room = _no_groups(), IDS
    for (node, after, is_replaced), ids in groups.items():
        flags = {"supported": after.supported, "current": after.current, "stale": after.stale, "replaced": is_replaced}
        start = 0
        while start < len(ids):
            taken = ids[start : start + room]
            some[node.lower()].append({**flags, "ids": taken})
            start, room = start + len(taken), room - len(taken)
            if not room:
                yield some
                some, room = _no_groups(), IDS
    if room < IDS:
        yield some


def _no_groups() -> dict[str, list[Row]]:
    return {node.lower(): [] for node in (Node.SOURCE, Node.PASSAGE, Node.CLAIM, Node.ANSWER)}
