"""`LongTermMemory`: what agents know beyond one thread, over one store and one embedder.

Decides what the rest of Stemma may do with memory: ingest, recall, learn, list, erase, back up. What it may take back
stands in `decisions.py`. It holds no rule of its own: ranking stands in `recall/`, ingestion in `ingest/`, and the
scope given with every call decides who sees what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from stemma.memory.contradictions.contradictions import Contradictions
from stemma.memory.contradictions.model import Policy
from stemma.memory.contradictions.pairs import compared
from stemma.memory.contradictions.ports import ContradictionJudge
from stemma.memory.decisions import Decisions
from stemma.memory.errors import UnreadableDocument
from stemma.memory.history.history import History
from stemma.memory.ingest.pipeline import Documents, Ingestion, IngestProgress, IngestReport
from stemma.memory.ingest.ports import ClaimExtractor
from stemma.memory.ingest.reindexing import ReindexProgress, reindex
from stemma.memory.ingest.testimony import testimony
from stemma.memory.learning import LearnedClaim, bundle_of, identified
from stemma.memory.lineage.model import Standing
from stemma.memory.linking import known_statements, linked
from stemma.memory.model import Answer, Hit, Node, Scope, Source, SourceKind, Statistics
from stemma.memory.ports import Embedder, Item, ItemPage, MemoryGraph, RelationPage
from stemma.memory.recall.ports import Decomposer, Reranker
from stemma.memory.recall.recall import Recall
from stemma.memory.recall.recipes import DEFAULT_RECIPE, RECIPES, Recipe, recipe_named


class LongTermMemory(Decisions):
    """An open memory; `async with` closes its store. Every method may raise what the ports may raise."""

    def __init__(
        self,
        graph: MemoryGraph,
        embedder: Embedder,
        *,
        recipe: str = DEFAULT_RECIPE,
        recipes: Mapping[str, Recipe] = RECIPES,
        extractor: ClaimExtractor | None = None,
        reranker: Reranker | None = None,
        decomposer: Decomposer | None = None,
        contradictions: Policy = Policy.FLAG,
        judge: ContradictionJudge | None = None,
    ) -> None:
        """`graph` is open already; without an extractor, ingestion stores no claims. Recall needs no other help.
        `contradictions` says what is done about claims that exclude each other, which a judge helps to find.

        Raises `UnknownRecipe` for a default recipe that does not exist.
        """
        self.graph = graph
        self.embedder = embedder
        self._extractor = extractor
        self._recipes, self._recipe = recipes, recipe_named(recipe, recipes)
        self._models = (reranker, decomposer)
        self._recall = Recall(graph, embedder, *self._models)
        self.history = History(graph)
        self.contradictions = Contradictions(graph, contradictions, judge)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Release the store. Calling it twice is harmless."""
        await self.graph.close()

    async def ingest(
        self, scope: Scope, documents: Documents, *, on_progress: Callable[[IngestProgress], None] | None = None
    ) -> IngestReport:
        """Store documents under the scope; what is there already with the same content is left alone.

        A document whose content changed becomes the next version of its source, and the old one is no longer recalled.
        One that cannot be read is named in the report, and the others go on. Each source is one transaction, so that
        what was stored stays stored when this is cancelled; doing it again goes on from there.

        Raises `EmbedderMismatch`, `EmbedderUnavailable`, and what the store raises.
        """
        ingestion = Ingestion(
            self.graph, self.embedder, scope, on_progress, self._extractor, watch=self.contradictions.notice
        )
        return await ingestion.run(documents)

    async def remember(
        self,
        scope: Scope,
        text: str,
        *,
        by: str,
        title: str = "",
        kind: SourceKind = SourceKind.PERSON,
        trust: float = 1.0,
    ) -> Source:
        """Store what a person says, or what a tool gave back, as a source of its own; said again, it is the same one.

        It is evidence: never remember what came out of recall, `learn` it with what it was derived from.

        Raises `UnreadableDocument` for a text without words, `ValueError` for an empty `by` or trust outside [0, 1],
        `EmbedderMismatch`, `EmbedderUnavailable`, and what the store raises.
        """
        report = await self.ingest(scope, [testimony(text, by=by, title=title, kind=kind, trust=trust)])
        if report.failures:
            raise UnreadableDocument(f"what {by} said cannot be kept: {report.failures[0][1]}")
        return (await self.graph.sources(scope, report.source_ids))[0]

    @property
    def recipe(self) -> str:
        """The name of the default recipe."""
        return self._recipe.name

    async def recall(
        self,
        scope: Scope,
        query: str,
        *,
        k: int = 5,
        recipe: str | Recipe | None = None,
        budget: int | None = None,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> list[Hit]:
        """The k best passages and claims for a question, best first; fewer where there are fewer.

        With `known_at`, as memory was then: what came or was decided later counts for nothing, and what was lifted
        later still holds. With `as_of`, of what held in the world then, as far as claims and sources say when they do
        (`history/belief.py` has the rules); by today's belief, or by that of `known_at`.

        With a budget in tokens, only the best of them whose texts fit into it together (four characters are counted as
        one token). Raises `UnknownRecipe`, `EmbedderMismatch`, `EmbedderUnavailable`, `ValueError` for k < 1 or a
        budget below 0, `InvalidMoment` for one without a time zone, and what the store raises.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        if budget is not None and budget < 0:
            raise ValueError(f"a budget of tokens must not be negative, and {budget} is")
        chosen = recipe_named(recipe, self._recipes) if isinstance(recipe, str) else recipe or self._recipe
        recall = self._recall
        if as_of or known_at:
            recall = recall.at(await self.history.past(scope, known_at=known_at, as_of=as_of))
        return await recall(scope, query, k, chosen, budget)

    async def learn(self, scope: Scope, answer: Answer, claims: Sequence[LearnedClaim]) -> Answer:
        """Store an answer with the claims it stated, each with what it was derived from; the answer as it is stored.

        The answer is stored under `scope`; without an id it gets one from its run and checkpoint. Learning the same
        answer id again changes nothing and gives back what is there. A quarantined claim is kept, not recalled, and
        not asserted. What memory knows already is asserted, not stored again (`linking.py`).

        Raises `UnknownItem` when the scope cannot see an antecedent or a used item, `WiderItem` when a wider claim
        would rest on narrower evidence.
        """
        answer = identified(scope, answer)
        found = linked(answer, claims, await known_statements(self.graph, answer, claims))
        vectors: Sequence[Sequence[float]] = ()
        if found.new:
            await self.graph.claim_embedder(self.embedder.identity)
            vectors = await self.embedder.embed([claim.text for claim in found.new])
        bundle = bundle_of(answer, found.new, vectors, found.asserts)
        if await self.graph.put_answer(bundle):
            await self.contradictions.notice(scope, compared(bundle.claims, bundle.mentions, bundle.entities))
            return bundle.answer
        stored = await self.graph.item(scope, answer.id)
        return stored if isinstance(stored, Answer) else bundle.answer

    async def reindex(
        self, embedder: Embedder, *, on_progress: Callable[[ReindexProgress], None] | None = None
    ) -> ReindexProgress:
        """Embed everything of every tenant with another embedder, then switch to it, here and in the store.

        Recall goes on with the old vectors until then. What was embedded stays when this is cancelled; doing it again
        goes on from there. Raises `NothingToReindex`, `EmbedderMismatch`, `EmbedderUnavailable`.
        """
        done = await reindex(self.graph, embedder, on_progress)
        self.embedder = embedder
        self._recall = Recall(self.graph, embedder, *self._models)
        return done

    async def items(
        self, scope: Scope, node: Node, *, limit: int = 20, offset: int = 0, standing: Standing | None = None
    ) -> ItemPage:
        """A page of what the scope may see of one label, newest first, narrowed to a standing."""
        return await self.graph.items(scope, node, limit=limit, offset=offset, standing=standing)

    async def item(self, scope: Scope, item_id: str) -> Item:
        """Any one item. Raises `UnknownItem`."""
        return await self.graph.item(scope, item_id)

    async def relations(self, scope: Scope, entity: str, *, limit: int = 20, offset: int = 0) -> RelationPage:
        """A page of what supported claims relate an entity to; none for what is no entity."""
        return await self.graph.relations(scope, entity, limit=limit, offset=offset)

    async def statistics(self, scope: Scope) -> Statistics:
        """How much the scope can see."""
        return await self.graph.statistics(scope)

    async def erase(self, scope: Scope) -> None:
        """Remove everything that is the scope's own or narrower; what is wider stays, and a tenant's `Revision`."""
        await self.graph.erase(scope)

    async def backup(self, target: str) -> None:
        """Write a consistent copy to a file while in use. Raises `MemoryUnavailable` where the server does its own."""
        await self.graph.backup(target)
