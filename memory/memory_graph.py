"""The memory graph in this process's own memory: for tests, for a look around (`memory:`), and as the port's mirror.

Decides nothing that the port does not say: it is the shortest code that passes the same contract suite as the real
stores. It refuses to keep anything (closing does not erase, leaving the process does) and to make backups.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from operator import mul

from stemma.memory.bundles import AnswerBundle, SourceBundle
from stemma.memory.errors import EmbedderMismatch, MemoryUnavailable, UnknownItem
from stemma.memory.model import (
    Answer,
    Claim,
    Derivation,
    Entity,
    Mention,
    Node,
    Passage,
    Relation,
    Scope,
    Scored,
    Source,
    Statistics,
)
from stemma.memory.ports import EmbedderIdentity, ItemPage
from stemma.memory.text import content_terms

Item = Source | Passage | Entity | Claim | Answer

_LABELS: dict[type[Item], Node] = {
    Source: Node.SOURCE,
    Passage: Node.PASSAGE,
    Entity: Node.ENTITY,
    Claim: Node.CLAIM,
    Answer: Node.ANSWER,
}
_K1, _B, _TITLE_WEIGHT = 1.2, 0.4, 2


@dataclass(slots=True)
class _Tenant:
    """Everything of one tenant. Rows are kept in the order they came."""

    items: dict[str, Item] = field(default_factory=dict)
    vectors: dict[str, Sequence[float]] = field(default_factory=dict)
    words: dict[str, Counter[str]] = field(default_factory=dict)
    relations: dict[tuple[Relation, object], str] = field(default_factory=dict)
    """(type, what tells it apart) -> the audience that may see it."""


class InMemoryGraph:
    """`MemoryGraph` without a store. Safe for one event loop: no method waits between reading and writing."""

    def __init__(self) -> None:
        self._tenants: dict[str, _Tenant] = {}
        self._identity: EmbedderIdentity | None = None

    async def open(self) -> None:
        return None

    async def close(self) -> None:
        return None

    async def embedder(self) -> EmbedderIdentity | None:
        return self._identity

    async def claim_embedder(self, identity: EmbedderIdentity) -> None:
        if self._identity not in (None, identity):
            raise EmbedderMismatch(f"this memory was filled by {self._identity}, not by {identity}")
        self._identity = identity

    async def current_sources(self, scope: Scope, uris: Sequence[str]) -> dict[str, Source]:
        found = {uri: _current(self._tenant(scope), scope, uri) for uri in uris}
        return {uri: source for uri, source in found.items() if source}

    async def put_sources(self, bundles: Sequence[SourceBundle]) -> list[bool]:
        for bundle in bundles:
            self._check_vectors(bundle.vectors)
        return [_add_source(self._tenant(bundle.source.scope), bundle) for bundle in bundles]

    async def put_answer(self, bundle: AnswerBundle) -> bool:
        answer, tenant = bundle.answer, self._tenant(bundle.answer.scope)
        self._check_vectors(bundle.vectors)
        if answer.id in tenant.items:
            return False
        _refuse_unseen(tenant, bundle)
        for claim, vector in zip(bundle.claims, bundle.vectors, strict=True):
            if claim.id not in tenant.items:
                _store_searchable(tenant, claim, vector)
        tenant.items[answer.id] = answer
        audience = answer.scope.audience
        for derivation in bundle.derivations:
            tenant.relations.setdefault((Relation.DERIVED_FROM, derivation), audience)
        for use in answer.used:
            tenant.relations[Relation.USED, (answer.id, use.item_id)] = audience
        for claim_id in answer.asserts:
            tenant.relations[Relation.ASSERTS, (answer.id, claim_id)] = audience
        _store_entities(tenant, bundle.entities, bundle.mentions)
        return True

    async def search_text(self, scope: Scope, terms: Sequence[str], k: int) -> list[Scored]:
        tenant = self._tenant(scope)
        wanted = set(content_terms(" ".join(terms)))
        rows = {item.id: tenant.words[item.id] for item in _searchable(tenant, scope)}
        return _best(tenant, _bm25(wanted, rows), k)

    async def search_vector(self, scope: Scope, vector: Sequence[float], k: int) -> list[Scored]:
        if self._identity is None:
            return []
        self._check_vectors([vector])
        tenant = self._tenant(scope)
        similarities = {item.id: sum(map(mul, vector, tenant.vectors[item.id])) for item in _searchable(tenant, scope)}
        return _best(tenant, similarities, k)

    async def passages(self, scope: Scope, ids: Sequence[str]) -> list[Passage]:
        return [item for item in self._chosen(scope, ids) if isinstance(item, Passage)]

    async def claims(self, scope: Scope, ids: Sequence[str]) -> list[Claim]:
        return [item for item in self._chosen(scope, ids) if isinstance(item, Claim)]

    async def sources(self, scope: Scope, ids: Sequence[str]) -> list[Source]:
        return [item for item in self._chosen(scope, ids) if isinstance(item, Source)]

    async def item(self, scope: Scope, item_id: str) -> Item:
        for found in self._chosen(scope, [item_id]):
            return found
        raise UnknownItem(f"there is no {item_id!r} in this scope", hint="stemma memory ls")

    async def items(self, scope: Scope, node: Node, *, limit: int, offset: int = 0) -> ItemPage:
        tenant = self._tenant(scope)
        found = sorted(
            (item for item in _visible(tenant, scope) if _LABELS[type(item)] is node), key=_listing_order(tenant)
        )
        return ItemPage(found[offset : offset + limit], len(found))

    async def derivations(self, scope: Scope, claim_ids: Sequence[str]) -> list[Derivation]:
        wanted, audiences = set(claim_ids), scope.audiences()
        return [
            row
            for (_, row), audience in self._tenant(scope).relations.items()
            if isinstance(row, Derivation) and row.claim_id in wanted and audience in audiences
        ]

    async def statistics(self, scope: Scope) -> Statistics:
        tenant, audiences = self._tenant(scope), scope.audiences()
        nodes = Counter(_LABELS[type(item)] for item in _visible(tenant, scope))
        relations = Counter(kind for (kind, _), audience in tenant.relations.items() if audience in audiences)
        return Statistics({node: nodes[node] for node in Node}, {kind: relations[kind] for kind in Relation})

    async def erase(self, scope: Scope) -> None:
        tenant = self._tenant(scope)
        gone = {item.id for item in tenant.items.values() if _within(scope, item.scope.audience)}
        for rows in (tenant.items, tenant.vectors, tenant.words):
            for item_id in gone & rows.keys():
                del rows[item_id]
        tenant.relations = {key: seen for key, seen in tenant.relations.items() if not _within(scope, seen)}

    async def backup(self, target: str) -> None:
        raise MemoryUnavailable(f"memory: is kept nowhere, so nothing was written to {target}", hint="set MEMORY_URL")

    def _tenant(self, scope: Scope) -> _Tenant:
        return self._tenants.setdefault(scope.tenant, _Tenant())

    def _chosen(self, scope: Scope, ids: Sequence[str]) -> list[Item]:
        items, audiences = self._tenant(scope).items, scope.audiences()
        return [items[i] for i in dict.fromkeys(ids) if i in items and items[i].scope.audience in audiences]

    def _check_vectors(self, vectors: Iterable[Sequence[float]]) -> None:
        dimension = self._identity.dimension if self._identity else 0
        for vector in vectors:
            if len(vector) != dimension:
                raise EmbedderMismatch(f"a vector of {len(vector)} numbers does not fit a memory of {dimension}")


def _add_source(tenant: _Tenant, bundle: SourceBundle) -> bool:
    source = bundle.source
    current = _current(tenant, source.scope, source.uri)
    expected = (current.version + 1, current.id) if current else (1, None)
    if (source.version, bundle.replaces) != expected:
        return False
    if current:
        _replace(tenant, current)
        tenant.relations[Relation.REPLACES, source.id] = source.scope.audience
    tenant.items[source.id] = source
    for passage, vector in zip(bundle.passages, bundle.vectors, strict=True):
        _store_searchable(tenant, passage, vector)
        tenant.relations[Relation.PART_OF, passage.id] = passage.scope.audience
    _store_entities(tenant, bundle.entities, bundle.mentions)
    return True


def _current(tenant: _Tenant, scope: Scope, uri: str) -> Source | None:
    versions = [
        item for item in tenant.items.values() if isinstance(item, Source) and (item.scope, item.uri) == (scope, uri)
    ]
    return max(versions, key=lambda source: source.version, default=None)


def _replace(tenant: _Tenant, current: Source) -> None:
    tenant.items[current.id] = replace(current, replaced=True)
    for item in list(tenant.items.values()):
        if isinstance(item, Passage) and item.source_id == current.id:
            tenant.items[item.id] = replace(item, recallable=False)


def _store_searchable(tenant: _Tenant, item: Passage | Claim, vector: Sequence[float]) -> None:
    tenant.items[item.id] = item
    tenant.vectors[item.id] = tuple(vector)
    title = content_terms(item.title) if isinstance(item, Passage) else []
    tenant.words[item.id] = Counter(title * _TITLE_WEIGHT + content_terms(item.text))


def _store_entities(tenant: _Tenant, entities: Iterable[Entity], mentions: Iterable[Mention]) -> None:
    for entity in entities:
        tenant.items.setdefault(entity.id, entity)
    for mention in mentions:
        tenant.relations[Relation.MENTIONS, mention] = tenant.items[mention.item_id].scope.audience


def _refuse_unseen(tenant: _Tenant, bundle: AnswerBundle) -> None:
    audiences = bundle.answer.scope.audiences()
    known = {item.id for item in bundle.claims} | {bundle.answer.id}
    named = [derivation.antecedent_id for derivation in bundle.derivations]
    named += [use.item_id for use in bundle.answer.used] + list(bundle.answer.asserts)
    for item_id in named:
        item = tenant.items.get(item_id)
        if item_id not in known and (item is None or item.scope.audience not in audiences):
            raise UnknownItem(f"the answer rests on {item_id!r}, which its scope does not hold")


def _visible(tenant: _Tenant, scope: Scope) -> list[Item]:
    audiences = scope.audiences()
    return [item for item in tenant.items.values() if item.scope.audience in audiences]


def _searchable(tenant: _Tenant, scope: Scope) -> list[Passage | Claim]:
    return [item for item in _visible(tenant, scope) if isinstance(item, Passage | Claim) and item.recallable]


def _within(scope: Scope, audience: str) -> bool:
    """Whether an audience is the scope's own or narrower."""
    return all(
        own in ("", part) for own, part in zip(scope.audience.split("\x1f"), audience.split("\x1f"), strict=True)
    )


