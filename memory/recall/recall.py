"""One recall: a question in, ranked hits with their provenance out.

Decides the order of the steps: search, fuse, place claims, look up where each hit came from. What a score is worth
stands in `rank.py` and `recipes.py`; who may see what is the store's business, which gets the scope with every call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

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
        ids = list(dict.fromkeys(item.id for found in searches.values() for item in found))
        if not ids:
            return []
        passages, claims = await asyncio.gather(self._graph.passages(scope, ids), self._graph.claims(scope, ids))
        titles = {passage.id: passage.title for passage in passages}
        ranked = fuse(searches, named_in(query, titles), recipe)
        items: dict[str, Passage | Claim] = {passage.id: passage for passage in passages}
        items |= {claim.id: claim for claim in claims}
        ranked = [item for item in ranked if item.id in items]  # one may have been erased since it was found
        lineage = await self._lineage(scope, claims)
        replaced = await self._replaced(scope, lineage)
        best = place_claims(ranked, lineage, replaced, k, recipe)
        return await self._hits(scope, best, items)

    async def _search(self, scope: Scope, query: str, pool: int, recipe: Recipe) -> dict[str, list[Scored]]:
        searches: dict[str, list[Scored]] = {}
        if recipe.lexical:
            searches["lexical"] = await self._graph.search_text(scope, search_terms(query), pool)
        if recipe.dense:
            searches["dense"] = await self._nearest(scope, query, pool)
        return searches

    async def _nearest(self, scope: Scope, query: str, pool: int) -> list[Scored]:
        filled_by = await self._graph.embedder()
        if filled_by is None or not query.strip():
            return []
        if filled_by != self._embedder.identity:
            raise mismatch(filled_by.name, self._embedder.identity.name)
        (vector,) = await self._embedder.embed([query])
        return await self._graph.search_vector(scope, vector, pool)

    async def _lineage(self, scope: Scope, claims: Sequence[Claim]) -> dict[str, list[Derivation]]:
        lineage: dict[str, list[Derivation]] = {claim.id: [] for claim in claims}
        if lineage:
            for row in await self._graph.derivations(scope, list(lineage)):
                lineage[row.claim_id].append(row)
        return lineage

    async def _replaced(self, scope: Scope, lineage: dict[str, list[Derivation]]) -> set[str]:
        antecedents = list({row.antecedent_id for rows in lineage.values() for row in rows})
        if not antecedents:
            return set()
        return {passage.id for passage in await self._graph.passages(scope, antecedents) if not passage.recallable}

    async def _hits(self, scope: Scope, best: Sequence[Ranked], items: dict[str, Passage | Claim]) -> list[Hit]:
        ids = {item.source_id for item in (items[hit.id] for hit in best) if isinstance(item, Passage)}
        sources = {source.id: source for source in await self._graph.sources(scope, list(ids))}
        return [_hit(hit, rank, items[hit.id], sources) for rank, hit in enumerate(best, start=1)]


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
