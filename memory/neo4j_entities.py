"""Writing entities to Neo4j: those that are new are made, and what is known only gains aliases.

Decides that an entity is looked up before it is made: a writer is alone in its turn, so it needs no `MERGE`, which
takes a lock for every entity it looks at. Nearly all are known, and of those nothing but new aliases is sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from stemma.memory.model import Entity
from stemma.memory.neo4j_rows import entity_row
from stemma.memory.neo4j_turn import IDS, Turn
from stemma.memory.queries import load_queries

_ENTITIES = load_queries("cypher/entities.cypher")


async def put_entities(turn: Turn, entities: Iterable[Entity]) -> int:
    """Store those that are new; one that is there stays as it is and gains the aliases that it lacks.

    Says how many were new.
    """
    found = merged(entities)
    known = await _known(turn, sorted(found))
    new = [entity_row(one) for one in found.values() if one.id not in known]
    await turn.put(_ENTITIES, "put_entities", new)
    called = [entity_row(one) for one in found.values() if one.aliases and one.id in known]
    await turn.put(_ENTITIES, "put_aliases", called)
    return len(new)


async def _known(turn: Turn, ids: list[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(ids), IDS):
        [row] = await turn.rows(_ENTITIES, "known_entities", ids=ids[start : start + IDS])
        known.update(row["ids"])
    return known


def merged(entities: Iterable[Entity]) -> dict[str, Entity]:
    """By id: each entity once, with the aliases of all of that id."""
    found: dict[str, Entity] = {}
    for entity in entities:
        known = found.setdefault(entity.id, entity)
        if new := [alias for alias in entity.aliases if alias not in known.aliases]:
            found[entity.id] = replace(known, aliases=(*known.aliases, *new))
    return found