def _listing_order(tenant: _Tenant) -> Callable[[Item], tuple[float | str, str, int]]:
    def order(item: Item) -> tuple[float | str, str, int]:
        match item:
            case Source():
                return (-item.added_at.timestamp(), item.id, 0)
            case Passage():
                source = tenant.items[item.source_id]
                return (*order(source)[:2], item.ordinal)
            case Entity():
                return (item.name, item.id, 0)
            case Claim() | Answer():
                return (-item.recorded_at.timestamp(), item.id, 0)

    return order


def _best(tenant: _Tenant, scores: dict[str, float], k: int) -> list[Scored]:
    ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    return [_scored(tenant.items[item_id], score) for item_id, score in ranked[:k]]


def _scored(item: Item, score: float) -> Scored:
    return Scored(item.id, score, _LABELS[type(item)], item.title if isinstance(item, Passage) else "")


def _bm25(terms: set[str], rows: dict[str, Counter[str]]) -> dict[str, float]:
    """Okapi BM25 (Robertson and Zaragoza 2009) of the rows that hold any of the terms."""
    if not rows:
        return {}
    average = sum(words.total() for words in rows.values()) / len(rows) or 1.0
    scores: dict[str, float] = {}
    for term in terms:
        holders = {item_id: words for item_id, words in rows.items() if term in words}
        rarity = math.log(1 + (len(rows) - len(holders) + 0.5) / (len(holders) + 0.5))
        for item_id, words in holders.items():
            often, length = words[term], words.total() / average
            gain = rarity * often * (_K1 + 1) / (often + _K1 * (1 - _B + _B * length))
            scores[item_id] = scores.get(item_id, 0.0) + gain
    return scores
