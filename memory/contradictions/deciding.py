"""What follows from a contradiction: by policy when it is found, by a person when it is resolved.

Decides that a policy touches only newcomers: what came together is only flagged, and nothing supersedes what has more
for it. Every step is an ordinary decision of memory, kept with its actor and reason, and can be lifted like one. It
refuses to take back a passage: what it states is set apart, and the passage's hits say that it is contradicted.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from stemma.memory.contradictions.model import POLICY_ACTOR, Conflict, Policy, Resolution, Weighed
from stemma.memory.errors import AlreadyResolved, AlreadyTakenBack, SupersedesNewer, UnknownItem, WiderItem
from stemma.memory.identifiers import retraction_id
from stemma.memory.lineage.model import Retraction, RetractionKind
from stemma.memory.model import Claim, Scope
from stemma.memory.ports import MemoryGraph


class Deciding:
    """Decisions on account of contradictions, in one store."""

    def __init__(self, graph: MemoryGraph, policy: Policy) -> None:
        self._graph = graph
        self.policy = policy

    async def follow(self, scope: Scope, weighed: Weighed) -> Conflict:
        """Do what the policy says about a new contradiction; the contradiction as it stands then.

        Where the scope may not decide about a side, it is only flagged.
        """
        newer, older, conflict = weighed.claim, weighed.other, weighed.conflict
        if newer.recorded_at == older.recorded_at:
            return conflict
        try:
            if self.policy is Policy.QUARANTINE:
                return await self._quarantine(scope, weighed)
            if self.policy is Policy.SUPERSEDE and weighed.preferred.claim_id == newer.id:
                await self._graph.supersede(scope, newer.id, older.id, at=datetime.now(UTC))
                return await self._resolved(conflict, Resolution.KEEP_NEWER, POLICY_ACTOR, weighed.preferred.reason)
        except (AlreadyTakenBack, SupersedesNewer, UnknownItem, WiderItem):
            pass
        return conflict

    async def resolve(
        self, scope: Scope, weighed: Weighed, resolution: Resolution, actor: str, reason: str
    ) -> Conflict:
        """Carry out what a person decided. Raises what `Contradictions.resolve` says."""
        if resolution is Resolution.OPEN:
            raise ValueError("a contradiction is resolved by keep-older, keep-newer or both-hold")
        conflict, newer, older = weighed.conflict, weighed.claim, weighed.other
        if conflict.resolution not in (Resolution.OPEN, Resolution.BOTH_HOLD):
            raise AlreadyResolved(
                f"{conflict.id!r} was resolved by {conflict.resolved_by} ({conflict.resolution})",
                hint=f"stemma memory restore {conflict.decision}" if conflict.decision else "",
            )
        _refuse_wider(scope, conflict.scope, conflict.id)
        decision = ""
        if resolution is Resolution.KEEP_OLDER:
            decision = await self._withdraw(scope, newer, conflict, actor, reason)
        elif resolution is Resolution.KEEP_NEWER:
            decision = await self._prefer_newer(scope, newer, older, conflict, actor, reason)
        else:
            await self._give_back(scope, conflict, actor)
        return await self._resolved(conflict, resolution, actor, reason, decision)

    async def _quarantine(self, scope: Scope, weighed: Weighed) -> Conflict:
        conflict, newer = weighed.conflict, weighed.claim
        reason = f"it contradicts {conflict.other_id}: {told(conflict)}"
        decision = _decision(scope, newer, reason, POLICY_ACTOR, RetractionKind.QUARANTINE)
        await self._graph.take_back(scope, decision)
        kept = replace(conflict, decision=decision.id)
        await self._graph.resolve_conflict(kept)
        return kept

    async def _withdraw(self, scope: Scope, claim: Claim, conflict: Conflict, actor: str, reason: str) -> str:
        """Withdraw one side for good, in place of the quarantine that it may be in."""
        decision = _decision(scope, claim, _why(conflict, reason), actor, RetractionKind.WITHDRAWAL)
        if not claim.withdrawn:
            await self._graph.take_back(scope, decision)
        await self._give_back(scope, conflict, actor)
        return "" if claim.withdrawn else decision.id

    async def _prefer_newer(
        self, scope: Scope, newer: Claim, older: Claim, conflict: Conflict, actor: str, reason: str
    ) -> str:
        try:
            await self._graph.supersede(scope, newer.id, older.id, at=datetime.now(UTC))
        except SupersedesNewer:
            return await self._withdraw(scope, older, conflict, actor, reason)
        await self._give_back(scope, conflict, actor)
        return ""

    async def _give_back(self, scope: Scope, conflict: Conflict, actor: str) -> None:
        """Lift the quarantine that the policy made, unless somebody did already."""
        if not conflict.decision:
            return
        held = await self._graph.retraction(scope, conflict.decision)
        if held.lifted_at is None:
            await self._graph.give_back(scope, held.id, actor=actor, at=datetime.now(UTC))

    async def _resolved(
        self, conflict: Conflict, resolution: Resolution, actor: str, reason: str, decision: str = ""
    ) -> Conflict:
        kept = replace(
            conflict,
            resolution=resolution,
            resolved_by=actor,
            resolved_at=datetime.now(UTC),
            reason=reason,
            decision=decision,
        )
        await self._graph.resolve_conflict(kept)
        return kept


def told(conflict: Conflict) -> str:
    """In one line, what the two say otherwise."""
    about = f" ({conflict.about})" if conflict.about else ""
    return f"{conflict.slot}{about}: {conflict.ours!r}, not {conflict.theirs!r}"


def _why(conflict: Conflict, reason: str) -> str:
    return reason or f"another claim was kept ({conflict.id}): {told(conflict)}"


def _decision(scope: Scope, claim: Claim, reason: str, actor: str, kind: RetractionKind) -> Retraction:
    at = datetime.now(UTC)
    return Retraction(retraction_id(scope, claim.id, at.isoformat()), scope, claim.id, reason, actor, at, kind=kind)


def _refuse_wider(scope: Scope, other: Scope, conflict_id: str) -> None:
    if not scope.owns(other.audience):
        raise WiderItem(f"{conflict_id!r} belongs to a wider scope than the one that asked")
