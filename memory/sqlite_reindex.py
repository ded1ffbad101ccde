"""Another embedder takes over an SQLite memory: vectors are made beside the old ones and switched in one transaction.

Decides that recall uses the old vectors until the last item has a new one, and that what was made so far outlives the
process that made it. It embeds nothing: who asks for `unindexed` items does.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import apsw

from stemma.memory.bundles import SentenceVectors
from stemma.memory.errors import EmbedderMismatch
from stemma.memory.ports import EmbedderIdentity, NewVectors, Unindexed
from stemma.memory.queries import load_queries
from stemma.memory.recall.sentence_blob import pack, unpack
from stemma.memory.sqlite_database import SqliteDatabase, rows
from stemma.memory.sqlite_embedder import check_sizes, packed, read_embedder, write_embedder

_QUERIES = load_queries("sql/reindex.sql")
_NEXT = "next_"


class SqliteReindexing:
    """The part of `MemoryGraph` that changes the embedder."""

    _database: SqliteDatabase
    _claimed: EmbedderIdentity | None

    async def begin_reindex(self, identity: EmbedderIdentity) -> None:
        await self._database.write(partial(_begin, identity=identity))

    async def unindexed(self, limit: int) -> list[Unindexed]:
        return await self._database.read(partial(_unindexed, limit=limit))

    async def unindexed_count(self) -> int:
        def count(connection: apsw.Connection) -> int:
            begun = read_embedder(connection, _NEXT) is not None
            return int(rows(connection, _QUERIES["count_unindexed"])[0][0]) if begun else 0

        return await self._database.read(count)

    async def put_vectors(self, rows: Sequence[NewVectors]) -> None:
        await self._database.write(partial(_put, made=rows))

    async def finish_reindex(self) -> bool:
        identity = await self._database.write(_finish)
        self._claimed = identity or self._claimed
        return identity is not None

    async def abandon_reindex(self) -> None:
        await self._database.write(_abandon)


def _begin(connection: apsw.Connection, identity: EmbedderIdentity) -> None:
    if read_embedder(connection) == identity:
        raise EmbedderMismatch(f"this memory is filled by the embedder {identity.name!r} already")
    known = read_embedder(connection, _NEXT)
    if known == identity:
        return
    if known and rows(connection, _QUERIES["any_next"])[0][0]:
        raise EmbedderMismatch(
            f"this memory is being filled anew by the embedder {known.name!r} already",
            hint="go on with that one, or stemma memory reindex --abandon",
        )
    connection.execute(_QUERIES["forget_next"])
    write_embedder(connection, identity, _NEXT)


def _unindexed(connection: apsw.Connection, limit: int) -> list[Unindexed]:
    if read_embedder(connection, _NEXT) is None:
        return []
    return [
        Unindexed(tenant, item_id, title, text, unpack(vectors).spans if vectors is not None else ())
        for tenant, item_id, title, text, vectors in rows(connection, _QUERIES["unindexed"], {"limit": limit})
    ]


def _put(connection: apsw.Connection, made: Sequence[NewVectors]) -> None:
    identity = read_embedder(connection, _NEXT)
    if identity is None:
        return
    for item in made:
        check_sizes([item.vector, *item.sentences], identity.dimension)
        for number, old in rows(connection, _QUERIES["numbered"], {"tenant": item.tenant, "id": item.id}):
            sentences = pack(SentenceVectors(unpack(old).spans, item.sentences)) if old is not None else None
            values = {"n": number, "embedding": packed(item.vector), "sentences": sentences}
            connection.execute(_QUERIES["put_next"], values)


def _finish(connection: apsw.Connection) -> EmbedderIdentity | None:
    """The embedder that has taken over; None when it cannot yet."""
    identity = read_embedder(connection, _NEXT)
    if identity is None or rows(connection, _QUERIES["unindexed"], {"limit": 1}):
        return None
    connection.execute(_QUERIES["drop_vectors"])
    for query in ("fill_vectors", "fill_sentences", "raise_all_erasures"):
        connection.execute(_QUERIES[query])
    write_embedder(connection, identity)
    _abandon(connection)
    return identity


def _abandon(connection: apsw.Connection) -> None:
    connection.execute(_QUERIES["drop_next"])
    connection.execute(_QUERIES["forget_next"])
