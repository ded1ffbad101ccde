"""What contradicts the hits of a recall, in the SQLite memory: one look for all of them, in the look that fetches them.

Decides that a memory without contradictions pays one look-up for that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import apsw

from stemma.memory.model import Scope
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import rows

_QUERIES = load_queries("sql/contradictions.sql")


def contradicted(connection: apsw.Connection, scope: Scope, ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """By passage or claim: the current claims that contradict it; what nothing contradicts is left out."""
    own = {"tenant": scope.tenant, "audiences": json.dumps(scope.audiences())}
    if not rows(connection, _QUERIES["has_conflicts"], own)[0][0]:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for item_id, claim_id in rows(connection, _QUERIES["contradicted"], {**own, "ids": json.dumps(list(ids))}):
        found[item_id] = (*found.get(item_id, ()), claim_id)
    return found
