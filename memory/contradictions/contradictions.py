"""`Contradictions`: claims that exclude each other are noticed when they are written, found by a sweep, and resolved.

Decides the order of the steps: look up what mentions the same things, compare, store, and do what the policy says. Each
step may run again: a contradiction is known by its pair, and one that was resolved is never raised anew. It refuses to
decide who is right: a policy acts on the newcomer, a person on either side.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from stemma.memory.contradictions.deciding import Deciding
from stemma.memory.contradictions.model import (
    AT_WRITING,
    PER_ENTITY,
    RULES,
    ComparedClaim,
    Conflict,
    Policy,
    Resolution,
    SweepProgress,
    Weighed,
)
from stemma.memory.contradictions.pairs import Found, candidates, entity_ids, excluding, to_judge
from stemma.memory.contradictions.ports import ContradictionJudge
from stemma.memory.contradictions.weighing import preferred
from stemma.memory.identifiers import contradiction_id
from stemma.memory.model import Claim, Scope, Source
from stemma.memory.ports import MemoryGraph

_PAGE = 256
"""Claims that a sweep compares at once: what stopping may cost."""
_JUDGED = 32
"""Pairs that a model is asked about for one page of claims, at most."""


class Contradictions:
    """The contradictions of one open store. Every method may raise what the store raises."""

    def __init__(
        self, graph: MemoryGraph, policy: Policy = Policy.FLAG, judge: ContradictionJudge | None = None
    ) -> None:
        """Without a judge, the rules alone find what they find."""
        self._graph = graph
        self._judge = judge
        self._deciding = Deciding(graph, policy)

    async def notice(self, scope: Scope, claims: Sequence[ComparedClaim]) -> list[Conflict]:
        """Compare claims of exactly this scope with all that it sees of the same things; what is new, as it is stored.

        Each is compared with at most `AT_WRITING` others for each entity by which others are found (`told_of`); a sweep
        goes further. Claims that are stale or not current take no part.
        """
        return [] if self._deciding.policy is Policy.OFF else await self._compare(scope, claims, AT_WRITING)

    async def _compare(self, scope: Scope, claims: Sequence[ComparedClaim], most: int) -> list[Conflict]:
        if not claims:
            return []
        ids = await asyncio.to_thread(entity_ids, scope, claims)
        about = await self._graph.claims_about(scope, sorted({one for some in ids.values() for one in some}), most)
        pairs = await asyncio.to_thread(candidates, claims, ids, about)
        found = await asyncio.to_thread(excluding, pairs) if pairs else []
        told = [(each, RULES) for each in found]
        if self._judge and (asked := to_judge(pairs, found, _JUDGED)):
            told += await _judged(self._judge, asked)
        return await self._keep(scope, told) if told else []

    async def sweep(
        self,
        scope: Scope,
        *,
        after: str = "",
        most: int | None = None,
        on_progress: Callable[[SweepProgress], None] | None = None,
    ) -> SweepProgress:
        """Compare all claims of exactly this scope, in the order of their ids, or at most so many after one of them.

        What it found stays found when it is stopped, and finding it again changes nothing.
        """
        done = SweepProgress(after=after)
        while most is None or done.claims < most:
            limit = _PAGE if most is None else min(_PAGE, most - done.claims)
            claims = await self._graph.claims_after(scope, done.after, limit)
            new = await self._compare(scope, claims, PER_ENTITY)
            last = claims[-1].id if len(claims) == limit else ""
            done = SweepProgress(done.claims + len(claims), done.found + len(new), last)
            if on_progress:
                on_progress(done)
            if not last:
                break
        return done

    async def page(
        self, scope: Scope, *, open_only: bool = False, limit: int = 20, offset: int = 0
    ) -> tuple[list[Weighed], int]:
        """A page of what the scope may see, the last found first, and how many there are in all.

        With `open_only`, only what nobody resolved and what did not settle itself by a withdrawal since.
        """
        page = await self._graph.conflicts(scope, open_only=open_only, limit=limit, offset=offset)
        return await self._weighed(scope, page.conflicts), page.total

    async def one(self, scope: Scope, conflict_id: str) -> Weighed:
        """One contradiction. Raises `UnknownItem`."""
        [weighed] = await self._weighed(scope, [await self._graph.conflict(scope, conflict_id)])
        return weighed

    async def resolve(
        self, scope: Scope, conflict_id: str, resolution: Resolution, *, actor: str, reason: str = ""
    ) -> Weighed:
        """Decide about a contradiction, for good: it is not raised again.

        KEEP_OLDER withdraws the newer claim. KEEP_NEWER lets it supersede the older one, or withdraws that where both
        were recorded at one time. BOTH_HOLD gives back what was set apart on account of it; only this one may be
        resolved otherwise later.

        Raises `UnknownItem`, `WiderItem` for a claim that is not the scope's to decide about, `AlreadyResolved`, and
        `ValueError` for OPEN.
        """
        weighed = await self.one(scope, conflict_id)
        await self._deciding.resolve(scope, weighed, resolution, actor, reason)
        return await self.one(scope, conflict_id)

    async def _keep(self, scope: Scope, told: Sequence[tuple[Found, str]]) -> list[Conflict]:
        wanted = sorted({claim.id for found, _ in told for claim in (found.first, found.second)})
        claims = {claim.id: claim for claim in await self._graph.claims(scope, wanted)}
        now = datetime.now(UTC)
        made: dict[str, Conflict] = {}
        for found, detector in told:
            one, two = claims.get(found.first.id), claims.get(found.second.id)
            if one and two and all(side.recallable and not side.stale for side in (one, two)):
                conflict = _conflict(scope, one, two, found, detector, now)
                made.setdefault(conflict.id, conflict)
        new = set(await self._graph.put_conflicts(list(made.values())))
        kept = [conflict for conflict in made.values() if conflict.id in new]
        if self._deciding.policy in (Policy.OFF, Policy.FLAG) or not kept:
            return kept
        return [await self._deciding.follow(scope, each) for each in await self._weighed(scope, kept)]

    async def _weighed(self, scope: Scope, conflicts: Sequence[Conflict]) -> list[Weighed]:
        ids = sorted({claim_id for each in conflicts for claim_id in (each.claim_id, each.other_id)})
        claims = {claim.id: claim for claim in await self._graph.claims(scope, ids)} if ids else {}
        behind: dict[str, list[Source]] = {}
        for backing in await self._graph.backings(scope, ids):
            behind.setdefault(backing.claim_id, []).append(backing.source)
        return [_weigh(each, claims, behind) for each in conflicts]


def _weigh(conflict: Conflict, claims: Mapping[str, Claim], behind: Mapping[str, Sequence[Source]]) -> Weighed:
    one, two = claims[conflict.claim_id], claims[conflict.other_id]
    return Weighed(conflict, one, two, preferred(one, behind.get(one.id, ()), two, behind.get(two.id, ())))


def _conflict(scope: Scope, one: Claim, two: Claim, found: Found, detector: str, now: datetime) -> Conflict:
    ours, theirs = found.ours, found.theirs
    if (one.recorded_at, one.id) < (two.recorded_at, two.id):
        one, two, ours, theirs = two, one, theirs, ours
    return Conflict(
        id=contradiction_id(scope, one.id, two.id),
        scope=scope,
        claim_id=one.id,
        other_id=two.id,
        slot=found.slot,
        ours=ours,
        theirs=theirs,
        about=found.about,
        our_quote=one.text,
        their_quote=two.text,
        detector=detector,
        found_at=now,
    )


async def _judged(
    judge: ContradictionJudge, pairs: Sequence[tuple[ComparedClaim, ComparedClaim]]
) -> list[tuple[Found, str]]:
    said = await judge.excluded([(first.said, second.said) for first, second in pairs])
    return [
        (Found(first, second, "meaning", first.text, second.text), judge.name)
        for (first, second), excluded in zip(pairs, said, strict=True)
        if excluded
    ]
