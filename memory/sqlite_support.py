"""The derived flags in the SQLite memory: worked out anew below some items, as one step of a write transaction.

Decides which region is looked at and that only what changed is written. The rule itself stands in `lineage/support.py`;
who calls this, and with which seeds, in `sqlite_truth.py`, `sqlite_sources.py` and `sqlite_writes.py`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

import apsw

from stemma.memory.consolidation.sqlite_showing import show
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
_FACTS = {
    Node.SOURCE: "source_facts",
    Node.PASSAGE: "passage_facts",
    Node.CLAIM: "claim_facts",
    Node.ANSWER: "answer_facts",
}
_STATUSES = [Status(bool(flags & 1), bool(flags & 2), bool(flags & 4)) for flags in range(8)]
"""By the flags as the queries put them together. One value for all items that stand alike: there may be many."""
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
    show(connection, tenant, _may_be_shown(found, affected), revision)
    return Changed(affected, found.audiences)


def _may_be_shown(found: _Region, affected: Iterable[Affected]) -> set[str]:
    """Whose being current may have changed: a source's is not stored, so any of them."""
    sources = {item_id for item_id, node in found.nodes.items() if node is Node.SOURCE}
    return sources | {item.id for item in affected if item.node is Node.CLAIM}


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
    for node, read in _READ.items():
        if node in ids:
            wanted = sorted(ids[node])
            read(facts, _Wanted(connection, {"tenant": tenant, "ids": json.dumps(wanted)}, wanted))
    return facts


class _Wanted(NamedTuple):
    """Items of one label. Their facts name them by their places in the list: so an id is one string, however often
    it is met."""

    connection: apsw.Connection
    parameters: Mapping[str, str]
    ids: Sequence[str]

    def rows(self, query: str) -> list[Row]:
        return rows(self.connection, _QUERIES[query], self.parameters)


def _read_sources(facts: _Region, wanted: _Wanted) -> None:
    found = wanted.rows("source_facts")
    _add(facts, Node.SOURCE, wanted.ids, found)
    for place, _, _, taken_back, newer in found:
        item_id = wanted.ids[place]
        facts.justifications[item_id] = [()]
        if taken_back:
            facts.taken_back.add(item_id)
        if newer:
            facts.superseded_by[item_id] = [newer]


def _read_passages(facts: _Region, wanted: _Wanted) -> None:
    found = wanted.rows("passage_facts")
    _add(facts, Node.PASSAGE, wanted.ids, found)
    facts.justifications.update((wanted.ids[place], [(source_id,)]) for place, _, _, source_id in found)


def _read_claims(facts: _Region, wanted: _Wanted) -> None:
    found = wanted.rows("claim_facts")
    _add(facts, Node.CLAIM, wanted.ids, found)
    facts.justifications.update((wanted.ids[place], []) for place, *_ in found)
    facts.taken_back.update(wanted.ids[place] for place, _, _, taken_back in found if taken_back)
    _justify(facts, wanted)
    for place, newer in wanted.rows("superseding"):
        facts.superseded_by.setdefault(wanted.ids[place], []).append(newer)


def _read_answers(facts: _Region, wanted: _Wanted) -> None:
    found = wanted.rows("answer_facts")
    _add(facts, Node.ANSWER, wanted.ids, found)
    grounds: dict[int, list[str]] = {place: [] for place, *_ in found}
    for place, ground in wanted.rows("grounds"):
        grounds[place].append(ground)
    facts.justifications.update((wanted.ids[place], [together]) for place, together in grounds.items())


_READ = {
    Node.SOURCE: _read_sources,
    Node.PASSAGE: _read_passages,
    Node.CLAIM: _read_claims,
    Node.ANSWER: _read_answers,
}


def _add(facts: _Region, node: Node, ids: Sequence[str], found: Sequence[Row]) -> None:
    """Each row begins with the item's place, its audience and its flags."""
    named = [ids[row[0]] for row in found]
    facts.nodes.update(dict.fromkeys(named, node))
    facts.audiences.update(zip(named, map(itemgetter(1), found), strict=True))
    facts.before.update(zip(named, [_STATUSES[row[2]] for row in found], strict=True))


def _justify(facts: _Region, wanted: _Wanted) -> None:
    """The rows of one justification follow one another."""
    last: tuple[int, str] | None = None
    together: list[str] = []
    for place, justification, antecedent_id in wanted.rows("justifications"):
        if (place, justification) == last:
            together.append(antecedent_id)
        else:
            together, last = [antecedent_id], (place, justification)
            facts.justifications[wanted.ids[place]].append(together)


def _around(connection: apsw.Connection, tenant: str, facts: _Region) -> dict[str, Status]:
    """The stored flags of what the region depends on and does not hold."""
    named = {one for sets in facts.justifications.values() for together in sets for one in together}
    named |= {one for newer in facts.superseded_by.values() for one in newer}
    outside = _Region()
    others = sorted(named - facts.nodes.keys())
    wanted = _Wanted(connection, {"tenant": tenant, "ids": json.dumps(others)}, others)
    for node, query in _FACTS.items():
        _add(outside, node, others, wanted.rows(query))
    return outside.before


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
