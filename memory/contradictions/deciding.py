"""What follows from a contradiction: by policy when it is found, by a person when it is resolved.

Decides that a policy touches only newcomers: what came together is only flagged, and nothing supersedes what has more
for it. Every step is an ordinary decision of memory, kept with its actor and reason, and can be lifted like one; those
about one contradiction are taken together (`ruling.py`). It refuses to take back a passage: what it states is set
apart, and the passage's hits say that it is contradicted.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from stemma.memory.contradictions.model import POLICY_ACTOR, Conflict, Policy, Resolution, Weighed
from stemma.memory.contradictions.ruling import Ruling, refuse_resolved
from stemma.memory.errors import AlreadyResolved, AlreadyTakenBack, UnknownItem, WiderItem
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
        now = datetime.now(UTC)
        if self.policy is Policy.QUARANTINE:
            reason = f"it contradicts {conflict.other_id}: {told(conflict)}"
            decision = _decision(scope, newer, reason, POLICY_ACTOR, now, RetractionKind.QUARANTINE)
            kept = replace(conflict, decision=decision.id)
            ruling = Ruling(conflict, kept, POLICY_ACTOR, now, taken_back=decision)
        elif self.policy is Policy.SUPERSEDE and weighed.preferred.claim_id == newer.id:
            kept = _resolved(conflict, Resolution.KEEP_NEWER, POLICY_ACTOR, weighed.preferred.reason, now)
            ruling = Ruling(conflict, kept, POLICY_ACTOR, now, superseded=True)
        else:
            return conflict
        try:
            await self._graph.rule(scope, ruling)
        except (AlreadyResolved, AlreadyTakenBack, UnknownItem, WiderItem):
            return conflict
        return kept

    async def resolve(
        self, scope: Scope, weighed: Weighed, resolution: Resolution, actor: str, reason: str
    ) -> Conflict:
        """Carry out what a person decided. Raises what `Contradictions.resolve` says."""
        if resolution is Resolution.OPEN:
            raise ValueError("a contradiction is resolved by keep-older, keep-newer or both-hold")
        conflict, newer, older = weighed.conflict, weighed.claim, weighed.other
        refuse_resolved(conflict)
        _refuse_wider(scope, conflict.scope, conflict.id)
        now = datetime.now(UTC)
        superseded = resolution is Resolution.KEEP_NEWER and newer.recorded_at > older.recorded_at
        gone = {Resolution.KEEP_OLDER: newer, Resolution.KEEP_NEWER: older}.get(resolution)
        decision = None
        if gone and not (superseded or gone.withdrawn):
            decision = _decision(scope, gone, _why(conflict, reason), actor, now, RetractionKind.WITHDRAWAL)
        kept = _resolved(conflict, resolution, actor, reason, now, decision.id if decision else "")
        await self._graph.rule(scope, Ruling(conflict, kept, actor, now, decision, superseded, conflict.decision))
        return kept


def told(conflict: Conflict) -> str:
    """In one line, what the two say otherwise."""
    about = f" ({conflict.about})" if conflict.about else ""
    return f"{conflict.slot}{about}: {conflict.ours!r}, not {conflict.theirs!r}"


def _why(conflict: Conflict, reason: str) -> str:
    return reason or f"another claim was kept ({conflict.id}): {told(conflict)}"


def _resolved(
    conflict: Conflict, resolution: Resolution, actor: str, reason: str, at: datetime, decision: str = ""
) -> Conflict:
    return replace(conflict, resolution=resolution, resolved_by=actor, resolved_at=at, reason=reason, decision=decision)


def _decision(scope: Scope, claim: Claim, reason: str, actor: str, at: datetime, kind: RetractionKind) -> Retraction:
    return Retraction(retraction_id(scope, claim.id, at.isoformat()), scope, claim.id, reason, actor, at, kind=kind)


def _refuse_wider(scope: Scope, other: Scope, conflict_id: str) -> None:
    if not scope.owns(other.audience):
        raise WiderItem(f"{conflict_id!r} belongs to a wider scope than the one that asked")
