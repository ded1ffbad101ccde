"""Looking back in the in-memory graph: the port's mirror, as short as it can be.

Decides nothing that the port does not say. It gives a whole tenant for any moment: the stores that fetch only the
region that may have been otherwise must come to the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from operator import mul

from stemma.memory.consolidation.memory_consolidation import is_current, place_of
from stemma.memory.contradictions.model import Resolution
from stemma.memory.history.model import (
    DatedDuplicate,
    DatedDuplicates,
    DatedItem,
    DatedRegion,
    Opposed,
    Reason,
    Sight,
    Supersession,
)
from stemma.memory.lineage.model import Retraction
from stemma.memory.memory_rows import TenantRows, ranked
from stemma.memory.memory_search import bm25
from stemma.memory.memory_truth import status_of
from stemma.memory.memory_vectors import InMemoryVectors
from stemma.memory.model import Answer, Claim, Derivation, Node, Passage, Relation, Scope, Scored, Source
from stemma.memory.text import content_terms

_GROUNDS = (Relation.PART_OF, Relation.USED, Relation.ASSERTS)


class InMemoryHistory(InMemoryVectors):
    """`HistoryStore` over the tenants' rows."""

    async def dated_region(self, scope: Scope, *, known_at: datetime | None, as_of: datetime | None) -> DatedRegion:
        if known_at is None and as_of is None:
            return DatedRegion({})
        rows = self._rows(scope)
        items = {item.id: item for item in _dated(rows)}
        return DatedRegion(
            items=items,
            reasons=list(_reasons(rows, items)),
            supersessions=[
                Supersession(link.dependent, link.antecedent, at)
                for link, at in rows.times.items()
                if link.relation is Relation.SUPERSEDES
            ],
            decisions=[item for item in rows.items.values() if isinstance(item, Retraction)],
        )

    async def dated_duplicates(self, scope: Scope) -> DatedDuplicates:
        rows = self._rows(scope)
        ids = {item_id for pair in rows.duplicates for item_id in pair}
        items = [item for item_id in ids if isinstance(item := rows.items.get(item_id), Source | Claim)]
        parts: dict[str, list[str]] = {item.id: [] for item in items}
        for item in rows.items.values():
            if isinstance(item, Passage) and item.source_id in parts:
                parts[item.source_id].append(item.id)
        return DatedDuplicates(
            [DatedDuplicate(*pair, rows.runs[run_id].at) for pair, (_, run_id) in rows.duplicates.items()],
            {item.id: place_of(item) for item in items},
            {item.id for item in items if is_current(item)},
            {item.id: parts[item.id] if isinstance(item, Source) else [item.id] * item.searched for item in items},
        )

    async def search_text_past(self, scope: Scope, terms: Sequence[str], k: int, sight: Sight) -> list[Scored]:
        rows = self._rows(scope)
        words = {item_id: rows.words[item_id] for item_id in _seen(rows, scope, sight)}
        return ranked(rows, bm25(set(content_terms(" ".join(terms))), words), k)

    async def search_vector_past(self, scope: Scope, vector: Sequence[float], k: int, sight: Sight) -> list[Scored]:
        if await self.embedder() is None:
            return []
        self._check_vectors([vector])
        rows = self._rows(scope)
        near = {item_id: sum(map(mul, vector, rows.vectors[item_id])) for item_id in _seen(rows, scope, sight)}
        return ranked(rows, near, k)

    async def opposed(self, scope: Scope, ids: Sequence[str], known_at: datetime) -> list[Opposed]:
        rows = self._rows(scope)
        said = {(item_id, item_id) for item_id in ids}
        for link, at in rows.times.items():
            stated = isinstance(link.detail, Derivation) and isinstance(rows.items.get(link.antecedent), Passage)
            if stated and link.antecedent in ids and at <= known_at:
                said.add((link.antecedent, link.dependent))
        seen = {item.id: item for item in rows.visible(scope) if isinstance(item, Claim)}
        found = set()
        for one in rows.conflicts.values():
            settled = one.resolution is Resolution.BOTH_HOLD and one.resolved_at and one.resolved_at <= known_at
            if one.scope.audience in scope.audiences() and one.found_at <= known_at and not settled:
                pairs = ((one.claim_id, one.other_id), (one.other_id, one.claim_id))
                found |= {(item_id, other) for item_id, claim in said for mine, other in pairs if mine == claim}
        return sorted(Opposed(item_id, other, seen[other].recallable) for item_id, other in found if other in seen)


def _seen(rows: TenantRows, scope: Scope, sight: Sight) -> list[str]:
    today = set(rows.searchable(scope))
    seen = (today - sight.hidden) | sight.shown
    return [item.id for item in rows.visible(scope) if item.id in seen and item.id in rows.vectors]


def _dated(rows: TenantRows) -> Iterator[DatedItem]:
    added = {item.id: item.added_at for item in rows.items.values() if isinstance(item, Source)}
    for item in rows.items.values():
        if isinstance(item, Source):
            stated = (item.metadata.get("valid_from", ""), item.metadata.get("valid_to", ""), item.uri, item.version)
            yield DatedItem(item.id, Node.SOURCE, item.scope.audience, status_of(item), item.added_at, *stated)
        elif isinstance(item, Passage):
            yield DatedItem(item.id, Node.PASSAGE, item.scope.audience, status_of(item), added[item.source_id])
        elif isinstance(item, Claim):
            known = (item.id, Node.CLAIM, item.scope.audience, status_of(item), item.recorded_at)
            yield DatedItem(*known, item.valid_from, item.valid_to, searched=item.searched)
        elif isinstance(item, Answer):
            yield DatedItem(item.id, Node.ANSWER, item.scope.audience, status_of(item), item.recorded_at)


def _reasons(rows: TenantRows, items: dict[str, DatedItem]) -> Iterator[Reason]:
    for link in rows.links:
        if isinstance(link.detail, Derivation):
            yield Reason(link.dependent, link.antecedent, link.detail.justification, rows.times[link])
        elif link.relation in _GROUNDS:
            yield Reason(link.dependent, link.antecedent, "", items[link.dependent].recorded_at)
