"""The region of lineage below some items in the SQLite memory: everything whose flags may follow from theirs.

Decides how it is found: level by level, each level in the order of ids, so that a large region is read along the
indexes and not across them. Its facts are read in `sqlite_support.py`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping

import apsw

from stemma.memory.model import Node
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import rows

_QUERIES = load_queries("sql/support.sql")
_BELOW = {
    Node.SOURCE: "below_sources",
    Node.PASSAGE: "below_passages",
    Node.CLAIM: "below_claims",
    Node.ANSWER: "below_answers",
}
_LABELS = {node.value: node for node in _BELOW}

Seeds = Iterable[tuple[str, Node]]


def region(connection: apsw.Connection, tenant: str, seeds: Seeds) -> Mapping[Node, set[str]]:
    """The ids of the seeds and of all that depends on them, by label. Closed downstream, as `Facts` asks for."""
    level: defaultdict[Node, set[str]] = defaultdict(set)
    for item_id, node in seeds:
        level[node].add(item_id)
    if Node.SOURCE in level:
        replaced = rows(connection, _QUERIES["replaced_by"], _which(tenant, level[Node.SOURCE]))
        level[Node.SOURCE] |= {item_id for (item_id,) in replaced}
    found = {node: set(ids) for node, ids in level.items()}
    while level:
        below: defaultdict[Node, set[str]] = defaultdict(set)
        for node, ids in level.items():
            for item_id, label in rows(connection, _QUERIES[_BELOW[node]], _which(tenant, ids)):
                below[_LABELS[label]].add(item_id)
        level = defaultdict(set)
        for node, ids in below.items():
            known = found.setdefault(node, set())
            if new := ids - known:
                known |= new
                level[node] = new
    return found


def _which(tenant: str, ids: Iterable[str]) -> dict[str, str]:
    return {"tenant": tenant, "ids": json.dumps(sorted(ids))}
