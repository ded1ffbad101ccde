"""The memory graph on Neo4j, 5.26 LTS or 2026.08 and newer: the port's writes, and its parts put together.

Decides which transaction serves which write. Reading is `neo4j_reads.py`'s and `neo4j_lineage.py`'s, searching
`neo4j_search.py`'s, deciding `neo4j_decisions.py`'s. It refuses to make backups: the server has its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from stemma.memory.bundles import AnswerBundle, ReadySource, SourceBundle
from stemma.memory.consolidation.neo4j_consolidation import Neo4jConsolidation
from stemma.memory.contradictions.neo4j_conflicts import Neo4jConflicts
from stemma.memory.errors import MemoryUnavailable
from stemma.memory.exchange.neo4j_exchange import Neo4jExchange
from stemma.memory.history.neo4j_history import Neo4jHistory
from stemma.memory.model import Scope
from stemma.memory.neo4j_answers import answer_rows, write_answers
from stemma.memory.neo4j_connection import Neo4jConnection
from stemma.memory.neo4j_decisions import Neo4jDecisions
from stemma.memory.neo4j_lineage import Neo4jLineage
from stemma.memory.neo4j_reindex import Neo4jReindex
from stemma.memory.neo4j_schema import prepare
from stemma.memory.neo4j_sources import source_rows, write_sources
from stemma.memory.neo4j_turn import Turn, Undone, in_turn
from stemma.memory.neo4j_write import erase_some
from stemma.memory.store.neo4j_items import Neo4jItems


class Neo4jGraph(
    Neo4jReindex,
    Neo4jHistory,
    Neo4jLineage,
    Neo4jDecisions,
    Neo4jItems,
    Neo4jExchange,
    Neo4jConflicts,
    Neo4jConsolidation,
):
    """`MemoryGraph` over one Neo4j database. Safe for concurrent use on one event loop, and for several processes.

    Raises `InvalidSetting` for an address that is none, or of another machine without a password.
    """

    def __init__(self, url: str, *, user: str = "neo4j", password: str = "", database: str = "neo4j") -> None:
        self._connection = Neo4jConnection(url, user=user, password=password, database=database)

    async def open(self) -> None:
        try:
            await self._connection.open()
            self._dialect, self._serving = await prepare(self._connection)
            self._owner = self._serving.identity if self._serving else None
        except BaseException:
            await self._connection.close()
            raise

    async def close(self) -> None:
        await self._connection.close()

    async def put_sources(self, bundles: Sequence[SourceBundle]) -> list[bool]:
        return await self.put_ready(await self.ready(bundles))

    async def ready(self, bundles: Sequence[SourceBundle]) -> list[ReadySource]:
        return list(map(ReadySource, bundles, await asyncio.to_thread(source_rows, bundles, self._dialect.sent)))

    async def put_ready(self, sources: Sequence[ReadySource]) -> list[bool]:
        bundles = [source.bundle for source in sources]
        await self._check_vectors(vector for bundle in bundles for vector in bundle.vectors)
        await self._check_vectors(row for bundle in bundles for found in bundle.sentences for row in found.vectors)
        prepared = [source.rows for source in sources]

        async def work(turns: dict[str, Turn]) -> list[bool]:
            return await write_sources(turns, prepared)

        try:
            tenants = [item.tenant for item in prepared]
            return await in_turn(self._connection, tenants, work, self._serving) if prepared else []
        except Undone:
            return [False] * len(prepared)

    async def put_answers(self, bundles: Sequence[AnswerBundle]) -> list[bool]:
        await self._check_vectors(vector for bundle in bundles for vector in bundle.vectors)
        prepared = await asyncio.to_thread(answer_rows, bundles)

        async def work(turns: dict[str, Turn]) -> list[bool]:
            return await write_answers(turns, prepared)

        try:
            tenants = [item.tenant for item in prepared]
            return await in_turn(self._connection, tenants, work, self._serving) if prepared else []
        except Undone:
            return [False] * len(prepared)

    async def put_answer(self, bundle: AnswerBundle) -> bool:
        [taken] = await self.put_answers([bundle])
        return taken

    async def erase(self, scope: Scope) -> None:
        """In several transactions: one that is cut short has removed something, and the next call removes the rest."""

        async def work(turns: dict[str, Turn]) -> int:
            return await erase_some(turns[scope.tenant], scope)

        while await in_turn(self._connection, [scope.tenant], work):
            pass

    async def backup(self, target: str) -> None:
        raise MemoryUnavailable(
            f"Neo4j makes its own backups, so nothing was written to {target}.", hint="neo4j-admin database dump"
        )
