"""One recall: a question in, ranked hits with their provenance out.

Decides the order of the steps: search, rank, place claims, look up, and keep what fits. What a score is worth stands in
`rank.py`, `graph_rank.py` and `recipes.py`; who may see what is the store's business, which gets the scope with every
call. It keeps the mention graphs of its tenants, and nothing else, between calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from stemma.memory.errors import EmbedderMismatch
from stemma.memory.history.model import Past, Sight
from stemma.memory.history.past_reads import PastReads
from stemma.memory.model import Claim, Derivation, Hit, Node, PathStep, Scope, Scored
from stemma.memory.ports import Embedder, EmbedderIdentity, MemoryGraph
from stemma.memory.recall.diversity import within
from stemma.memory.recall.hits import shown_hits
from stemma.memory.recall.ports import Decomposer, DetailStore, Reranker
from stemma.memory.recall.rank import Ranked, fuse, merge, named_in, place_claims
from stemma.memory.recall.recipes import Recipe, Walk
from stemma.memory.text import STOP_WORDS, words

if TYPE_CHECKING:  # numpy is loaded with the first walk: a server is ready sooner without it
    from stemma.memory.recall.mention_graphs import MentionGraphs

_MOST_PARTS = 4
"""Questions that one question may be cut into."""
_RERANKED = 20
"""The least number of hits that a reranker reads."""


@dataclass(frozen=True, slots=True)
class _Ranking:
    ranked: Sequence[Ranked]
    claims: frozenset[str] = frozenset()
    paths: Mapping[str, tuple[PathStep, ...]] = field(default_factory=dict)


class RecallReads(DetailStore, Protocol):
    """What a recall reads of a store, today's or that of a past (`history/past_reads.py`)."""

    async def embedder(self) -> EmbedderIdentity | None: ...

    async def search_text(self, scope: Scope, terms: Sequence[str], k: int) -> list[Scored]: ...

    async def search_vector(self, scope: Scope, vector: Sequence[float], k: int) -> list[Scored]: ...

    async def derivations(self, scope: Scope, claim_ids: Sequence[str]) -> list[Derivation]: ...

    async def claims(self, scope: Scope, ids: Sequence[str]) -> list[Claim]: ...


