"""What the in-memory graph keeps of one tenant: its items, and the links between them.

Decides what is written together, who may see a row, and in which order rows are listed. It works out no flag
(`memory_truth.py`) and ranks nothing (`memory_search.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import NamedTuple

from stemma.memory.admission import admit, named
from stemma.memory.bundles import AnswerBundle, SentenceVectors, SourceBundle
from stemma.memory.consolidation.model import Consolidation, Demotion, Duplicate
from stemma.memory.contradictions.model import Conflict
from stemma.memory.lineage.model import Retraction, Standing
from stemma.memory.memory_search import term_counts
from stemma.memory.model import (
    Answer,
    Claim,
    Derivation,
    Entity,
    EntityRelation,
    Mention,
    Node,
    Passage,
    Relation,
    Scope,
    Scored,
    Source,
    Use,
)
from stemma.memory.ports import Item
from stemma.memory.store.model import ItemKey, ItemWrite

LABELS: dict[type[Item], Node] = {
    Source: Node.SOURCE,
    Passage: Node.PASSAGE,
    Entity: Node.ENTITY,
    Claim: Node.CLAIM,
    Answer: Node.ANSWER,
    Retraction: Node.RETRACTION,
}


class Link(NamedTuple):
    """One relation; for REPLACES and SUPERSEDES the dependent is the newer one."""

    relation: Relation
    dependent: str
    antecedent: str
    detail: Derivation | EntityRelation | Mention | Use | None = None


@dataclass(slots=True)
class TenantRows:
    """Everything of one tenant. Rows are kept in the order they came; `number` and `erasures` make its `Revision`."""

    items: dict[str, Item] = field(default_factory=dict)
    links: dict[Link, str] = field(default_factory=dict)
    """Each with the audience that may see it."""
    times: dict[Link, datetime] = field(default_factory=dict)
    """Of DERIVED_FROM and SUPERSEDES: since when it is known."""
    vectors: dict[str, Sequence[float]] = field(default_factory=dict)
    sentences: dict[str, SentenceVectors] = field(default_factory=dict)
    words: dict[str, Counter[str]] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    """Of every item that is searched."""
    stored: dict[ItemKey, ItemWrite] = field(default_factory=dict)
    """Items of a store, as they were put last."""
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    """Contradictions by id."""
    runs: dict[str, Consolidation] = field(default_factory=dict)
    duplicates: dict[tuple[str, str], tuple[Duplicate, str]] = field(default_factory=dict)
    demotions: dict[tuple[str, str], tuple[Demotion, str]] = field(default_factory=dict)
    """Each with the run that made it."""
    hidden: dict[str, str] = field(default_factory=dict)
    """Derived: sources and claims that are not shown, each with what is shown in its place."""
    number: int = 0
    erasures: int = 0

    def copy(self) -> TenantRows:
        """To decide on without changing this one: the rows themselves are frozen."""
        copied = copy(self)
        for row in fields(self):
            if isinstance(rows := getattr(self, row.name), dict):
                setattr(copied, row.name, rows.copy())
        return copied

    def visible(self, scope: Scope) -> list[Item]:
        """What the scope may see."""
        audiences = scope.audiences()
        return [item for item in self.items.values() if item.scope.audience in audiences]

    def chosen(self, scope: Scope, ids: Sequence[str]) -> list[Item]:
        """Those of the ids that the scope may see, each once, in their order."""
        audiences = scope.audiences()
        return [
            self.items[i] for i in dict.fromkeys(ids) if i in self.items and self.items[i].scope.audience in audiences
        ]

    def searchable(self, scope: Scope) -> list[str]:
        """Ids of the recallable passages and claims that the scope may see."""
        return [
            item.id
            for item in self.visible(scope)
            if isinstance(item, Passage | Claim) and item.id in self.vectors and self.is_shown(item)
        ]

    def is_shown(self, item: Passage | Claim) -> bool:
        """Whether it is recalled: it is current, and none that says the same stands in its place."""
        return item.recallable and (item.source_id if isinstance(item, Passage) else item.id) not in self.hidden

    def newest(self, scope: Scope, uri: str) -> Source | None:
        """The last version stored under exactly this scope."""
        versions = [item for item in self.items.values() if isinstance(item, Source) and item.uri == uri]
        return max((one for one in versions if one.scope == scope), key=lambda source: source.version, default=None)

    def erase(self, scope: Scope) -> None:
        """Remove what is the scope's own or narrower. What rests on it is narrower still, so no flag changes."""
        gone = {item.id for item in self.items.values() if owned(scope, item)}
        for rows in (self.items, self.vectors, self.sentences, self.words, self.revisions):
            for item_id in gone & rows.keys():
                del rows[item_id]
        self.links = {link: seen for link, seen in self.links.items() if not _within(scope, seen)}
        self.times = {link: at for link, at in self.times.items() if link in self.links}
        self.stored = {row: put for row, put in self.stored.items() if not _within(scope, row.audience)}
        self.runs = {run_id: run for run_id, run in self.runs.items() if not _within(scope, run.scope.audience)}
        self.duplicates = {pair: made for pair, made in self.duplicates.items() if pair[0] not in gone}
        self.demotions = {pair: made for pair, made in self.demotions.items() if pair[0] not in gone}
        self.hidden = {item_id: other for item_id, other in self.hidden.items() if item_id not in gone}
        self.conflicts = {key: one for key, one in self.conflicts.items() if not _within(scope, one.scope.audience)}
        self.erasures += 1


