"""Another embedder takes a Neo4j database over: its vectors are made in the free slot, then one transaction switches.

Decides that a switch waits for every writer and holds off new ones, so that nothing is left without a vector, and that
what the old embedder made is removed after it. A crash in between leaves vectors that nobody uses; whatever uses their
slot next removes them first. The index of the new vectors is made ahead: Neo4j makes no index within a transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from stemma.memory.bundles import SentenceVectors
from stemma.memory.errors import EmbedderMismatch
from stemma.memory.neo4j_connection import Neo4jConnection, Row, Transaction
from stemma.memory.neo4j_dialect import Dialect, Slot
from stemma.memory.neo4j_schema import make_vector_index, serving_of, settings
from stemma.memory.neo4j_turn import Serving, Undone
from stemma.memory.ports import EmbedderIdentity, NewVectors, Unindexed
from stemma.memory.queries import load_queries
from stemma.memory.recall.sentence_blob import pack, unpack

_REINDEX = load_queries("cypher/reindex.cypher")
_CLEARED = 1_000
"""Vectors removed in one transaction."""


@dataclass(frozen=True, slots=True)
class _Takeover:
    """Whose vectors recall uses, and who is to take over (None while nobody is)."""

    slot: Slot
    identity: EmbedderIdentity | None
    next: EmbedderIdentity | None

    def by(self, heir: EmbedderIdentity) -> Row:
        """The parameters that name the new embedder and its slot."""
        return {"name": heir.name, "dimension": heir.dimension, "free": self.slot.other.value}


class Neo4jReindex:
    """The part of `MemoryGraph` that changes embedders."""

    _connection: Neo4jConnection
    _dialect: Dialect
    _serving: Serving | None
    _owner: EmbedderIdentity | None

    async def begin_reindex(self, identity: EmbedderIdentity) -> None:
        now = await self._takeover()
        if now.identity == identity:
            raise EmbedderMismatch(f"This memory is filled by {identity.name} already.", hint="stemma memory stats")
        if now.next != identity:
            await self._refuse_written(now)
            await self._clear(now.slot)
            await self._connection.run(_REINDEX["begin"], now.by(identity))
        await make_vector_index(self._connection, self._dialect, Serving(identity, now.slot.other))

    async def unindexed(self, limit: int) -> list[Unindexed]:
        now = await self._takeover()
        if now.next is None:
            return []
        rows = await self._connection.read(now.slot.into(_REINDEX["unindexed"]), {"limit": limit})
        return [
            Unindexed(row["tenant"], row["id"], row["title"], row["text"], _spans(row["sentences"])) for row in rows
        ]

    async def unindexed_count(self) -> int:
        now = await self._takeover()
        if now.next is None:
            return 0
        [row] = await self._connection.read(now.slot.into(_REINDEX["count_unindexed"]), {})
        return int(row["count"])

    async def put_vectors(self, rows: Sequence[NewVectors]) -> None:
        now = await self._takeover()
        if now.next is None or not rows:
            return
        for vector in (vector for row in rows for vector in (row.vector, *row.sentences)):
            if len(vector) != now.next.dimension:
                raise EmbedderMismatch(f"A vector of {len(vector)} numbers is none of {now.next.name}'s.")
        wanted = {(row.tenant, row.id): row for row in rows}
        ids = [{"tenant": tenant, "id": item_id} for tenant, item_id in wanted]
        found = await self._connection.read(now.slot.into(_REINDEX["sentences"]), {"rows": ids})
        stored = [_row(each, wanted[each["tenant"], each["id"]]) for each in found]
        await self._connection.run(now.slot.into(_REINDEX["put"]), {**now.by(now.next), "rows": stored})

    async def finish_reindex(self) -> bool:
        now = await self._takeover()
        if now.next is None:
            return False

        async def work(tx: Transaction) -> None:
            mark = {"turn": uuid4().hex}
            await (await tx.run(_REINDEX["lock_embedder"], mark)).consume()
            await (await tx.run(_REINDEX["lock_tenants"], mark)).consume()
            [row] = await (await tx.run(now.slot.into(_REINDEX["left"]))).data()
            if row["left"]:
                raise Undone
            await (await tx.run(_REINDEX["switch"])).consume()

        try:
            await self._connection.write(work)
        except Undone:
            return False
        self._serving, self._owner = Serving(now.next, now.slot.other), now.next
        await self._clear(now.slot.other)
        return True

    async def abandon_reindex(self) -> None:
        now = await self._takeover()
        await self._connection.run(_REINDEX["abandon"], {})
        await self._clear(now.slot)

    async def _takeover(self) -> _Takeover:
        known = await settings(self._connection)
        owner, heir = serving_of(known.get("embedder")), serving_of(known.get("reindex"))
        identity = owner.identity if owner else None
        return _Takeover(owner.slot if owner else Slot.A, identity, heir.identity if heir else None)

    async def _refuse_written(self, now: _Takeover) -> None:
        if now.next is None:
            return
        [row] = await self._connection.read(now.slot.into(_REINDEX["written"]), {})
        if row["written"]:
            raise EmbedderMismatch(
                f"{now.next.name} is taking this memory over already.", hint="stemma memory reindex --abandon"
            )

    async def _clear(self, slot: Slot) -> None:
        """Remove the index and the vectors of the slot that is not `slot`."""
        await self._connection.run(slot.into(_REINDEX["drop_index"]), {})
        gone = _CLEARED
        while gone == _CLEARED:
            [row] = await self._connection.run(slot.into(_REINDEX["clear"]), {"most": _CLEARED})
            gone = row["gone"]


def _spans(blob: bytes | None) -> Sequence[tuple[int, int]]:
    return unpack(blob).spans if blob else ()


def _row(found: Row, new: NewVectors) -> Row:
    spans = _spans(found["sentences"])
    sentences = pack(SentenceVectors(spans, new.sentences)) if spans else None
    return {"tenant": new.tenant, "id": new.id, "vector": list(new.vector), "sentences": sentences}
