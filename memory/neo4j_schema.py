"""What a Neo4j database must be before memory uses it: new enough, with our keys and indexes, of one embedder.

Decides the schema's version, and refuses a database that a newer Stemma made, or one from before the first release.
Which servers there are is `neo4j_dialect.py`'s.
"""

from __future__ import annotations

from typing import Any

from neo4j.exceptions import ClientError

from stemma.memory.errors import EmbedderMismatch, MemoryCorrupt, MemoryTooNew
from stemma.memory.neo4j_connection import Neo4jConnection
from stemma.memory.neo4j_dialect import Dialect, Slot, dialect_of
from stemma.memory.neo4j_turn import Serving
from stemma.memory.ports import EmbedderIdentity
from stemma.memory.queries import load_queries

SCHEMA_VERSION = 5
OLDEST = 2
"""From here on a database becomes a current one by what is missing being made: keys, indexes and marks."""
AWAIT_SECONDS = 120
_NEIGHBOURS, _CONSIDERED = 12, 24
"""Of each vector in its index, and candidates for them while it is put in. With the server's own 16 and 100 an index is
built by three times as many comparisons, and recall, which asks for a hundred nearest, finds hardly more."""

_SCHEMA = load_queries("cypher/schema.cypher")
_STORE = load_queries("cypher/store.cypher")


async def prepare(connection: Neo4jConnection) -> tuple[Dialect, Serving | None]:
    """Check the server and the schema's version, make what is missing; returns how to ask it, and what fills it.

    Raises `MemoryTooOld`, `MemoryTooNew`, `MemoryCorrupt`.
    """
    [server] = await connection.read(_STORE["server"], {})
    dialect = dialect_of(server["version"])
    known = await settings(connection)
    version = known.get("schema", {}).get("version") or 0
    if version > SCHEMA_VERSION:
        raise MemoryTooNew(
            f"The memory at {connection.url} has schema {version}; this Stemma knows {SCHEMA_VERSION}.",
            hint="pip install --upgrade stemma-agents",
        )
    if 0 < version < OLDEST:
        raise MemoryCorrupt(
            f"The memory at {connection.url} has schema {version}, of before the first release; this Stemma knows "
            f"{SCHEMA_VERSION} and does not convert it.",
            hint="ingest again into an empty database: stemma neo4j start --folder NEW, then set MEMORY_URL",
        )
    if version < SCHEMA_VERSION:
        for query in _SCHEMA.values():
            await _make(connection, query, {})
        await connection.run(_STORE["await_indexes"], {"seconds": AWAIT_SECONDS})
        await connection.run(_STORE["settle_schema"], {"version": SCHEMA_VERSION})
    return dialect, serving_of(known.get("embedder"))


async def serving(connection: Neo4jConnection) -> Serving | None:
    """Which embedder filled the database, and where its vectors are."""
    return serving_of((await settings(connection)).get("embedder"))


async def settle_embedder(connection: Neo4jConnection, dialect: Dialect, identity: EmbedderIdentity) -> Serving:
    """Claim the database for one embedder and build its vector index. Raises `EmbedderMismatch`."""
    claim = {"name": identity.name, "dimension": identity.dimension}
    [row] = await connection.run(_STORE["settle_embedder"], claim)
    owner = Serving(EmbedderIdentity(row["name"], row["dimension"]), Slot(row["slot"]))
    if owner.identity != identity:
        raise EmbedderMismatch(
            f"This memory was filled by {owner.identity.name} ({owner.identity.dimension}), not by {identity.name} "
            f"({identity.dimension}).",
            hint=f"set MEMORY_EMBEDDER={owner.identity.name}, or stemma memory reindex",
        )
    await make_vector_index(connection, dialect, owner)
    return owner


async def make_vector_index(connection: Neo4jConnection, dialect: Dialect, whose: Serving) -> None:
    """Build the vector index of one slot, if it is not there, and wait until it answers."""
    index = {
        "vector.dimensions": whose.identity.dimension,
        "vector.similarity_function": "cosine",
        "vector.quantization.enabled": False,
        "vector.hnsw.m": _NEIGHBOURS,
        "vector.hnsw.ef_construction": _CONSIDERED,
    }
    await _make(connection, whose.slot.into(dialect.vectors["index"]), {"options": {"indexConfig": index}})
    await connection.run(_STORE["await_indexes"], {"seconds": AWAIT_SECONDS})


async def settings(connection: Neo4jConnection) -> dict[str, dict[str, Any]]:
    """Every stored fact about the whole database."""
    return {row["key"]: row for row in await connection.read(_STORE["settings"], {})}


def serving_of(row: dict[str, Any] | None) -> Serving | None:
    """A stored fact about an embedder; None where there is none."""
    return Serving(EmbedderIdentity(row["name"], row["dimension"]), Slot(row["slot"])) if row and row["name"] else None


async def _make(connection: Neo4jConnection, query: str, parameters: dict[str, Any]) -> None:
    try:
        await connection.run(query, parameters)
    except ClientError as error:
        # Another process made the same one between this one's look and its write: IF NOT EXISTS does not cover that.
        if not (error.code or "").endswith(("EquivalentSchemaRuleAlreadyExists", "ConstraintAlreadyExists")):
            raise
