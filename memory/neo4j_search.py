"""The two searches in Neo4j, and whose vectors they use.

Decides how a search never comes short: the indexes hold what was taken back, and on 5.26 the vector index every tenant,
so more is asked for while too little of it is the scope's to recall. What the vector index gives is never taken for all
there is: a search that it leaves short looks at everything, without it. It refuses vectors of another embedder than the
one that filled the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from neo4j.exceptions import ClientError

from stemma.memory.errors import EmbedderMismatch
from stemma.memory.model import Scope, Scored
from stemma.memory.neo4j_connection import Neo4jConnection
from stemma.memory.neo4j_dialect import Dialect, Slot
from stemma.memory.neo4j_rows import Row, text_query
from stemma.memory.neo4j_schema import serving, settle_embedder
from stemma.memory.neo4j_turn import Serving
from stemma.memory.neo4j_values import scored
from stemma.memory.ports import EmbedderIdentity
from stemma.memory.queries import load_queries

_SEARCH = load_queries("cypher/search.cypher")
_MORE = 8
"""So many times more is asked of the full-text index each time it came short."""


class Neo4jSearch:
    """The searching part of `MemoryGraph`, and the embedder that it needs to know."""

    _connection: Neo4jConnection
    _dialect: Dialect
    _serving: Serving | None = None
    """Whose vectors this process reads and writes, as it last settled."""
    _owner: EmbedderIdentity | None = None
    """Who fills the database, as this process last saw: another one, when a reindexing elsewhere was finished."""

    async def embedder(self) -> EmbedderIdentity | None:
        if self._serving is None:
            self._serving = await serving(self._connection)
            self._owner = self._serving.identity if self._serving else None
        return self._owner

    async def claim_embedder(self, identity: EmbedderIdentity) -> None:
        if self._serving is None or not self._serving.identity == self._owner == identity:
            self._serving = await settle_embedder(self._connection, self._dialect, identity)
            self._owner = identity

    async def search_text(self, scope: Scope, terms: Sequence[str], k: int) -> list[Scored]:
        query = text_query(scope, terms)
        if not query or k < 1:
            return []
        fetch = k + max(16, k // 4)
        while True:
            parameters = {"tenant": scope.tenant, "query": query, "fetch": fetch, "k": k}
            [found] = await self._connection.read(_SEARCH["text"], parameters)
            if len(found["rows"]) >= k or found["seen"] < fetch:
                return [scored(row) for row in found["rows"]]
            fetch *= _MORE

    async def search_vector(self, scope: Scope, vector: Sequence[float], k: int) -> list[Scored]:
        if await self.embedder() is None:
            return []
        await self._check_vectors([vector])
        if not any(vector) or k < 1:
            return []
        rows = await self._nearest(scope, list(vector), k)
        # Neo4j's cosine score is (1 + cos) / 2.
        return [replace(found, score=2 * found.score - 1) for found in map(scored, rows)]

    async def _nearest(self, scope: Scope, vector: list[float], k: int) -> list[Row]:
        parameters = {"tenant": scope.tenant, "audiences": list(scope.audiences()), "vector": vector, "k": k}
        slot = self._serving.slot if self._serving else Slot.A
        for factor in self._dialect.overfetch:
            fetch = max(int(k * factor), k + 16)
            found = await self._ask_index(slot, {**parameters, "fetch": fetch})
            if len(found["rows"]) >= k:
                return list(found["rows"])
            # It gives fewer than it has: vectors that are alike cut its graph into parts that no walk connects.
            if found["seen"] < fetch:
                break
        return await self._connection.read(slot.into(_SEARCH["nearest_exactly"]), parameters)

    async def _ask_index(self, slot: Slot, parameters: Row) -> Row:
        query = slot.into(self._dialect.vectors["nearest"])
        try:
            [found] = await self._connection.read(query, parameters)
        except ClientError:
            # Another process has switched embedders and dropped the index: that is to be said, anything else raised.
            await self._refuse_switched(slot)
            raise
        if found["slots"] != [slot.value]:
            await self._refuse_switched(slot)
        return found

    async def _refuse_switched(self, slot: Slot) -> None:
        now = await serving(self._connection)
        if now is not None and now.slot is not slot:
            self._owner = now.identity
            raise EmbedderMismatch(
                f"{now.identity.name} ({now.identity.dimension}) has taken this memory over.",
                hint=f"MEMORY_EMBEDDER={now.identity.name}, or open the memory again",
            )

    async def _check_vectors(self, vectors: Iterable[Sequence[float]]) -> None:
        identity = await self.embedder()
        dimension = identity.dimension if identity else 0
        for vector in vectors:
            if len(vector) != dimension:
                raise EmbedderMismatch(
                    f"A vector of {len(vector)} numbers does not fit a memory of {dimension}.",
                    hint="use the embedder that filled it (MEMORY_EMBEDDER)",
                )
