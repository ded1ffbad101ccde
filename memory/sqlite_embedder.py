"""Which embedder filled the SQLite memory, and whether vectors fit to it, as functions on a connection.

Decides that the store's embedder is looked up in the transaction that reads or writes vectors: another process may have
changed it since (`sqlite_reindex.py`).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

import apsw

from stemma.memory.errors import EmbedderMismatch
from stemma.memory.ports import EmbedderIdentity
from stemma.memory.queries import load_queries
from stemma.memory.sqlite_database import rows

_WRITE = load_queries("sql/write.sql")


def packed(vector: Sequence[float]) -> bytes:
    """A vector as it is stored: 32-bit floats."""
    return array("f", vector).tobytes()


def read_embedder(connection: apsw.Connection, prefix: str = "") -> EmbedderIdentity | None:
    """Who filled the store, or, with the prefix "next_", who is to fill it."""
    found = {
        name: value
        for name in ("embedder", "dimension")
        for (value,) in rows(connection, _WRITE["read_setting"], {"name": prefix + name})
    }
    return EmbedderIdentity(found["embedder"], int(found["dimension"])) if found else None


def write_embedder(connection: apsw.Connection, identity: EmbedderIdentity, prefix: str = "") -> None:
    """Settle who filled the store, or, with the prefix "next_", who is to fill it."""
    connection.execute(_WRITE["write_setting"], {"name": f"{prefix}embedder", "value": identity.name})
    connection.execute(_WRITE["write_setting"], {"name": f"{prefix}dimension", "value": str(identity.dimension)})


def claim_embedder(connection: apsw.Connection, identity: EmbedderIdentity) -> None:
    """Settle the embedder. Raises `EmbedderMismatch`."""
    known = read_embedder(connection)
    if known is None:
        write_embedder(connection, identity)
    elif known != identity:
        raise filled_by_another(known, identity)


def check_vectors(
    connection: apsw.Connection, vectors: Iterable[Sequence[float]], claimed: EmbedderIdentity | None
) -> None:
    """Raise `EmbedderMismatch` unless the vectors have the store's size, and the store is still as it was claimed."""
    identity = read_embedder(connection)
    if identity and claimed and identity != claimed:
        raise filled_by_another(identity, claimed)
    check_sizes(vectors, identity.dimension if identity else 0)


def check_sizes(vectors: Iterable[Sequence[float]], dimension: int) -> None:
    """Raise `EmbedderMismatch` unless every vector has this size."""
    for vector in vectors:
        if len(vector) != dimension:
            raise EmbedderMismatch(f"a vector of {len(vector)} numbers does not fit a memory of {dimension}")


def filled_by_another(known: EmbedderIdentity, asked: EmbedderIdentity) -> EmbedderMismatch:
    return EmbedderMismatch(
        f"this memory was filled by the embedder {known.name!r} ({known.dimension} numbers a vector), "
        f"not by {asked.name!r} ({asked.dimension})",
        hint=f"set MEMORY_EMBEDDER={known.name}, or point MEMORY_URL at another memory, or stemma memory reindex",
    )
