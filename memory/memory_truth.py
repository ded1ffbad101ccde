"""Decisions on the in-memory graph, and the flags that follow from them and from every write.

Decides who may take what back, and writes down what `lineage/support.py` says. It always works out a whole tenant:
the stores that fetch only the region that a decision reaches must come to the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from stemma.memory.consolidation.memory_consolidation import show
from stemma.memory.errors import AlreadyTakenBack, SupersedesNewer, UnknownItem, WiderItem
from stemma.memory.lineage.model import Affected, Effect, Retraction, RetractionKind, Status
from stemma.memory.lineage.refusal import already_given_back, refuse_lifting
from stemma.memory.lineage.support import Facts, statuses
from stemma.memory.memory_rows import LABELS, Link, TenantRows, add_retraction, owned
from stemma.memory.model import Answer, Claim, Derivation, Entity, Node, Passage, Relation, Scope, Source
from stemma.memory.ports import Item

_ORDER = (Node.SOURCE, Node.PASSAGE, Node.CLAIM, Node.ANSWER)


def take_back(rows: TenantRows, scope: Scope, retraction: Retraction) -> Effect:
    """Withdraw or quarantine. Raises what `LineageStore.take_back` says."""
    item = _known(rows, scope, retraction.withdraws)
    if not isinstance(item, Source | Claim):
        raise UnknownItem(f"{item.id!r} is neither a source nor a claim")
    _refuse_wider(scope, item)
    quarantine = retraction.kind is RetractionKind.QUARANTINE
    if item.withdrawn or (quarantine and item.quarantined) or retraction.id in rows.items:
        raise AlreadyTakenBack
    rows.number += 1
    stored = add_retraction(rows, retraction, scope)
    return _effect(rows, scope, settle(rows), stored)


def give_back(rows: TenantRows, scope: Scope, retraction_id: str, actor: str, at: datetime) -> Effect:
    """Lift a decision. Raises what `LineageStore.give_back` says."""
    found = _known(rows, scope, retraction_id)
    if not isinstance(found, Retraction):
        raise UnknownItem(f"{found.id!r} is no decision")
    _refuse_wider(scope, found)
    refuse_lifting(scope, found)
    if found.lifted_at is not None:
        raise already_given_back(found)
    rows.number += 1
    lifted = replace(found, lifted_at=at, lifted_by=actor)
    rows.items[found.id] = lifted
    return _effect(rows, scope, settle(rows), lifted)


def supersede(rows: TenantRows, scope: Scope, newer_id: str, older_id: str, at: datetime | None) -> Effect:
    """Let one claim supersede another. Raises what `LineageStore.supersede` says."""
    newer, older = _known(rows, scope, newer_id), _known(rows, scope, older_id)
    if not (isinstance(newer, Claim) and isinstance(older, Claim)):
        raise UnknownItem("only a claim supersedes, and only a claim")
    _refuse_wider(scope, older)
    _refuse_wider(newer.scope, older)
    if newer.recorded_at <= older.recorded_at:
        raise SupersedesNewer
    link = Link(Relation.SUPERSEDES, newer.id, older.id)
    if link in rows.links:
        return Effect((), 0)
    rows.number += 1
    rows.links[link] = older.scope.audience
    rows.times[link] = at or newer.recorded_at
    return _effect(rows, scope, settle(rows), None)


def settle(rows: TenantRows) -> dict[str, tuple[Status, Status]]:
    """Write every flag as it follows from what is stored; the flags before and after of what changed."""
    facts, decided = facts_of(rows), _open_decisions(rows)
    found = statuses(facts)
    changed: dict[str, tuple[Status, Status]] = {}
    for item_id, after in found.items():
        item = rows.items[item_id]
        if isinstance(item, Entity | Retraction):
            continue
        replaced = any(found[newer].supported for newer in facts.superseded_by.get(item_id, ()))
        flagged = _flagged(item, after, replaced, decided.get(item_id, {}))
        if flagged == item:
            continue
        if status_of(item) != after:
            changed[item_id] = (status_of(item), after)
        rows.items[item_id] = flagged
        if item_id in rows.revisions:
            rows.revisions[item_id] = rows.number
    show(rows)
    return changed


def facts_of(rows: TenantRows) -> Facts:
    """Everything that support depends on."""
    justifications: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    superseded_by: defaultdict[str, set[str]] = defaultdict(set)
    for link in rows.links:
        if isinstance(link.detail, Derivation):
            justifications[link.dependent][link.detail.justification].add(link.antecedent)
        elif link.relation in (Relation.PART_OF, Relation.USED, Relation.ASSERTS):
            justifications[link.dependent][""].add(link.antecedent)
        elif link.relation is Relation.SUPERSEDES:
            superseded_by[link.antecedent].add(link.dependent)
    sources = [item for item in rows.items.values() if isinstance(item, Source)]
    versions: defaultdict[tuple[str, str], list[Source]] = defaultdict(list)
    for source in sorted(sources, key=lambda one: -one.version):
        others = versions[source.scope.audience, source.uri]
        superseded_by[source.id] |= {newer.id for newer in others}
        others.append(source)
    nodes = {item.id: LABELS[type(item)] for item in rows.items.values() if LABELS[type(item)] in _ORDER}
    return Facts(
        nodes=nodes,
        justifications={
            item_id: list(justifications[item_id].values()) if node is Node.CLAIM else [justifications[item_id][""]]
            for item_id, node in nodes.items()
        },
        taken_back=_open_decisions(rows).keys(),
        superseded_by=superseded_by,
    )


def status_of(item: Source | Passage | Claim | Answer) -> Status:
    """The stored flags as one value."""
    match item:
        case Source():
            return Status(item.supported, item.supported and not item.replaced, stale=False)
        case Passage():
            return Status(item.supported, item.recallable, stale=False)
        case Claim():
            return Status(item.supported, item.recallable, item.stale)
        case Answer():
            return Status(item.supported, item.supported, item.stale)


def _flagged(
    item: Source | Passage | Claim | Answer, status: Status, replaced: bool, decided: Mapping[RetractionKind, str]
) -> Source | Passage | Claim | Answer:
    withdrawn, quarantined = RetractionKind.WITHDRAWAL in decided, RetractionKind.QUARANTINE in decided
    if isinstance(item, Source):
        return replace(
            item, supported=status.supported, replaced=replaced, withdrawn=withdrawn, quarantined=quarantined
        )
    if isinstance(item, Passage):
        return replace(item, supported=status.supported, recallable=status.current)
    if isinstance(item, Answer):
        return replace(item, supported=status.supported, stale=status.stale)
    return replace(
        item,
        supported=status.supported,
        recallable=status.current,
        stale=status.stale,
        withdrawn=withdrawn,
        quarantined=quarantined,
        reason=decided.get(RetractionKind.QUARANTINE, ""),
    )


def _open_decisions(rows: TenantRows) -> dict[str, dict[RetractionKind, str]]:
    """By item and kind, the reasons of the decisions that hold."""
    decided: dict[str, dict[RetractionKind, str]] = {}
    for item in rows.items.values():
        if isinstance(item, Retraction) and item.lifted_at is None:
            decided.setdefault(item.withdraws, {})[item.kind] = item.reason
    return decided


def _known(rows: TenantRows, scope: Scope, item_id: str) -> Item:
    item = rows.items.get(item_id)
    if item is None or not (owned(scope, item) or item.scope.audience in scope.audiences()):
        raise UnknownItem(f"there is no {item_id!r} in this scope", hint="stemma memory ls")
    return item


def _refuse_wider(scope: Scope, item: Item) -> None:
    if not owned(scope, item):
        raise WiderItem(f"{item.id!r} belongs to a wider scope than the one that asked")


def _effect(
    rows: TenantRows, scope: Scope, changed: Mapping[str, tuple[Status, Status]], retraction: Retraction | None
) -> Effect:
    seen = [item for item in rows.chosen(scope, list(changed)) if LABELS[type(item)] in _ORDER]
    seen.sort(key=lambda item: _ORDER.index(LABELS[type(item)]))
    affected = [Affected(item.id, LABELS[type(item)], *changed[item.id]) for item in seen]
    return Effect(affected, len(changed) - len(affected), retraction)