def add_source(rows: TenantRows, bundle: SourceBundle) -> bool:
    """Store one version; False, and nothing changed, when it is not the next one."""
    source = bundle.source
    newest = rows.newest(source.scope, source.uri)
    expected = (newest.version + 1, newest.id) if newest else (1, None)
    if (source.version, bundle.replaces) != expected:
        return False
    rows.number += 1
    audience = source.scope.audience
    rows.items[source.id] = replace(source, supported=True, replaced=False, withdrawn=False, quarantined=False)
    if newest:
        rows.links[Link(Relation.REPLACES, source.id, newest.id)] = audience
    for passage, vector in zip(bundle.passages, bundle.vectors, strict=True):
        _add_searched(rows, replace(passage, recallable=True, supported=True), vector)
        rows.links[Link(Relation.PART_OF, passage.id, source.id)] = audience
    rows.sentences |= {one.id: found for one, found in zip(bundle.passages, bundle.sentences, strict=False)}
    for claim in bundle.claims:
        rows.items.setdefault(claim.id, claim)
    _add_lineage(rows, audience, bundle.derivations, source.added_at)
    _add_entities(rows, bundle.entities, bundle.mentions)
    _add_relations(rows, source.scope, bundle.relations)
    return True


def add_answer(rows: TenantRows, bundle: AnswerBundle) -> bool:
    """Store an answer; False when it is known. Raises `UnknownItem`, `WiderItem` before anything has changed."""
    answer = bundle.answer
    if answer.id in rows.items:
        return False
    admit(bundle, {item_id: rows.items[item_id].scope.audience for item_id in named(bundle) & rows.items.keys()})
    rows.number += 1
    new = {claim.id: (claim, vector) for claim, vector in zip(bundle.claims, bundle.vectors, strict=True)}
    new = {claim_id: found for claim_id, found in new.items() if claim_id not in rows.items}
    for claim, vector in new.values():
        if claim.searched:
            _add_searched(rows, claim, vector)
        rows.items[claim.id] = claim
    rows.items[answer.id] = answer
    audience = answer.scope.audience
    for use in answer.used:
        rows.links[Link(Relation.USED, answer.id, use.item_id, use)] = audience
    for claim_id in answer.asserts:
        rows.links[Link(Relation.ASSERTS, answer.id, claim_id)] = audience
    _add_lineage(rows, audience, bundle.derivations, answer.recorded_at)
    for retraction in bundle.retractions:
        if retraction.withdraws in new:
            add_retraction(rows, retraction, answer.scope)
    _add_entities(rows, bundle.entities, bundle.mentions)
    _add_relations(rows, answer.scope, bundle.relations)
    return True


