"""What passages and claims of the SQLite memory mention, as functions on a connection inside one write transaction.

Decides how mentions are kept: in their item's row, and for claims that are to be found by an entity also the way back.
It does not decide who mentions what.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from operator import attrgetter
from typing import Any

import apsw

from stemma.memory.model import Mention, Scope
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import rows

_QUERIES = load_queries("sql/mentions.sql")


def places_of(mentions: Iterable[Mention]) -> dict[str, str]:
    """By item, what its row keeps: a JSON list of [entity id, first, last], each entity once at a place."""
    found: defaultdict[str, dict[tuple[str, int], int]] = defaultdict(dict)
    for one in mentions:
        found[one.item_id].setdefault((one.entity_id, one.start), one.end)
    return {
        item_id: json.dumps([(entity, start, end) for (entity, start), end in places.items()])
        for item_id, places in found.items()
    }


def add_mentions(
    connection: apsw.Connection,
    scope: Scope,
    mentions: Iterable[Mention],
    told: Iterable[tuple[str, str]],
    known: Collection[str],
) -> None:
    """Claims of a scope mention entities. `told` are the pairs of an entity and a claim that is to be found by it
    (`contradictions.pairs.told_pairs`); new claims were stored with what they mention, the `known` ones gain it."""
    _add_pairs(connection, scope.tenant, scope.audience, told)
    places = [
        {"tenant": scope.tenant, "item_id": item_id, "entity_id": entity_id, "first": start, "last": end}
        for item_id, entity_id, start, end in map(attrgetter("item_id", "entity_id", "start", "end"), mentions)
        if item_id in known
    ]
    connection.executemany(_QUERIES["add_to_claim"], places)


def put_mention(connection: apsw.Connection, tenant: str, row: Mapping[str, Any]) -> bool:
    """Store one mention of a passage or claim that is there; whether it is new. Raises `ValueError` for a place that is
    no number."""
    values = {"tenant": tenant, **row, "first": int(row["first"]), "last": int(row["last"])}
    connection.execute(_QUERIES["add_to_passage"], values)
    if connection.changes():
        return True
    connection.execute(_QUERIES["add_to_claim"], values)
    if not connection.changes():
        return False
    _add_pairs(connection, tenant, row["audience"], [(row["entity_id"], row["item_id"])])
    return True


def names_of(connection: apsw.Connection, tenant: str, entity_ids: Iterable[str]) -> dict[str, str]:
    """By id, what entities are called."""
    ids = json.dumps(sorted(set(entity_ids)))
    return dict(rows(connection, _QUERIES["names_of_entities"], {"tenant": tenant, "ids": ids}))


def _add_pairs(connection: apsw.Connection, tenant: str, audience: str, pairs: Iterable[tuple[str, str]]) -> None:
    """(entity, claim): in the order of the key, so that neighbours are written together."""
    where = {"tenant": tenant, "audience": audience, "pairs": json.dumps(sorted(pairs))}
    connection.execute(_QUERIES["add_claim_entities"], where)
