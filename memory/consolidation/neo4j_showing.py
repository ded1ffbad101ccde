"""What is hidden in Neo4j: worked out anew for the groups of some items, within a turn.

Decides which groups are looked at and that only what changed is written. The rule stands in `standing.py`; what changes
flags calls this (`neo4j_flags.py`), and so does consolidation itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from stemma.memory.consolidation.model import Precedence, precedence
from stemma.memory.consolidation.standing import hidden
from stemma.memory.neo4j_turn import Turn
from stemma.memory.queries import load_queries

QUERIES = load_queries("cypher/consolidation.cypher")
Edges = Collection[tuple[str, str]]
Ask = Callable[[str, list[str]], Awaitable[list[list[Any]]]]
"""The rows of a query of consolidation.cypher for some ids: in a turn, or in a read."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Sources and claims: which goes before which, what is current, and how each is shown as it is stored."""

    places: dict[str, Precedence]
    current: set[str]
    hidden: set[str]
    stands_for: dict[str, int]


async def show(turn: Turn, ids: Collection[str]) -> None:
    """Work out how everything is shown that says the same as these items, and write down what changed."""
    if ids:
        ask = in_turn(turn)
        edges = await edges_around(ask, ids)
        await settle(turn, edges, ids)


async def settle(turn: Turn, edges: Edges, ids: Collection[str]) -> None:
    """The same for all edges that the groups of some items have: some of the items may be in none any more."""
    ask = in_turn(turn)
    now = await standing(ask, {*ids, *(one for pair in edges for one in pair)})
    gone = hidden(edges, now.places, now.current)
    counts = Counter(gone.values())
    changed = [
        {
            "id": one,
            "hidden": one in gone or None,
            "stands_for": counts.get(one),
            "moves": (one in gone) != (one in now.hidden),
        }
        for one in sorted(now.places)
        if (one in gone, counts.get(one)) != (one in now.hidden, now.stands_for.get(one))
    ]
    await turn.put(QUERIES, "show", changed)


async def edges_around(ask: Ask, ids: Iterable[str]) -> set[tuple[str, str]]:
    """All edges of the groups that these items belong to."""
    found: set[tuple[str, str]] = set()
    known: set[str] = set()
    wanted = set(ids)
    while wanted:
        known |= wanted
        some = [(one, other) for one, other in await ask("beside", sorted(wanted))]
        found |= set(some)
        wanted = {item_id for pair in some for item_id in pair} - known
    return found


async def standing(ask: Ask, ids: Iterable[str]) -> Standing:
    """How these sources and claims stand."""
    found = Standing({}, set(), set(), {})
    for item_id, searched, weight, came_at, is_current, is_hidden, stands_for in await ask("standing", sorted(ids)):
        found.places[item_id] = precedence(searched=searched, weight=weight, came_at=came_at, item_id=item_id)
        if is_current:
            found.current.add(item_id)
        if is_hidden:
            found.hidden.add(item_id)
        if stands_for:
            found.stands_for[item_id] = stands_for
    return found


def in_turn(turn: Turn) -> Ask:
    """Asking within a turn."""

    async def ask(query: str, ids: list[str]) -> list[list[Any]]:
        [found] = await turn.rows(QUERIES, query, ids=ids)
        return list(found["rows"])

    return ask
