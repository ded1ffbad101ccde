"""Erasing from Neo4j: what a scope may erase, some of it in each transaction.

Decides the order (relations between wider items first) and how much one transaction removes.
"""

from __future__ import annotations

from stemma.memory.model import Scope
from stemma.memory.neo4j_mentions import WRITE
from stemma.memory.neo4j_turn import Turn
from stemma.memory.queries import load_queries

ERASED = 1_000
"""Things removed in one transaction: a tenant's all at once would not fit into the server's memory."""
_CHANGES = load_queries("cypher/changes.cypher")


async def erase_some(turn: Turn, scope: Scope) -> int:
    """Remove some of what the scope may erase (at most `ERASED`), relations first; 0 when nothing is left.

    What rests on it is narrower still, so no flag changes.
    """
    await turn.rows(_CHANGES, "count_erasure")
    known = await turn.rows(WRITE, "audiences")
    within = [row["audience"] for row in known if scope.owns(row["audience"])]
    for name in ("erase_relations", "erase_items"):
        [row] = await turn.rows(WRITE, name, audiences=within, most=ERASED)
        if row["gone"]:
            return int(row["gone"])
    return 0