class Recall:
    """Finds memories in one store with one embedder; with a reranker and a decomposer where there are such."""

    def __init__(
        self,
        graph: MemoryGraph,
        embedder: Embedder,
        reranker: Reranker | None = None,
        decomposer: Decomposer | None = None,
    ) -> None:
        self._graph = graph
        self._reads: RecallReads = graph
        self._sight: Sight | None = None
        self._embedder = embedder
        self._reranker = reranker
        self._decomposer = decomposer
        self._graphs: MentionGraphs | None = None

    def at(self, past: Past) -> Recall:
        """The same recall over what the memory was then. It shares the mention graphs."""
        from stemma.memory.recall.mention_graphs import MentionGraphs

        self._graphs = self._graphs or MentionGraphs(self._graph)
        back = copy(self)
        back._reads, back._sight = PastReads(self._graph, past), past.sight
        return back

    async def __call__(self, scope: Scope, query: str, k: int, recipe: Recipe, budget: int | None = None) -> list[Hit]:
        """The k best hits, highest first. Raises `EmbedderMismatch`, `EmbedderUnavailable`, what the store raises."""
        wanted = max(k, _RERANKED) if self._reranker else k
        questions = [query, *(await self._decomposer.decompose(query))[:_MOST_PARTS]] if self._decomposer else [query]
        rankings = await asyncio.gather(*(self._ranking(scope, question, wanted, recipe) for question in questions))
        ranking = rankings[0] if len(rankings) == 1 else _merged(rankings, recipe)
        placed = await self._placed(scope, ranking, wanted, recipe)
        hits = await shown_hits(
            self._reads, scope, placed, ranking.claims, ranking.paths, wanted, recipe.demoted_discount
        )
        if self._reranker and hits:
            hits = _reordered(hits, await self._reranker.rerank(query, hits))
        return hits[:k] if budget is None else within(budget, hits[:k])

    async def _ranking(self, scope: Scope, query: str, k: int, recipe: Recipe) -> _Ranking:
        if recipe.walk is not None:
            return await self._walked(scope, query, k, recipe, recipe.walk)
        lexical, (dense, _) = await asyncio.gather(
            self._lexical(scope, query, k, recipe), self._nearest(scope, query, k, recipe)
        )
        searches = {
            name: found
            for name, asked, found in (("lexical", recipe.lexical, lexical), ("dense", recipe.dense, dense))
            if asked
        }
        titles = {item.id: item.title for item in (*lexical, *dense) if item.kind is Node.PASSAGE}
        return _Ranking(fuse(searches, named_in(query, titles), recipe), _claims(lexical, dense))

    async def _walked(self, scope: Scope, query: str, k: int, recipe: Recipe, walk: Walk) -> _Ranking:
        from stemma.memory.recall.graph_rank import Found, rank_by_walk
        from stemma.memory.recall.mention_graphs import MentionGraphs

        self._graphs = self._graphs or MentionGraphs(self._graph)
        lexical, (dense, vector), graph = await asyncio.gather(
            self._lexical(scope, query, k, recipe),
            self._nearest(scope, query, k, recipe),
            self._graphs.current(scope, titles=walk.titles),
        )
        found = Found(query, lexical, dense, vector)
        work = partial(rank_by_walk, found=found, recipe=recipe, walk=walk, ways=2 * k)
        ranking = await asyncio.to_thread(graph.look, scope.audiences(), work, self._sight)
        return _Ranking(ranking.ranked, _claims(lexical, dense), ranking.paths)

    async def _lexical(self, scope: Scope, query: str, k: int, recipe: Recipe) -> list[Scored]:
        if not recipe.lexical:
            return []
        return await self._reads.search_text(scope, search_terms(query), max(k, recipe.pool))

    async def _nearest(
        self, scope: Scope, query: str, k: int, recipe: Recipe
    ) -> tuple[list[Scored], Sequence[float] | None]:
        """What is near in meaning, and the question's vector; nothing where nothing can be."""
        filled_by = await self._reads.embedder() if recipe.dense and query.strip() else None
        if filled_by is None:
            return [], None
        if filled_by != self._embedder.identity:
            raise mismatch(filled_by.name, self._embedder.identity.name)
        (vector,) = await self._embedder.embed([query])
        return await self._reads.search_vector(scope, vector, max(k, recipe.pool)), vector

    async def _placed(self, scope: Scope, ranking: _Ranking, k: int, recipe: Recipe) -> list[Ranked]:
        ids = [item.id for item in ranking.ranked if item.id in ranking.claims]
        lineage: dict[str, list[Derivation]] = {claim_id: [] for claim_id in ids}
        if not ids:
            return list(ranking.ranked)
        derivations, claims = await asyncio.gather(self._reads.derivations(scope, ids), self._reads.claims(scope, ids))
        for row in derivations:
            lineage[row.claim_id].append(row)
        return place_claims(ranking.ranked, lineage, {claim.id for claim in claims if claim.stale}, k, recipe)


def _claims(*searches: Sequence[Scored]) -> frozenset[str]:
    return frozenset(item.id for found in searches for item in found if item.kind is Node.CLAIM)


def _merged(rankings: Sequence[_Ranking], recipe: Recipe) -> _Ranking:
    paths = {item_id: path for ranking in reversed(rankings) for item_id, path in ranking.paths.items()}
    claims = frozenset().union(*(ranking.claims for ranking in rankings))
    return _Ranking(merge([ranking.ranked for ranking in rankings], recipe.rank_constant), claims, paths)


def _reordered(hits: Sequence[Hit], judged: Sequence[float]) -> list[Hit]:
    """By the reranker's scores; of equals the better one before, and sources before claims."""
    scored = [
        replace(hit, score=score, parts={**hit.parts, "recall": hit.score, "rerank": score})
        for hit, score in zip(hits, judged, strict=True)
    ]
    scored.sort(key=lambda hit: (-hit.score, hit.kind is Node.CLAIM, hit.rank))
    return [replace(hit, rank=rank) for rank, hit in enumerate(scored, start=1)]


def search_terms(query: str) -> list[str]:
    """The query's content words, folded, each once; all of its words where it has nothing but stop words."""
    found = list(dict.fromkeys(words(query)))
    return [word for word in found if word not in STOP_WORDS] or found


def mismatch(filled_by: str, asked: str) -> EmbedderMismatch:
    """What to raise when the store's embedder is not the one at hand."""
    return EmbedderMismatch(
        f"this memory was filled by the embedder {filled_by!r}, not by {asked!r}",
        hint=f"set MEMORY_EMBEDDER={filled_by}, or stemma memory reindex",
    )
