"""Consolidation in this process's own memory: the port's mirror, as short as it can be.

Decides nothing that the port does not say: what is shown is worked out for a whole tenant with every change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from stemma.memory.consolidation.model import (
    Candidate,
    Consolidation,
    Demotion,
    DemotionRule,
    Duplicate,
    Mark,
    Precedence,
    precedence,
)
from stemma.memory.consolidation.refusal import refuse_undoing
from stemma.memory.consolidation.standing import hidden
from stemma.memory.memory_rows import LABELS, Link, TenantRows
from stemma.memory.memory_vectors import InMemoryVectors
from stemma.memory.model import Answer, Claim, Derivation, Node, Passage, Relation, Scope, Source, SourceKind


class InMemoryConsolidation(InMemoryVectors):
    """`ConsolidationStore` over the tenants' rows."""

    async def candidates(self, scope: Scope, node: Node, after: str, limit: int) -> list[Candidate]:
        rows = self._rows(scope)
        own = [item for item in rows.items.values() if item.scope == scope and item.id > after]
        both = [item for item in own if isinstance(item, Source | Claim) and LABELS[type(item)] is node]
        current = [item for item in both if is_current(item)]
        kept = [item for item in current if not (isinstance(item, Source) and item.kind is SourceKind.STORE)]
        used = _last_used(rows)
        page = sorted(kept, key=lambda item: item.id)[:limit]
        return [
            _of_claim(rows, item, used) if isinstance(item, Claim) else _of_source(rows, item, used) for item in page
        ]

    async def consolidate(
        self, run: Consolidation, duplicates: Sequence[Duplicate], demotions: Sequence[Demotion]
    ) -> Consolidation:
        rows = self._rows(run.scope)
        own = {item.id: LABELS[type(item)] for item in rows.items.values() if item.scope == run.scope}
        new = [
            one
            for one in duplicates
            if (one.id, one.canonical) not in rows.duplicates and own.get(one.id) is own.get(one.canonical) is one.node
        ]
        low = [one for one in demotions if (one.id, one.rule) not in rows.demotions and own.get(one.id) is one.node]
        known = rows.runs.get(run.id, replace(run, sources=0, claims=0, demoted=0))
        if not new and not low:
            return known
        sources = sum(one.node is Node.SOURCE for one in new)
        known = replace(
            known,
            sources=known.sources + sources,
            claims=known.claims + len(new) - sources,
            demoted=known.demoted + len(low),
        )
        rows.number += 1
        rows.runs[run.id] = known
        rows.duplicates |= {(one.id, one.canonical): (one, run.id) for one in new}
        rows.demotions |= {(one.id, one.rule): (one, run.id) for one in low}
        rows.links |= {_link(one): run.scope.audience for one in new}
        show(rows)
        return known

    async def undo_consolidation(self, scope: Scope, run_id: str, *, actor: str, at: datetime) -> Consolidation:
        rows = self._rows(scope)
        run = refuse_undoing(scope, run_id, rows.runs.get(run_id))
        rows.number += 1
        undone = {_link(one) for one, made_by in rows.duplicates.values() if made_by == run_id}
        rows.links = {link: seen for link, seen in rows.links.items() if link not in undone}
        rows.duplicates = {pair: made for pair, made in rows.duplicates.items() if made[1] != run_id}
        rows.demotions = {pair: made for pair, made in rows.demotions.items() if made[1] != run_id}
        rows.runs[run_id] = replace(run, undone_at=at, undone_by=actor)
        show(rows)
        return rows.runs[run_id]

    async def consolidations(self, scope: Scope, *, limit: int, offset: int = 0) -> tuple[list[Consolidation], int]:
        audiences = scope.audiences()
        seen = [run for run in self._rows(scope).runs.values() if run.scope.audience in audiences]
        seen.sort(key=lambda run: (-run.at.timestamp(), run.id))
        return seen[offset : offset + limit], len(seen)

    async def marks(self, scope: Scope, ids: Sequence[str]) -> Mapping[str, Mark]:
        rows = self._rows(scope)
        seen = [item.id for item in rows.chosen(scope, ids)]
        also = also_said(rows, seen)
        found = {one: Mark(rows.hidden.get(one, ""), also.get(one, 0), demoted_by(rows, one)) for one in seen}
        return {item_id: mark for item_id, mark in found.items() if mark != Mark()}


