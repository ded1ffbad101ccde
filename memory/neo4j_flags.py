"""The derived flags in Neo4j: which region a write reaches, what it is worked out from, and what is written back.

Decides how a region is fetched: everything that rests on the seeds in one query, once more for what stands in the place
of an older one among it, until nothing is new; then the flags of what the region rests on. The rule itself is
`lineage/support.py`'s. It runs within a turn, so what it reads nobody else changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stemma.memory.lineage.model import Status
from stemma.memory.lineage.support import Facts, statuses
from stemma.memory.model import Node
from stemma.memory.neo4j_turn import Turn
from stemma.memory.neo4j_values import status
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


class _Item(NamedTuple):
    """An item of a region as it is stored."""

    node: Node
    flags: Status
    replaced: bool
    audience: str
    taken_back: bool
    rests_on: Sequence[tuple[str, str]]
    """Pairs of a justification and an antecedent."""
    newer: Sequence[str]
    older: Sequence[str]


async def settle(turn: Turn, seeds: Collection[str]) -> list[Change]:
    """Work out the flags of the seeds and of all that follows from them, and write down those that changed."""
    if not seeds:
        return []
    region = await _region(turn, seeds)
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
    return [
        Change(item_id, item.node, item.audience, item.flags, found[item_id])
        for item_id, item in region.items()
        if item.flags != found[item_id]
    ]


async def _region(turn: Turn, seeds: Collection[str]) -> dict[str, _Item]:
    wanted = set(seeds)
    region: dict[str, _Item] = {}
    while wanted:
        new: dict[str, _Item] = {}
        for some in await turn.rows(TRUTH, "region", ids=sorted(wanted)):
            for item_id, label, supported, recallable, replaced, stale, *rest in some["rows"]:
                if item_id not in region:
                    node = Node(label)
                    new[item_id] = _Item(node, status(node, supported, recallable, replaced, stale), replaced, *rest)
        region |= new
        wanted = {older for item in new.values() for older in item.older} - region.keys()
    return region


async def _around(turn: Turn, region: Mapping[str, _Item]) -> dict[str, Status]:
    named = {antecedent for item in region.values() for _, antecedent in item.rests_on}
    named |= {newer for item in region.values() for newer in item.newer}
    outside = sorted(named - region.keys())
    if not outside:
        return {}
    [found] = await turn.rows(TRUTH, "around", ids=outside)
    return {item_id: status(Node(label), *flags) for item_id, label, *flags in found["rows"]}


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
        return [[antecedent for _, antecedent in item.rests_on]]
    sets: defaultdict[str, set[str]] = defaultdict(set)
    for justification, antecedent in item.rests_on:
        sets[justification].add(antecedent)
    return list(sets.values())


async def _write(
    turn: Turn, region: Mapping[str, _Item], found: Mapping[str, Status], replaced: Collection[str]
) -> None:
    flags: defaultdict[tuple[Node, Status, bool], list[str]] = defaultdict(list)
    for item_id, item in region.items():
        if item.flags != found[item_id] or (item.node is Node.SOURCE and item.replaced != (item_id in replaced)):
            flags[item.node, found[item_id], item_id in replaced].append(item_id)
    for (node, after, is_replaced), ids in flags.items():
        await turn.put(
            TRUTH,
            f"flag_{node.lower()}",
            ids,
            supported=after.supported,
            recallable=after.current,
            stale=after.stale,
            replaced=is_replaced,
        )
    await turn.put(TRUTH, "unlist", _unlisted(flags.items()))


def _unlisted(flags: Iterable[tuple[tuple[Node, Status, bool], list[str]]]) -> list[str]:
    """Passages that a newer version took the place of."""
    return [
        item_id
        for (node, after, _), ids in flags
        if node is Node.PASSAGE and after.supported and not after.current
        for item_id in ids
    ]
