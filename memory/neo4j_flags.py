"""The derived flags in Neo4j: which region a write reaches, what it is worked out from, and what is written back.

Decides how a region is fetched: everything that rests on the seeds in one query, once more for what the claims among it
supersede, until nothing is new; then the flags of what the region rests on. The rule itself is `lineage/support.py`'s.
It runs within a turn, so what it reads nobody else changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from stemma.memory.lineage.model import Status
from stemma.memory.lineage.support import Facts, statuses
from stemma.memory.model import Node
from stemma.memory.neo4j_rows import Row
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
        Change(item, facts.nodes[item], row["audience"], status(row), found[item])
        for item, row in region.items()
        if status(row) != found[item]
    ]


async def _region(turn: Turn, seeds: Collection[str]) -> dict[str, Row]:
    wanted = set(seeds)
    region: dict[str, Row] = {}
    while wanted:
        found = await turn.rows(TRUTH, "region", ids=sorted(wanted))
        new = [row for row in found if row["id"] not in region]
        region |= {row["id"]: row for row in new}
        wanted = {item for row in new for item in row["older"]} - region.keys()
    return region


async def _around(turn: Turn, region: Mapping[str, Row]) -> dict[str, Status]:
    named = {item for row in region.values() for _, item in row["rests_on"]}
    named |= {item for row in region.values() for item in row["newer"]}
    outside = sorted(named - region.keys())
    return {row["id"]: status(row) for row in await turn.rows(TRUTH, "around", ids=outside)} if outside else {}


def _facts(region: Mapping[str, Row], around: Mapping[str, Status]) -> Facts:
    nodes = {item: Node(row["node"]) for item, row in region.items()}
    return Facts(
        nodes=nodes,
        justifications={item: _justifications(nodes[item], row["rests_on"]) for item, row in region.items()},
        taken_back={item for item, row in region.items() if row["taken_back"]},
        superseded_by={item: row["newer"] for item, row in region.items() if row["newer"]},
        around=around,
    )


def _justifications(node: Node, rests_on: Iterable[tuple[str, str]]) -> Sequence[Collection[str]]:
    if node is not Node.CLAIM:
        return [[item for _, item in rests_on]]
    sets: defaultdict[str, set[str]] = defaultdict(set)
    for justification, item in rests_on:
        sets[justification].add(item)
    return list(sets.values())


async def _write(turn: Turn, region: Mapping[str, Row], found: Mapping[str, Status], replaced: Collection[str]) -> None:
    flags: defaultdict[tuple[Node, Status, bool], list[str]] = defaultdict(list)
    unlisted: list[str] = []
    for item, row in region.items():
        after, node = found[item], Node(row["node"])
        if status(row) == after and (node is not Node.SOURCE or row["replaced"] == (item in replaced)):
            continue
        flags[node, after, item in replaced].append(item)
        if node is Node.PASSAGE and after.supported and not after.current:
            unlisted.append(item)
    for (node, after, is_replaced), items in flags.items():
        await turn.put(
            TRUTH,
            f"flag_{node.lower()}",
            items,
            supported=after.supported,
            recallable=after.current,
            stale=after.stale,
            replaced=is_replaced,
        )
    await turn.put(TRUTH, "unlist", unlisted)