def show(rows: TenantRows) -> None:
    """Work out what is hidden, and stamp what is found by a search from now on, or no longer."""
    known = {item_id for pair in rows.duplicates for item_id in pair} & rows.items.keys()
    items = [item for item in (rows.items[item_id] for item_id in known) if isinstance(item, Source | Claim)]
    before = rows.hidden
    places = {item.id: place_of(item) for item in items}
    rows.hidden = hidden(rows.duplicates, places, {item.id for item in items if is_current(item)})
    changed = before.keys() ^ rows.hidden.keys()
    for item_id in rows.revisions if changed else ():
        if whose(rows, item_id) in changed:
            rows.revisions[item_id] = rows.number


def whose(rows: TenantRows, item_id: str) -> str:
    """What is merged and demoted as a whole: the source of a passage, a claim itself."""
    item = rows.items[item_id]
    return item.source_id if isinstance(item, Passage) else item_id


def demoted_by(rows: TenantRows, item_id: str) -> tuple[DemotionRule, ...]:
    """The rules that hold for this source or claim; that of a stale claim only while it is stale."""
    item = rows.items.get(item_id)
    stale = isinstance(item, Claim) and item.stale
    rules = (rule for rule in DemotionRule if (item_id, rule) in rows.demotions)
    return tuple(rule for rule in rules if stale or rule is not DemotionRule.STALE)


def also_said(rows: TenantRows, ids: Iterable[str]) -> dict[str, int]:
    """By source or claim, how many hidden ones it is shown for; only where there are any."""
    counts = Counter(rows.hidden.values())
    return {item_id: counts[item_id] for item_id in ids if item_id in counts}


def demoted_items(rows: TenantRows, passages: Iterable[Passage], claims: Iterable[Claim]) -> frozenset[str]:
    """Those of the items that are recalled below the rest."""
    ids = [*(item.id for item in passages), *(item.id for item in claims)]
    return frozenset(item_id for item_id in ids if demoted_by(rows, whose(rows, item_id)))


def promote(rows: TenantRows, answer: Answer) -> None:
    """End the demotion of what a new answer uses or states."""
    used = {*(use.item_id for use in answer.used), *answer.asserts}
    rests = {
        link.antecedent for link in rows.links if link.relation is Relation.DERIVED_FROM and link.dependent in used
    }
    ended = {whose(rows, item_id) for item_id in used | rests if item_id in rows.items}
    rows.demotions = {pair: made for pair, made in rows.demotions.items() if pair[0] not in ended}


def is_current(item: Source | Claim) -> bool:
    """Whether a source or claim is current."""
    return item.supported and not item.replaced if isinstance(item, Source) else item.recallable


def _link(one: Duplicate) -> Link:
    return Link(Relation.DUPLICATES, one.id, one.canonical)


def place_of(item: Source | Claim) -> Precedence:
    came_at, weight = (item.added_at, item.trust) if isinstance(item, Source) else (item.recorded_at, item.confidence)
    searched = isinstance(item, Source) or item.searched
    when = came_at.astimezone(UTC).isoformat(timespec="microseconds")
    return precedence(searched=searched, weight=weight, came_at=when, item_id=item.id)


def _of_claim(rows: TenantRows, item: Claim, used: Mapping[str, datetime]) -> Candidate:
    return Candidate(
        id=item.id,
        node=Node.CLAIM,
        title="",
        texts=(item.text,),
        content_hash="",
        weight=item.confidence,
        came_at=item.recorded_at,
        last_used=used.get(item.id),
        searched=item.searched,
        stale=item.stale,
        hidden=item.id in rows.hidden,
        demoted=frozenset(demoted_by(rows, item.id)),
    )


def _of_source(rows: TenantRows, item: Source, used: Mapping[str, datetime]) -> Candidate:
    passages = [one for one in rows.items.values() if isinstance(one, Passage) and one.source_id == item.id]
    ids = {one.id for one in passages}
    derived = {link.dependent for link in rows.links if isinstance(link.detail, Derivation) and link.antecedent in ids}
    return Candidate(
        id=item.id,
        node=Node.SOURCE,
        uri=item.uri,
        title=item.title,
        texts=tuple(one.text for one in sorted(passages, key=lambda one: one.ordinal)),
        content_hash=item.content_hash,
        weight=item.trust,
        came_at=item.added_at,
        last_used=max((used[one] for one in ids | derived if one in used), default=None),
        hidden=item.id in rows.hidden,
        demoted=frozenset(demoted_by(rows, item.id)),
    )


def _last_used(rows: TenantRows) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for answer in rows.items.values():
        if isinstance(answer, Answer):
            for item_id in {*(use.item_id for use in answer.used), *answer.asserts}:
                found[item_id] = max(answer.recorded_at, found.get(item_id, answer.recorded_at))
    return found
