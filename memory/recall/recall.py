"""One recall: a question in, ranked hits with their provenance out.

Decides the order of the steps: search, fuse, place claims, look up where each hit came from. What a score is worth
stands in `rank.py` and `recipes.py`; who may see what is the store's business, which gets the scope with every call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container, Coroutine, Sequence

from stemma.memory.errors import EmbedderMismatch
from stemma.memory.model import Claim, Derivation, Hit, Node, Passage, Scope, Scored, Source
from stemma.memory.ports import Embedder, MemoryGraph
from stemma.memory.recall.rank import Ranked, fuse, named_in, place_claims
from stemma.memory.recall.recipes import Recipe
from stemma.memory.text import STOP_WORDS, words


class Recall:
    """Finds memories in one store with one embedder. Keeps nothing between calls."""

    def __init__(self, graph: MemoryGraph, embedder: Embedder) -> None:
        self._graph = graph
        self._embedder = embedder

    async def __call__(self, scope: Scope, query: str, k: int, recipe: Recipe) -> list[Hit]:
        """The k best hits, highest first. Raises `EmbedderMismatch`, `EmbedderUnavailable`, what the store raises."""
        searches = await self._search(scope, query, max(k, recipe.pool), recipe)
        found = {item.id: item for items in searches.values() for item in items}
        if not found:
            return []
        titles = {item.id: item.title for item in found.values() if item.kind is Node.PASSAGE}
        ranked = fuse(searches, named_in(query, titles), recipe)
        lineage = await self._lineage(scope, [item_id for item_id in found if item_id not in titles])
        replaced = await self._replaced(scope, lineage)
        return await self._hits(scope, place_claims(ranked, lineage, replaced, k, recipe), titles)

    async def _search(self, scope: Scope, query: str, pool: int, recipe: Recipe) -> dict[str, list[Scored]]:
        searches: dict[str, Coroutine[None, None, list[Scored]]] = {}
        if recipe.lexical:
            searches["lexical"] = self._graph.search_text(scope, search_terms(query), pool)
        if recipe.dense:
            searches["dense"] = self._nearest(scope, query, pool)
        return dict(zip(searches, await asyncio.gather(*searches.values()), strict=True))

    async def _nearest(self, scope: Scope, query: str, pool: int) -> list[Scored]:
        filled_by = await self._graph.embedder()
        if filled_by is None or not query.strip():
            return []
        if filled_by != self._embedder.identity:
            raise mismatch(filled_by.name, self._embedder.identity.name)
        (vector,) = await self._embedder.embed([query])
        return await self._graph.search_vector(scope, vector, pool)

    async def _lineage(self, scope: Scope, claims: Sequence[str]) -> dict[str, list[Derivation]]:
        lineage: dict[str, list[Derivation]] = {claim_id: [] for claim_id in claims}
        if lineage:
            for row in await self._graph.derivations(scope, list(lineage)):
                lineage[row.claim_id].append(row)
        return lineage

    async def _replaced(self, scope: Scope, lineage: dict[str, list[Derivation]]) -> set[str]:
        antecedents = list({row.antecedent_id for rows in lineage.values() for row in rows})
        if not antecedents:
            return set()
        return {passage.id for passage in await self._graph.passages(scope, antecedents) if not passage.recallable}

    async def _hits(self, scope: Scope, best: Sequence[Ranked], passages: Container[str]) -> list[Hit]:
        """Only now are texts looked up; what was erased since it was found is left out."""
        ids = [hit.id for hit in best]
        items = await asyncio.gather(
            self._graph.passages(scope, [item_id for item_id in ids if item_id in passages]),
            self._graph.claims(scope, [item_id for item_id in ids if item_id not in passages]),
        )
        by_id: dict[str, Passage | Claim] = {item.id: item for found in items for item in found}
        shown = {item.source_id for item in by_id.values() if isinstance(item, Passage)}
        sources = {source.id: source for source in await self._graph.sources(scope, list(shown))}
        there = [hit for hit in best if hit.id in by_id]
        return [_hit(hit, rank, by_id[hit.id], sources) for rank, hit in enumerate(there, start=1)]


def search_terms(query: str) -> list[str]:
    """The query's content words, folded, each once; all of its words where it has nothing but stop words."""
    found = list(dict.fromkeys(words(query)))
    return [word for word in found if word not in STOP_WORDS] or found


def mismatch(filled_by: str, asked: str) -> EmbedderMismatch:
    """What to raise when the store's embedder is not the one at hand."""
    return EmbedderMismatch(
        f"this memory was filled by the embedder {filled_by!r}, not by {asked!r}",
        hint=f"set MEMORY_EMBEDDER={filled_by}, or point MEMORY_URL at another memory",
    )


def _hit(ranked: Ranked, rank: int, item: Passage | Claim, sources: dict[str, Source]) -> Hit:
    if isinstance(item, Claim):
        return Hit(item.id, Node.CLAIM, item.text, "", ranked.score, ranked.parts, "", "", rank)
    source = sources.get(item.source_id)
    return Hit(
        id=item.id,
        kind=Node.PASSAGE,
        text=item.text,
        title=item.title,
        score=ranked.score,
        parts=ranked.parts,
        source_id=item.source_id,
        uri=source.uri if source else "",
        rank=rank,
        position=item.position,
        document_id=source.metadata.get("id", "") if source else "",
    )
