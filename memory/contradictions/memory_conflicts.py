"""Contradictions in this process's own memory: the port's mirror, as short as it can be.

Decides nothing that the port does not say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from stemma.memory.contradictions.model import Backing, ComparedClaim, Conflict, ConflictPage, Resolution
from stemma.memory.contradictions.ruling import Ruling, refuse_changed
from stemma.memory.errors import AlreadyGivenBack, UnknownItem
from stemma.memory.memory_rows import TenantRows
from stemma.memory.memory_truth import give_back, supersede, take_back
from stemma.memory.memory_vectors import InMemoryVectors
from stemma.memory.model import Claim, Derivation, Entity, Mention, Passage, Scope, Source


class InMemoryConflicts(InMemoryVectors):
    """`ConflictStore` over the tenants' rows."""

    async def claims_after(self, scope: Scope, after: str, limit: int) -> list[ComparedClaim]:
        rows = self._rows(scope)
        own = [item for item in _current(rows, scope) if item.scope == scope and item.id > after]
        chosen = sorted(own, key=lambda claim: claim.id)[:limit]
        names = _names(rows)
        return [_compared(claim, sorted(names.get(claim.id, ()))) for claim in chosen]

    async def claims_about(self, scope: Scope, entity_ids: Sequence[str], most: int) -> dict[str, list[ComparedClaim]]:
        rows = self._rows(scope)
        current = {item.id: item for item in _current(rows, scope)}
        found: dict[str, dict[str, ComparedClaim]] = {}
        for link in rows.links:
            claim = current.get(link.dependent)
            if claim and isinstance(link.detail, Mention) and link.antecedent in entity_ids:
                found.setdefault(link.antecedent, {})[claim.id] = _compared(claim)
        return {entity: list(claims.values())[:most] for entity, claims in found.items()}

    async def put_conflicts(self, conflicts: Sequence[Conflict]) -> list[str]:
        new = []
        for conflict in conflicts:
            rows = self._rows(conflict.scope)
            sides = rows.chosen(conflict.scope, [conflict.claim_id, conflict.other_id])
            if conflict.id not in rows.conflicts and sum(isinstance(side, Claim) for side in sides) == 2:
                rows.conflicts[conflict.id] = conflict
                new.append(conflict.id)
        return new

    async def conflict(self, scope: Scope, conflict_id: str) -> Conflict:
        for conflict in _visible(self._rows(scope), scope):
            if conflict.id == conflict_id:
                return conflict
        raise UnknownItem(f"there is no {conflict_id!r} in this scope", hint="stemma memory contradictions")

    async def conflicts(self, scope: Scope, *, open_only: bool, limit: int, offset: int = 0) -> ConflictPage:
        rows = self._rows(scope)
        found = [one for one in _visible(rows, scope) if not open_only or _is_open(rows, one)]
        found.sort(key=lambda one: one.id)
        found.sort(key=lambda one: one.found_at, reverse=True)
        return ConflictPage(found[offset : offset + limit], len(found))

    async def rule(self, scope: Scope, ruling: Ruling) -> None:
        refuse_changed(ruling, await self.conflict(scope, ruling.found.id))
        rows = self._rows(scope).copy()
        if ruling.taken_back:
            take_back(rows, scope, ruling.taken_back)
        if ruling.superseded:
            supersede(rows, scope, ruling.found.claim_id, ruling.found.other_id, ruling.at)
        if ruling.given_back:
            with suppress(AlreadyGivenBack):
                give_back(rows, scope, ruling.given_back, ruling.actor, ruling.at)
        rows.conflicts[ruling.found.id] = ruling.kept
        self._tenants[scope.tenant] = rows

    async def backings(self, scope: Scope, claim_ids: Sequence[str]) -> list[Backing]:
        rows, audiences = self._rows(scope), scope.audiences()
        above: dict[str, set[str]] = {}
        for link, audience in rows.links.items():
            if isinstance(link.detail, Derivation) and audience in audiences:
                above.setdefault(link.dependent, set()).add(link.antecedent)
        found = []
        for claim in rows.chosen(scope, claim_ids):
            ends = rows.chosen(scope, sorted(_closure(claim.id, above)))
            passages = [item for item in ends if isinstance(item, Passage) and item.recallable]
            sources = rows.chosen(scope, sorted({passage.source_id for passage in passages}))
            found += [Backing(claim.id, item) for item in sources if isinstance(item, Source) and item.supported]
        return sorted(found, key=lambda backing: (backing.claim_id, backing.source.id))


def contradicted(rows: TenantRows, scope: Scope, ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """By passage or claim: the current claims that contradict it; what nothing contradicts is left out."""
    said: dict[str, set[str]] = {item_id: {item_id} for item_id in ids}
    for link in rows.links:
        if isinstance(link.detail, Derivation) and isinstance(rows.items.get(link.antecedent), Passage):
            said.get(link.antecedent, set()).add(link.dependent)
    current = {
        claim.id for claim in rows.chosen(scope, list(rows.items)) if isinstance(claim, Claim) and claim.recallable
    }
    against: dict[str, set[str]] = {}
    for conflict in _visible(rows, scope):
        if conflict.resolution is not Resolution.BOTH_HOLD:
            against.setdefault(conflict.claim_id, set()).add(conflict.other_id)
            against.setdefault(conflict.other_id, set()).add(conflict.claim_id)
    found = {
        item_id: tuple(sorted(set().union(*(against.get(one, set()) for one in claims)) & current))
        for item_id, claims in said.items()
    }
    return {item_id: others for item_id, others in found.items() if others}


def _current(rows: TenantRows, scope: Scope) -> list[Claim]:
    seen = rows.visible(scope)
    return [item for item in seen if isinstance(item, Claim) and item.recallable and not item.stale]


def _names(rows: TenantRows) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for link in rows.links:
        thing = rows.items.get(link.antecedent)
        if isinstance(link.detail, Mention) and isinstance(thing, Entity):
            found.setdefault(link.dependent, set()).add(thing.name)
    return found


def _compared(claim: Claim, names: Sequence[str] = ()) -> ComparedClaim:
    when = (claim.recorded_at, claim.valid_from, claim.valid_to)
    return ComparedClaim(claim.id, claim.scope.audience, claim.text, *when, tuple(names), claim.subject)


def _visible(rows: TenantRows, scope: Scope) -> list[Conflict]:
    return [one for one in rows.conflicts.values() if one.scope.audience in scope.audiences()]


def _is_open(rows: TenantRows, conflict: Conflict) -> bool:
    sides = [rows.items.get(conflict.claim_id), rows.items.get(conflict.other_id)]
    return conflict.resolution is Resolution.OPEN and all(
        isinstance(side, Claim) and not side.withdrawn and (side.recallable or side.quarantined) for side in sides
    )


def _closure(claim_id: str, above: dict[str, set[str]]) -> set[str]:
    found, waiting = {claim_id}, [claim_id]
    while waiting:
        for antecedent in above.get(waiting.pop(), set()) - found:
            found.add(antecedent)
            waiting.append(antecedent)
    return found
