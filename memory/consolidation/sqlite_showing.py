"""What is hidden in the SQLite memory: worked out anew for the groups of some items, as a step of a write transaction.

Decides which groups are looked at and that only what changed is written. The rule stands in `standing.py`; a write that
changes what is current calls this (`sqlite_support.py`), and so does consolidation itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

import apsw

from stemma.memory.consolidation.model import DemotionRule, Precedence, precedence
from stemma.memory.consolidation.standing import hidden
from stemma.memory.model import Node
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import rows

_QUERIES = load_queries("sql/consolidation.sql")
Edges = Mapping[tuple[str, str], bool]
"""Pairs of a duplicate and what it says the same as -> whether the duplicate is hidden, as it is stored."""


def show(connection: apsw.Connection, tenant: str, ids: Collection[str], revision: int) -> None:
    """Work out what is hidden of everything that says the same as these items, and store and stamp what changed."""
    if not ids or not rows(connection, _QUERIES["any_duplicates"], {"tenant": tenant}):
        return
    edges = edges_around(connection, tenant, ids)
    settle(connection, tenant, edges, edges, revision)


def settle(
    connection: apsw.Connection, tenant: str, before: Edges, now: Collection[tuple[str, str]], revision: int
) -> None:
    """The same for whole groups whose edges are known: those that there were, and those that are left."""
    places, current, nodes = standing(connection, tenant, {one for pair in (*before, *now) for one in pair})
    was = {item_id for (item_id, _), is_hidden in before.items() if is_hidden}
    becomes = hidden(now, places, current).keys()
    _store(connection, tenant, nodes, becomes - was, was - becomes, revision)


def edges_around(connection: apsw.Connection, tenant: str, ids: Iterable[str]) -> dict[tuple[str, str], bool]:
    """All edges of the groups that these items belong to."""
    found: dict[tuple[str, str], bool] = {}
    known: set[str] = set()
    wanted = set(ids)
    while wanted:
        known |= wanted
        some = rows(connection, _QUERIES["beside"], _which(tenant, wanted))
        found |= {(one, other): bool(is_hidden) for one, other, is_hidden in some}
        wanted = {item_id for one, other, _ in some for item_id in (one, other)} - known
    return found


def shown_for(connection: apsw.Connection, tenant: str, edges: Edges) -> dict[str, str]:
    """The hidden items of some groups, each with what is shown in its place."""
    places, current, _ = standing(connection, tenant, {one for pair in edges for one in pair})
    return hidden(edges, places, current)


def promote(connection: apsw.Connection, tenant: str, used: Iterable[str]) -> None:
    """End the demotion of what a new answer uses or states."""
    connection.execute(_QUERIES["promote"], _which(tenant, used))


def also_said(connection: apsw.Connection, tenant: str, ids: Collection[str]) -> dict[str, int]:
    """By source or claim, how many hidden ones it is shown for; only where there are any."""
    edges = edges_around(connection, tenant, ids)
    counts = Counter(shown_for(connection, tenant, edges).values()) if edges else {}
    return {item_id: counts[item_id] for item_id in ids if item_id in counts}


def demoted_by(connection: apsw.Connection, tenant: str, ids: Iterable[str]) -> dict[str, tuple[DemotionRule, ...]]:
    """By source or claim, the rules by which it is recalled below the rest; only where there are any."""
    found: dict[str, tuple[DemotionRule, ...]] = {}
    for item_id, rule in rows(connection, _QUERIES["demoted"], _which(tenant, ids)):
        found[item_id] = (*found.get(item_id, ()), DemotionRule(rule))
    return found


def standing(
    connection: apsw.Connection, tenant: str, ids: Iterable[str]
) -> tuple[dict[str, Precedence], set[str], dict[str, Node]]:
    """Of sources and claims: which goes before which, what is current, and what each is."""
    places: dict[str, Precedence] = {}
    current: set[str] = set()
    nodes: dict[str, Node] = {}
    for item_id, label, searched, weight, came_at, is_current in rows(
        connection, _QUERIES["standing"], _which(tenant, ids)
    ):
        places[item_id] = precedence(searched=bool(searched), weight=weight, came_at=came_at, item_id=item_id)
        nodes[item_id] = Node(label)
        if is_current:
            current.add(item_id)
    return places, current, nodes


def _store(
    connection: apsw.Connection,
    tenant: str,
    nodes: Mapping[str, Node],
    gone: Collection[str],
    back: Collection[str],
    revision: int,
) -> None:
    for is_hidden, ids in ((True, gone), (False, back)):
        if not ids:
            continue
        connection.execute(_QUERIES["hide"], {**_which(tenant, ids), "hidden": is_hidden})
        for node, query in ((Node.SOURCE, "hide_passages"), (Node.CLAIM, "hide_claims")):
            own = _which(tenant, (one for one in ids if nodes.get(one) is node))
            connection.execute(_QUERIES[query], {**own, "hidden": is_hidden, "revision": revision})


def _which(tenant: str, ids: Iterable[str]) -> dict[str, str]:
    return {"tenant": tenant, "ids": json.dumps(sorted(ids))}
