"""The derived flags in the SQLite memory: worked out anew below some items, as one step of a write transaction.

Decides which region is looked at and that only what changed is written. The rule itself stands in `lineage/support.py`;
who calls this, and with which seeds, in `sqlite_truth.py`, `sqlite_sources.py` and `sqlite_writes.py`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, product
from operator import itemgetter

import apsw

from stemma.memory.lineage.model import Affected, Status
from stemma.memory.lineage.support import Facts, statuses
from stemma.memory.model import Node
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import Row, rows
from stemma.memory.sqlite_region import Seeds, region

_QUERIES = load_queries("sql/support.sql")
_MARKS = {
    Node.SOURCE: "mark_sources",
    Node.PASSAGE: "mark_passages",
    Node.CLAIM: "mark_claims",
    Node.ANSWER: "mark_answers",
}
_STATUSES = {flags: Status(*map(bool, flags)) for flags in product((0, 1), repeat=3)}
"""By the stored numbers: one value for all items that stand alike, since there may be many."""
_DECIDE = {Node.SOURCE: "decide_source", Node.CLAIM: "decide_claim"}


@dataclass(frozen=True, slots=True)
class Changed:
    """Items whose flags were worked out to be others than those stored, sources first."""

    affected: Sequence[Affected]
    audiences: Mapping[str, str]
    """Of every item that was looked at, by id."""


@dataclass(slots=True)
class _Region:
    """What is known of the items looked at, while it is gathered."""

    nodes: dict[str, Node] = field(default_factory=dict)
    audiences: dict[str, str] = field(default_factory=dict)
    before: dict[str, Status] = field(default_factory=dict)
    justifications: dict[str, list[Collection[str]]] = field(default_factory=dict)
    taken_back: set[str] = field(default_factory=set)
    superseded_by: dict[str, list[str]] = field(default_factory=dict)


def refresh(connection: apsw.Connection, tenant: str, seeds: Seeds, revision: int) -> Changed:
    """Work out the flags of the seeds and of all that depends on them, and store and stamp those that changed."""
    found = _read_facts(connection, tenant, region(connection, tenant, seeds))
    facts = Facts(
        nodes=found.nodes,
        justifications=found.justifications,
        taken_back=found.taken_back,
        superseded_by=found.superseded_by,
        around=_around(connection, tenant, found),
    )
    after = statuses(facts)
    affected = [
        Affected(item_id, node, found.before[item_id], after[item_id])
        for item_id, node in found.nodes.items()
        if after[item_id] != found.before[item_id]
    ]
    _store(connection, tenant, affected, revision)
    return Changed(affected, found.audiences)


def decide(connection: apsw.Connection, tenant: str, node: Node, item_id: str) -> None:
    """Write down on a source or claim what the open decisions say about it; what follows, `refresh` works out."""
    connection.execute(_QUERIES[_DECIDE[node]], {"tenant": tenant, "id": item_id})


def unsettled(connection: apsw.Connection, tenant: str, claim_ids: Iterable[str]) -> list[str]:
    """Those of the claims whose flags one more justification could change."""
    where = {"tenant": tenant, "ids": json.dumps(sorted(claim_ids))}
    return [claim_id for (claim_id,) in rows(connection, _QUERIES["unsettled"], where)]


def _read_facts(connection: apsw.Connection, tenant: str, ids: Mapping[Node, Iterable[str]]) -> _Region:
    """The facts of the items: sources first, then passages, claims and answers, each in the order of their ids."""
    facts = _Region()
    wanted = {node: {"tenant": tenant, "ids": json.dumps(sorted(some))} for node, some in ids.items()}
    if Node.SOURCE in wanted:
        _read_sources(facts, rows(connection, _QUERIES["source_facts"], wanted[Node.SOURCE]))
    if Node.PASSAGE in wanted:
        found = rows(connection, _QUERIES["passage_facts"], wanted[Node.PASSAGE])
        for item_id, audience, source_id, supported, current in found:
            _add(facts, item_id, Node.PASSAGE, audience, _STATUSES[supported, current, 0])
            facts.justifications[item_id] = [(source_id,)]
    if Node.CLAIM in wanted:
        found = rows(connection, _QUERIES["claim_facts"], wanted[Node.CLAIM])
        for item_id, audience, taken_back, supported, current, stale in found:
            _add(facts, item_id, Node.CLAIM, audience, _STATUSES[supported, current, stale], taken_back)
            facts.justifications[item_id] = []
        _justify(facts, rows(connection, _QUERIES["justifications"], wanted[Node.CLAIM]))
        for older, newer in rows(connection, _QUERIES["superseding"], wanted[Node.CLAIM]):
            facts.superseded_by.setdefault(older, []).append(newer)
    if Node.ANSWER in wanted:
        grounds: dict[str, list[str]] = {}
        for item_id, audience, supported, stale in rows(connection, _QUERIES["answer_facts"], wanted[Node.ANSWER]):
            _add(facts, item_id, Node.ANSWER, audience, _STATUSES[supported, supported, stale])
            grounds[item_id] = []
            facts.justifications[item_id] = [grounds[item_id]]
        for item_id, ground in rows(connection, _QUERIES["grounds"], wanted[Node.ANSWER]):
            grounds[item_id].append(ground)
    return facts


def _read_sources(facts: _Region, found: Iterable[Row]) -> None:
    for item_id, audience, taken_back, supported, current, newer in found:
        _add(facts, item_id, Node.SOURCE, audience, _STATUSES[supported, current, 0], taken_back)
        facts.justifications[item_id] = [()]
        if newer:
            facts.superseded_by[item_id] = [newer]


def _add(facts: _Region, item_id: str, node: Node, audience: str, before: Status, taken_back: int = 0) -> None:
    facts.nodes[item_id] = node
    facts.audiences[item_id] = audience
    facts.before[item_id] = before
    if taken_back:
        facts.taken_back.add(item_id)


def _justify(facts: _Region, derivations: Iterable[Row]) -> None:
    """The rows of one justification follow one another."""
    for (claim_id, _), together in groupby(derivations, key=itemgetter(0, 1)):
        facts.justifications[claim_id].append([antecedent_id for _, _, antecedent_id in together])


def _around(connection: apsw.Connection, tenant: str, facts: _Region) -> dict[str, Status]:
    """The stored flags of what the region depends on and does not hold."""
    named = {one for sets in facts.justifications.values() for together in sets for one in together}
    named |= {one for newer in facts.superseded_by.values() for one in newer}
    outside = _Region()
    where = {"tenant": tenant, "ids": json.dumps(sorted(named - facts.nodes.keys()))}
    _read_sources(outside, rows(connection, _QUERIES["source_facts"], where))
    found = outside.before
    for item_id, _, _, *flags in rows(connection, _QUERIES["passage_facts"], where):
        found[item_id] = _STATUSES[*flags, 0]
    for item_id, _, _, *flags in rows(connection, _QUERIES["claim_facts"], where):
        found[item_id] = _STATUSES[tuple(flags)]
    for item_id, _, supported, stale in rows(connection, _QUERIES["answer_facts"], where):
        found[item_id] = _STATUSES[supported, supported, stale]
    return found


def _store(connection: apsw.Connection, tenant: str, affected: Iterable[Affected], revision: int) -> None:
    """One statement for all items of one label and one outcome."""
    alike: defaultdict[tuple[Node, Status], list[str]] = defaultdict(list)
    searched: defaultdict[bool, list[str]] = defaultdict(list)
    for item in affected:
        alike[item.node, item.after].append(item.id)
        if item.node in (Node.PASSAGE, Node.CLAIM):
            searched[item.after.current].append(item.id)
    for (node, status), ids in alike.items():
        where = {"tenant": tenant, "ids": json.dumps(ids)}
        connection.execute(_QUERIES[_MARKS[node]], {**where, **status._asdict()})
    for current, ids in searched.items():
        where = {"tenant": tenant, "ids": json.dumps(ids)}
        stamp = {**where, "current": current, "revision": revision}
        connection.execute(_QUERIES["mark_search_items"], stamp)
