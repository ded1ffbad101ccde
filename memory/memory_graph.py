"""The memory graph in this process's own memory: for tests, for a look around (`memory:`), and as the port's mirror.

Decides nothing that the port does not say: it is the shortest code that passes the same contract suite as the real
stores. It refuses to keep anything (closing does not erase, leaving the process does) and to make backups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from operator import mul

from stemma.memory.bundles import AnswerBundle, ReadySource, SourceBundle
from stemma.memory.consolidation.memory_consolidation import InMemoryConsolidation, also_said, demoted_items, promote
from stemma.memory.contradictions.memory_conflicts import InMemoryConflicts, contradicted
from stemma.memory.errors import MemoryUnavailable, UnknownItem
from stemma.memory.exchange.memory_exchange import InMemoryExchange
from stemma.memory.history.memory_history import InMemoryHistory
from stemma.memory.lineage.model import Direction, Effect, Lineage, Retraction, Standing
from stemma.memory.memory_paths import decisions, earlier_passages, lineage, stated_relations
from stemma.memory.memory_rows import LABELS, TenantRows, add_answer, add_source, listing_order, ranked, stands
from stemma.memory.memory_search import bm25
from stemma.memory.memory_truth import give_back, settle, supersede, take_back
from stemma.memory.model import Claim, Derivation, Entity, Node, Passage, Relation, Scope, Scored, Source, Statistics
from stemma.memory.ports import Item, ItemPage, RelationPage
from stemma.memory.recall.ports import Details
from stemma.memory.store.memory_items import InMemoryItems
from stemma.memory.text import content_terms


class InMemoryGraph(InMemoryItems, InMemoryConsolidation, InMemoryHistory, InMemoryExchange, InMemoryConflicts):
    """`MemoryGraph` without a store. Safe for one event loop: no method waits between reading and writing."""

    async def open(self) -> None:
        return None

    async def close(self) -> None:
        return None

    async def current_sources(self, scope: Scope, uris: Sequence[str]) -> dict[str, Source]:
        found = {uri: self._rows(scope).newest(scope, uri) for uri in uris}
        return {uri: source for uri, source in found.items() if source}

    async def put_sources(self, bundles: Sequence[SourceBundle]) -> list[bool]:
        for bundle in bundles:
            self._check_vectors([*bundle.vectors, *(row for found in bundle.sentences for row in found.vectors)])
        taken = [add_source(self._rows(bundle.source.scope), bundle) for bundle in bundles]
        new = [bundle for bundle, is_taken in zip(bundles, taken, strict=True) if is_taken]
        for tenant in {bundle.source.scope.tenant for bundle in new if bundle.claims or bundle.replaces}:
            settle(self._tenants[tenant])
        return taken

    async def ready(self, bundles: Sequence[SourceBundle]) -> list[ReadySource]:
        return [ReadySource(bundle, None) for bundle in bundles]

    async def put_ready(self, sources: Sequence[ReadySource]) -> list[bool]:
        return await self.put_sources([source.bundle for source in sources])

    async def put_answers(self, bundles: Sequence[AnswerBundle]) -> list[bool]:
        for bundle in bundles:
            self._check_vectors(bundle.vectors)
        scopes = {bundle.answer.scope.tenant: bundle.answer.scope for bundle in bundles}
        changed = {tenant: self._rows(scope).copy() for tenant, scope in scopes.items()}
        taken = [add_answer(changed[bundle.answer.scope.tenant], bundle) for bundle in bundles]
        for bundle in (bundle for bundle, is_new in zip(bundles, taken, strict=True) if is_new):
            promote(changed[bundle.answer.scope.tenant], bundle.answer)
        for tenant, rows in changed.items():
            settle(rows)
            self._tenants[tenant] = rows
        return taken

    async def put_answer(self, bundle: AnswerBundle) -> bool:
        [taken] = await self.put_answers([bundle])
        return taken

    async def take_back(self, scope: Scope, retraction: Retraction, *, dry_run: bool = False) -> Effect:
        return self._decide(scope, dry_run, lambda rows: take_back(rows, scope, retraction))

    async def give_back(
        self, scope: Scope, retraction_id: str, *, actor: str, at: datetime, dry_run: bool = False
    ) -> Effect:
        return self._decide(scope, dry_run, lambda rows: give_back(rows, scope, retraction_id, actor, at))

    async def supersede(
        self, scope: Scope, newer: str, older: str, *, at: datetime | None = None, dry_run: bool = False
    ) -> Effect:
        return self._decide(scope, dry_run, lambda rows: supersede(rows, scope, newer, older, at))

    async def retractions(self, scope: Scope, item_ids: Sequence[str]) -> list[Retraction]:
        return decisions(self._rows(scope), scope, item_ids)

    async def retraction(self, scope: Scope, retraction_id: str) -> Retraction:
        found = await self.item(scope, retraction_id)
        if not isinstance(found, Retraction):
            raise UnknownItem(f"{retraction_id!r} is no decision")
        return found

    async def list_retractions(
        self, scope: Scope, *, open_only: bool, limit: int, offset: int = 0
    ) -> tuple[list[Retraction], int]:
        found = [item for item in self._listed(scope, Node.RETRACTION) if isinstance(item, Retraction)]
        found = [item for item in found if item.lifted_at is None or not open_only]
        return found[offset : offset + limit], len(found)

    async def lineage(self, scope: Scope, item_id: str, direction: Direction, *, limit: int) -> Lineage:
        return lineage(self._rows(scope), scope, item_id, direction, limit)

    async def search_text(self, scope: Scope, terms: Sequence[str], k: int) -> list[Scored]:
        rows = self._rows(scope)
        wanted = set(content_terms(" ".join(terms)))
        return ranked(rows, bm25(wanted, {item_id: rows.words[item_id] for item_id in rows.searchable(scope)}), k)

    async def search_vector(self, scope: Scope, vector: Sequence[float], k: int) -> list[Scored]:
        if await self.embedder() is None:
            return []
        self._check_vectors([vector])
        rows = self._rows(scope)
        near = {item_id: sum(map(mul, vector, rows.vectors[item_id])) for item_id in rows.searchable(scope)}
        return ranked(rows, near, k)

    async def passages(self, scope: Scope, ids: Sequence[str]) -> list[Passage]:
        return [item for item in self._rows(scope).chosen(scope, ids) if isinstance(item, Passage)]

    async def earlier_passages(self, scope: Scope, quotes: Sequence[tuple[str, str]]) -> list[Passage]:
        return earlier_passages(self._rows(scope), scope, quotes)

    async def claims(self, scope: Scope, ids: Sequence[str]) -> list[Claim]:
        return [item for item in self._rows(scope).chosen(scope, ids) if isinstance(item, Claim)]

    async def sources(self, scope: Scope, ids: Sequence[str]) -> list[Source]:
        return [item for item in self._rows(scope).chosen(scope, ids) if isinstance(item, Source)]

    async def details(self, scope: Scope, passage_ids: Sequence[str], claim_ids: Sequence[str]) -> Details:
        passages = await self.passages(scope, passage_ids)
        sources = await self.sources(scope, list(dict.fromkeys(passage.source_id for passage in passages)))
        claims, rows = await self.claims(scope, claim_ids), self._rows(scope)
        also = also_said(rows, [*(item.id for item in sources), *(item.id for item in claims)])
        demoted = demoted_items(rows, passages, claims)
        against = contradicted(rows, scope, [*passage_ids, *claim_ids])
        return Details(passages, claims, sources, also, demoted, against)

    async def sources_under(self, scope: Scope, prefix: str, *, limit: int, offset: int = 0) -> ItemPage:
        listed = self._listed(scope, Node.SOURCE)
        found = [item for item in listed if isinstance(item, Source) and item.uri.startswith(prefix)]
        return ItemPage(found[offset : offset + limit], len(found))

    async def entities_called(self, scope: Scope, aliases: Sequence[str]) -> list[Entity]:
        visible = self._rows(scope).visible(scope)
        found = [item for item in visible if isinstance(item, Entity) and not set(aliases).isdisjoint(item.aliases)]
        return sorted(found, key=lambda entity: (entity.name, entity.id))

    async def relations(self, scope: Scope, entity_id: str, *, limit: int, offset: int = 0) -> RelationPage:
        found = [
            one for one in stated_relations(self._rows(scope), scope) if entity_id in (one.subject_id, one.object_id)
        ]
        return RelationPage(found[offset : offset + limit], len(found))

    async def item(self, scope: Scope, item_id: str) -> Item:
        for found in self._rows(scope).chosen(scope, [item_id]):
            return found
        raise UnknownItem(f"there is no {item_id!r} in this scope", hint="stemma memory ls")

    async def items(
        self, scope: Scope, node: Node, *, limit: int, offset: int = 0, standing: Standing | None = None
    ) -> ItemPage:
        found = [item for item in self._listed(scope, node) if stands(item, standing)]
        return ItemPage(found[offset : offset + limit], len(found))

    async def derivations(self, scope: Scope, claim_ids: Sequence[str]) -> list[Derivation]:
        wanted, audiences = set(claim_ids), scope.audiences()
        return [
            link.detail
            for link, audience in self._rows(scope).links.items()
            if isinstance(link.detail, Derivation) and link.dependent in wanted and audience in audiences
        ]

    async def statistics(self, scope: Scope) -> Statistics:
        rows, audiences = self._rows(scope), scope.audiences()
        nodes = Counter(LABELS[type(item)] for item in rows.visible(scope))
        relations = Counter(link.relation for link, audience in rows.links.items() if audience in audiences)
        relations[Relation.RELATES_TO] = len(stated_relations(rows, scope))
        relations[Relation.CONTRADICTS] = sum(one.scope.audience in audiences for one in rows.conflicts.values())
        return Statistics({node: nodes[node] for node in Node}, {kind: relations[kind] for kind in Relation})

    async def erase(self, scope: Scope) -> None:
        self._rows(scope).erase(scope)

    async def backup(self, target: str) -> None:
        raise MemoryUnavailable(f"memory: is kept nowhere, so nothing was written to {target}", hint="set MEMORY_URL")

    def _listed(self, scope: Scope, node: Node) -> list[Item]:
        rows = self._rows(scope)
        found = [item for item in rows.visible(scope) if LABELS[type(item)] is node]
        return sorted(found, key=lambda item: listing_order(rows, item))

    def _decide(self, scope: Scope, dry_run: bool, decision: Callable[[TenantRows], Effect]) -> Effect:
        rows = self._rows(scope).copy()
        effect = decision(rows)
        if not dry_run:
            self._tenants[scope.tenant] = rows
        return effect
