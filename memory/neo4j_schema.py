"""What a Neo4j database must be before memory uses it: new enough, with our keys and indexes, of one embedder.

Decides the oldest server and the schema's version, and refuses a database that a newer Stemma made. Older servers
(5.26 LTS) have no filters inside the vector index; they come with a query file of their own later.
"""

from __future__ import annotations

import re
from typing import Any

from neo4j.exceptions import ClientError

from stemma.memory.errors import EmbedderMismatch, MemoryTooNew, MemoryTooOld
from stemma.memory.neo4j_connection import Neo4jConnection
from stemma.memory.ports import EmbedderIdentity
from stemma.memory.queries import load_queries

OLDEST = (2026, 8)
SCHEMA_VERSION = 1
AWAIT_SECONDS = 120

_SCHEMA = load_queries("cypher/schema.cypher")
_STORE = load_queries("cypher/store.cypher")


async def prepare(connection: Neo4jConnection) -> EmbedderIdentity | None:
    """Check the server and the schema's version, make what is missing; returns the embedder that filled the store.

    Raises `MemoryTooOld`, `MemoryTooNew`.
    """
    [server] = await connection.read(_STORE["server"], {})
    refuse_old(server["version"])
    known = await _settings(connection)
    version = known.get("schema", {}).get("version") or 0
    if version > SCHEMA_VERSION:
        raise MemoryTooNew(
            f"The memory at {connection.url} has schema {version}; this Stemma knows {SCHEMA_VERSION}.",
            hint="pip install --upgrade stemma-agents",
        )
    if version < SCHEMA_VERSION:
        for query in _SCHEMA.values():
            await _make(connection, query, {})
        await connection.run(_STORE["await_indexes"], {"seconds": AWAIT_SECONDS})
        await connection.run(_STORE["settle_schema"], {"version": SCHEMA_VERSION})
    return _identity(known.get("embedder"))


def refuse_old(version: str) -> None:
    """Raises `MemoryTooOld` for a server before `OLDEST`. A version is "2026.08.1" or "5.26.25"."""
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers < OLDEST:
        raise MemoryTooOld(
            f"Neo4j {version} is too old: memory needs 2026.08 or newer (support for 5.26 LTS is planned).",
            hint="upgrade the server, or run one here: stemma neo4j start",
        )


async def embedder(connection: Neo4jConnection) -> EmbedderIdentity | None:
    """Which embedder filled the database."""
    return _identity((await _settings(connection)).get("embedder"))


async def settle_embedder(connection: Neo4jConnection, identity: EmbedderIdentity) -> None:
    """Claim the database for one embedder and build its vector index. Raises `EmbedderMismatch`."""
    claim = {"name": identity.name, "dimension": identity.dimension}
    [owner] = await connection.run(_STORE["settle_embedder"], claim)
    if owner != claim:
        raise EmbedderMismatch(
            f"This memory was filled by {owner['name']} ({owner['dimension']}), not by {identity.name} "
            f"({identity.dimension}).",
            hint=f"MEMORY_EMBEDDER={owner['name']}, or another MEMORY_DATABASE",
        )
    index = {
        "vector.dimensions": identity.dimension,
        "vector.similarity_function": "cosine",
        "vector.quantization.enabled": False,
    }
    await _make(connection, _STORE["vectors"], {"options": {"indexConfig": index}})
    await connection.run(_STORE["await_indexes"], {"seconds": AWAIT_SECONDS})


async def _settings(connection: Neo4jConnection) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in await connection.read(_STORE["settings"], {})}


def _identity(row: dict[str, Any] | None) -> EmbedderIdentity | None:
    return EmbedderIdentity(row["name"], row["dimension"]) if row else None


async def _make(connection: Neo4jConnection, query: str, parameters: dict[str, Any]) -> None:
    try:
        await connection.run(query, parameters)
    except ClientError as error:
        # Another process made the same one between this one's look and its write: IF NOT EXISTS does not cover that.
        if not (error.code or "").endswith(("EquivalentSchemaRuleAlreadyExists", "ConstraintAlreadyExists")):
            raise
