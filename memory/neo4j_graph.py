"""The memory graph on Neo4j 2026.08 or newer: the port's operations, each one or a few named queries.

Decides which query serves which operation. How queries run is `neo4j_connection.py`'s, what is stored
`neo4j_rows.py`'s, how writers take turns `neo4j_write.py`'s. It refuses servers without filters inside the vector
index (`neo4j_schema.py`), and to make backups: the server has its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from uuid import uuid4

from stemma.memory.bundles import AnswerBundle, SourceBundle
from stemma.memory.errors import EmbedderMismatch, MemoryUnavailable, UnknownItem
from stemma.memory.model import Claim, Derivation, Node, Passage, Relation, Scope, Scored, Source, Statistics
from stemma.memory.neo4j_connection import Neo4jConnection, Transaction
from stemma.memory.neo4j_rows import (
    READERS,
    Item,
    Row,
    claim,
    derivation,
    head_key,
    passage,
    scored,
    source,
    text_query,
)
from stemma.memory.neo4j_schema import embedder, prepare, settle_embedder
from stemma.memory.neo4j_sources import source_rows, write_sources
from stemma.memory.neo4j_write import RefusedWrite, erase_some, write_answer
from stemma.memory.ports import EmbedderIdentity, ItemPage
from stemma.memory.queries import load_queries

_READ = load_queries("cypher/read.cypher")
_SEARCH = load_queries("cypher/search.cypher")


class Neo4jGraph:
    """`MemoryGraph` over one Neo4j database. Safe for concurrent use on one event loop, and for several processes.

    Raises `InvalidSetting` for an address that is none, or of another machine without a password.
    """

    def __init__(self, url: str, *, user: str = "neo4j", password: str = "", database: str = "neo4j") -> None:
        self._connection = Neo4jConnection(url, user=user, password=password, database=database)
        self._identity: EmbedderIdentity | None = None

    async def open(self) -> None:
        try:
            await self._connection.open()
            self._identity = await prepare(self._connection)
        except BaseException:
            await self._connection.close()
            raise

    async def close(self) -> None:
        await self._connection.close()

    async def embedder(self) -> EmbedderIdentity | None:
        if self._identity is None:
            self._identity = await embedder(self._connection)
        return self._identity

    async def claim_embedder(self, identity: EmbedderIdentity) -> None:
        if self._identity == identity:
            return
        await settle_embedder(self._connection, identity)
        self._identity = identity

    async def current_sources(self, scope: Scope, uris: Sequence[str]) -> dict[str, Source]:
        keys = [head_key(scope, uri) for uri in dict.fromkeys(uris)]
        found = [source(scope.tenant, row) for row in await self._rows("current_sources", scope, keys=keys)]
        return {item.uri: item for item in found}

    async def put_sources(self, bundles: Sequence[SourceBundle]) -> list[bool]:
        await self._check_vectors(vector for bundle in bundles for vector in bundle.vectors)
        prepared = await asyncio.to_thread(source_rows, bundles)

        async def work(tx: Transaction) -> list[bool]:
            return await write_sources(tx, prepared)

        return await self._connection.write(work) if prepared else []

    async def put_answer(self, bundle: AnswerBundle) -> bool:
        await self._check_vectors(bundle.vectors)
        writer = uuid4().hex

        async def work(tx: Transaction) -> None:
            await write_answer(tx, bundle, writer)

        try:
            await self._connection.write(work)
        except RefusedWrite:
            return False
        return True

    async def search_text(self, scope: Scope, terms: Sequence[str], k: int) -> list[Scored]:
        query = text_query(scope, terms)
        if not query or k < 1:
            return []
        parameters = {"tenant": scope.tenant, "query": query, "k": k}
        return [scored(row) for row in await self._connection.read(_SEARCH["text"], parameters)]

    async def search_vector(self, scope: Scope, vector: Sequence[float], k: int) -> list[Scored]:
        if await self.embedder() is None:
            return []
        await self._check_vectors([vector])
        if not any(vector) or k < 1:
            return []
        parameters = {"tenant": scope.tenant, "audiences": list(scope.audiences()), "vector": list(vector), "k": k}
        # Neo4j's cosine score is (1 + cos) / 2.
        rows = await self._connection.read(_SEARCH["vector"], parameters)
        return [replace(found, score=2 * found.score - 1) for found in map(scored, rows)]

    async def passages(self, scope: Scope, ids: Sequence[str]) -> list[Passage]:
        return [passage(scope.tenant, row) for row in await self._chosen("passages", scope, ids)]

    async def claims(self, scope: Scope, ids: Sequence[str]) -> list[Claim]:
        return [claim(scope.tenant, row) for row in await self._chosen("claims", scope, ids)]

    async def sources(self, scope: Scope, ids: Sequence[str]) -> list[Source]:
        return [source(scope.tenant, row) for row in await self._chosen("sources", scope, ids)]

    async def item(self, scope: Scope, item_id: str) -> Item:
        query = {"tenant": scope.tenant, "audiences": list(scope.audiences()), "id": item_id}
        found = await self._connection.read(_READ["label"], query)
        for item in await self._items(Node(found[0]["label"]), scope, [item_id]) if found else []:
            return item
        raise UnknownItem(f"there is no {item_id!r} in this scope", hint="stemma memory ls")

    async def items(self, scope: Scope, node: Node, *, limit: int, offset: int = 0) -> ItemPage:
        if node not in READERS:
            return ItemPage([], 0)
        total = (await self.statistics(scope)).by_node[node]
        query = {"tenant": scope.tenant, "audiences": list(scope.audiences()), "limit": limit, "offset": offset}
        found = await self._connection.read(_READ[f"page_{node.lower()}"], query)
        return ItemPage(await self._items(node, scope, [row["id"] for row in found]), total)

    async def derivations(self, scope: Scope, claim_ids: Sequence[str]) -> list[Derivation]:
        ids = list(dict.fromkeys(claim_ids))
        return [derivation(row) for row in await self._rows("derivations", scope, ids=ids)]

    async def statistics(self, scope: Scope) -> Statistics:
        query = {"tenant": scope.tenant, "audiences": list(scope.audiences())}
        nodes = {row["name"]: row["count"] for row in await self._connection.read(_READ["count_nodes"], query)}
        relations = {row["name"]: row["count"] for row in await self._connection.read(_READ["count_relations"], query)}
        return Statistics(
            {node: nodes.get(node, 0) for node in Node}, {kind: relations.get(kind, 0) for kind in Relation}
        )

    async def erase(self, scope: Scope) -> None:
        """In several transactions: one that is cut short has removed something, and the next call removes the rest."""
        while await self._connection.write(partial(erase_some, scope=scope)):
            pass

    async def backup(self, target: str) -> None:
        raise MemoryUnavailable(
            f"Neo4j makes its own backups, so nothing was written to {target}.", hint="neo4j-admin database dump"
        )

    async def _items(self, node: Node, scope: Scope, ids: Sequence[str]) -> list[Item]:
        query, read = READERS[node]
        return [read(scope.tenant, row) for row in await self._chosen(query, scope, ids)]

    async def _chosen(self, query: str, scope: Scope, ids: Sequence[str]) -> list[Row]:
        """Rows of the ids that the scope may see, in the order of `ids`."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return []
        found = {row["id"]: row for row in await self._rows(query, scope, ids=wanted)}
        return [found[item_id] for item_id in wanted if item_id in found]

    async def _rows(self, query: str, scope: Scope, **parameters: object) -> list[Row]:
        own = {"tenant": scope.tenant, "audiences": list(scope.audiences())}
        return [row["row"] for row in await self._connection.read(_READ[query], {**own, **parameters})]

    async def _check_vectors(self, vectors: Iterable[Sequence[float]]) -> None:
        identity = await self.embedder()
        dimension = identity.dimension if identity else 0
        for vector in vectors:
            if len(vector) != dimension:
                raise EmbedderMismatch(
                    f"A vector of {len(vector)} numbers does not fit a memory of {dimension}.",
                    hint="use the embedder that filled it (MEMORY_EMBEDDER)",
                )