def add_retraction(rows: TenantRows, retraction: Retraction, decider: Scope) -> Retraction:
    """Store a decision under the scope of its item; the decision as it is stored."""
    stored = retraction.kept(rows.items[retraction.withdraws].scope, decider)
    rows.items[stored.id] = stored
    rows.links[Link(Relation.WITHDRAWS, stored.id, stored.withdraws)] = stored.scope.audience
    return stored


def owned(scope: Scope, item: Item) -> bool:
    """Whether an item is the scope's own or narrower."""
    return _within(scope, item.scope.audience)


def stands(item: Item, standing: Standing | None) -> bool:
    """Whether an item has a standing; None asks for nothing."""
    match standing:
        case None:
            return True
        case Standing.UNSUPPORTED:
            return isinstance(item, Source | Passage | Claim | Answer) and not item.supported
        case Standing.WITHDRAWN:
            return isinstance(item, Source | Claim) and item.withdrawn
        case Standing.QUARANTINED:
            return isinstance(item, Source | Claim) and item.quarantined
        case Standing.STALE:
            return item.replaced if isinstance(item, Source) else isinstance(item, Claim | Answer) and item.stale


def ranked(rows: TenantRows, scores: Mapping[str, float], k: int) -> list[Scored]:
    """The k items of the highest scores, ties by id."""
    order = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    return [_scored(rows.items[item_id], score) for item_id, score in order[:k]]


def _scored(item: Item, score: float) -> Scored:
    return Scored(item.id, score, LABELS[type(item)], item.title if isinstance(item, Passage) else "")


def listing_order(rows: TenantRows, item: Item) -> tuple[float | str, str, int]:
    """Newest first, ties by id; passages as they stand in their source, entities by name."""
    match item:
        case Source():
            return (-item.added_at.timestamp(), item.id, 0)
        case Passage():
            return (*listing_order(rows, rows.items[item.source_id])[:2], item.ordinal)
        case Entity():
            return (item.name, item.id, 0)
        case Claim() | Answer():
            return (-item.recorded_at.timestamp(), item.id, 0)
        case Retraction():
            return (-item.at.timestamp(), item.id, 0)


def _within(scope: Scope, audience: str) -> bool:
    parts = zip(scope.audience.split("\x1f"), audience.split("\x1f"), strict=True)
    return all(own in ("", part) for own, part in parts)


def _add_searched(rows: TenantRows, item: Passage | Claim, vector: Sequence[float]) -> None:
    rows.items[item.id] = item
    rows.vectors[item.id] = tuple(vector)
    rows.words[item.id] = term_counts(item.title if isinstance(item, Passage) else "", item.text)
    rows.revisions[item.id] = rows.number


def _add_lineage(rows: TenantRows, audience: str, derivations: Iterable[Derivation], at: datetime) -> None:
    for row in derivations:
        link = Link(Relation.DERIVED_FROM, row.claim_id, row.antecedent_id, row)
        rows.links.setdefault(link, audience)
        rows.times.setdefault(link, at)


def _add_entities(rows: TenantRows, entities: Iterable[Entity], mentions: Iterable[Mention]) -> None:
    for entity in entities:
        known = rows.items.setdefault(entity.id, entity)
        if isinstance(known, Entity) and not set(entity.aliases) <= set(known.aliases):
            rows.items[entity.id] = replace(known, aliases=tuple(sorted({*known.aliases, *entity.aliases})))
    for mention in mentions:
        link = Link(Relation.MENTIONS, mention.item_id, mention.entity_id, mention)
        rows.links[link] = rows.items[mention.item_id].scope.audience


def _add_relations(rows: TenantRows, scope: Scope, relations: Iterable[EntityRelation]) -> None:
    for relation in relations:
        claims = rows.chosen(scope, [relation.claim_id])
        seen = rows.chosen(scope, [relation.subject_id, relation.object_id])
        if any(claim.scope == scope for claim in claims) and sum(isinstance(item, Entity) for item in seen) == 2:
            link = Link(Relation.RELATES_TO, relation.subject_id, relation.object_id, relation)
            rows.links.setdefault(link, scope.audience)
