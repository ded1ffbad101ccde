"""Vectors in the in-memory graph: whose they are, what changed about them, and how another embedder takes over.

Decides what a cache and a reindexing are told. It embeds nothing and ranks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from stemma.memory.bundles import SentenceVectors
from stemma.memory.errors import EmbedderMismatch
from stemma.memory.memory_rows import LABELS, TenantRows
from stemma.memory.model import Claim, Entity, Mention, Passage, Scope
from stemma.memory.ports import EmbedderIdentity, NewVectors, Unindexed
from stemma.memory.recall.ports import GraphItem, NamedMention, Revision


class InMemoryVectors:
    """The tenants' rows, the embedder that filled them, and the one that is to take over."""

    def __init__(self) -> None:
        self._tenants: dict[str, TenantRows] = {}
        self._identity: EmbedderIdentity | None = None
        self._next: EmbedderIdentity | None = None
        self._made: dict[str, NewVectors] = {}
        """By item, the vectors of the next embedder so far."""

    async def embedder(self) -> EmbedderIdentity | None:
        return self._identity

    async def claim_embedder(self, identity: EmbedderIdentity) -> None:
        if self._identity not in (None, identity):
            raise EmbedderMismatch(f"this memory was filled by {self._identity}, not by {identity}")
        self._identity = identity

    async def revision(self, scope: Scope) -> Revision:
        rows = self._rows(scope)
        return Revision(rows.number, rows.erasures)

    async def changed_items(self, scope: Scope, after: int, limit: int) -> list[GraphItem]:
        rows = self._rows(scope)
        order = sorted((number, item_id) for item_id, number in rows.revisions.items() if number > after)
        last = order[:limit][-1][0] if order[:limit] else after
        items, mentions = [rows.items[item_id] for number, item_id in order if number <= last], _mentions(rows)
        return [
            _graph_item(rows, item, mentions.get(item.id, [])) for item in items if isinstance(item, Passage | Claim)
        ]

    async def begin_reindex(self, identity: EmbedderIdentity) -> None:
        if identity == self._identity:
            raise EmbedderMismatch(f"this memory is filled by {identity} already")
        if identity != self._next and self._made:
            raise EmbedderMismatch(f"{self._next} is taking over already", hint="stemma memory reindex --abandon")
        self._next = identity

    async def unindexed(self, limit: int) -> list[Unindexed]:
        return list(self._unindexed())[:limit]

    async def unindexed_count(self) -> int:
        return sum(1 for _ in self._unindexed())

    async def put_vectors(self, rows: Sequence[NewVectors]) -> None:
        if self._next is None:
            return
        for row in rows:
            _check_dimension([row.vector, *row.sentences], self._next)
        self._made |= {row.id: row for row in rows if row.id in self._tenants.get(row.tenant, TenantRows()).vectors}

    async def finish_reindex(self) -> bool:
        if self._next is None or any(True for _ in self._unindexed()):
            return False
        for rows in self._tenants.values():
            for item_id in rows.vectors:
                rows.vectors[item_id] = tuple(self._made[item_id].vector)
            for item_id, old in rows.sentences.items():
                rows.sentences[item_id] = SentenceVectors(old.spans, self._made[item_id].sentences)
            rows.erasures += 1
        self._identity, self._next, self._made = self._next, None, {}
        return True

    async def abandon_reindex(self) -> None:
        self._next, self._made = None, {}

    def _rows(self, scope: Scope) -> TenantRows:
        return self._tenants.setdefault(scope.tenant, TenantRows())

    def _check_vectors(self, vectors: Iterable[Sequence[float]]) -> None:
        _check_dimension(vectors, self._identity or EmbedderIdentity("", 0))

    def _unindexed(self) -> Iterator[Unindexed]:
        for tenant, rows in self._tenants.items() if self._next else ():
            for item_id in rows.vectors.keys() - self._made.keys():
                item, found = rows.items[item_id], rows.sentences.get(item_id)
                title = item.title if isinstance(item, Passage) else ""
                text = item.text if isinstance(item, Passage | Claim) else ""
                yield Unindexed(tenant, item_id, title, text, found.spans if found else ())


def _check_dimension(vectors: Iterable[Sequence[float]], identity: EmbedderIdentity) -> None:
    for vector in vectors:
        if len(vector) != identity.dimension:
            raise EmbedderMismatch(f"a vector of {len(vector)} numbers does not fit a memory of {identity.dimension}")


def _mentions(rows: TenantRows) -> dict[str, list[NamedMention]]:
    found: dict[str, list[NamedMention]] = {}
    for link in rows.links:
        if isinstance(link.detail, Mention):
            entity = rows.items[link.antecedent]
            name = entity.name if isinstance(entity, Entity) else ""
            mention = NamedMention(link.antecedent, name, link.detail.start, link.detail.end)
            found.setdefault(link.dependent, []).append(mention)
    return found


def _graph_item(rows: TenantRows, item: Passage | Claim, mentions: Sequence[NamedMention]) -> GraphItem:
    return GraphItem(
        id=item.id,
        node=LABELS[type(item)],
        audience=item.scope.audience,
        title=item.title if isinstance(item, Passage) else "",
        text=item.text,
        recallable=rows.is_shown(item),
        revision=rows.revisions[item.id],
        mentions=sorted(mentions, key=lambda one: (one.start, one.end, one.entity_id)),
        sentences=rows.sentences.get(item.id),
    )
