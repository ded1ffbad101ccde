"""`Consolidator`: what says the same is shown once, what nobody used stands below the rest. Nothing is deleted.

Decides the course of a run: look at all of one audience page by page, then write in parts, each a transaction that
holds by itself. So a run may be cut short at any time; the next one finds what is left. The rules stand in
`findings.py` and `sameness.py`; what follows from them is worked out in the store, with every write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from stemma.memory.consolidation.findings import Grouping, demotions, keyed
from stemma.memory.consolidation.model import (
    Consolidation,
    ConsolidationProgress,
    ConsolidationReport,
    Demotion,
    Duplicate,
    Mark,
)
from stemma.memory.consolidation.sameness import claim_key, same_statement
from stemma.memory.identifiers import consolidation_id
from stemma.memory.ingest.subjects import begins_with_pronoun, needs_subject
from stemma.memory.model import Claim, Node, Scope
from stemma.memory.ports import MemoryGraph

DEMOTE_AFTER_DAYS = 90
_PAGE = 1_000
_PART = 500
Watch = Callable[[ConsolidationProgress], None]


class Consolidator:
    """Runs over one open store. Every method may raise what the store raises."""

    def __init__(self, graph: MemoryGraph, *, demote_after_days: float = DEMOTE_AFTER_DAYS) -> None:
        """What came in fewer days ago is never demoted; with 0 days nothing ever is.

        Raises `ValueError` for fewer days than 0.
        """
        if demote_after_days < 0:
            raise ValueError(f"demote_after_days must not be negative, and {demote_after_days} is")
        self._graph = graph
        self._after = timedelta(days=demote_after_days)

    async def run(
        self,
        scope: Scope,
        *,
        actor: str,
        dry_run: bool = False,
        now: datetime | None = None,
        on_progress: Watch | None = None,
    ) -> ConsolidationReport:
        """Merge and demote what the rules say, within exactly this scope's audience.

        Again finds nothing. What was written stays when this is cancelled, and doing it again goes on from there. A dry
        run says what it would do, and writes nothing.
        """
        now = now or datetime.now(UTC)
        watch = on_progress or _nobody
        run = Consolidation(consolidation_id(scope, now.isoformat()), scope, actor, now)
        merges: list[Duplicate] = []
        demoted: list[Demotion] = []
        looked_at = 0
        for node in (Node.SOURCE, Node.CLAIM):
            found, some, looked_at = await self._look(scope, node, now, looked_at, watch)
            merges += await self._sure(scope, found) if node is Node.CLAIM else found
            demoted += some
        merged = {one.id for one in merges}
        demoted = [one for one in demoted if one.id not in merged]
        if dry_run:
            sources = sum(one.node is Node.SOURCE for one in merges)
            run = replace(run, sources=sources, claims=len(merges) - sources, demoted=len(demoted))
        else:
            run = await self._write(run, merges, demoted, looked_at, watch)
        return ConsolidationReport(run, merges, demoted, looked_at)

    async def undo(self, scope: Scope, run_id: str, *, actor: str) -> Consolidation:
        """Take back exactly what one run did. Raises `UnknownItem`, `WiderItem`, `AlreadyUndone`."""
        return await self._graph.undo_consolidation(scope, run_id, actor=actor, at=datetime.now(UTC))

    async def runs(self, scope: Scope, *, limit: int = 20, offset: int = 0) -> tuple[list[Consolidation], int]:
        """A page of the runs that the scope may see, newest first, and how many there are in all."""
        return await self._graph.consolidations(scope, limit=limit, offset=offset)

    async def marks(self, scope: Scope, ids: Sequence[str]) -> Mapping[str, Mark]:
        """What consolidation made of those of these sources and claims that the scope may see."""
        return await self._graph.marks(scope, ids)

    async def _look(
        self, scope: Scope, node: Node, now: datetime, looked_at: int, watch: Watch
    ) -> tuple[list[Duplicate], list[Demotion], int]:
        grouping, demoted, after = Grouping(node), list[Demotion](), ""
        while page := await self._graph.candidates(scope, node, after, _PAGE):
            after = page[-1].id
            grouping.add(await asyncio.to_thread(keyed, page))
            if self._after:
                demoted += demotions(page, now=now, after=self._after)
            looked_at += len(page)
            watch(ConsolidationProgress(looked_at, 0, 0))
        return list(grouping.duplicates()), demoted, looked_at

    async def _sure(self, scope: Scope, found: Sequence[Duplicate]) -> list[Duplicate]:
        """Those of the claims of one key in whose slots nothing differs."""
        sure = []
        for start in range(0, len(found), _PART):
            some = found[start : start + _PART]
            ids = dict.fromkeys(item for one in some for item in (one.id, one.canonical))
            claims = {claim.id: claim for claim in await self._graph.claims(scope, list(ids))}
            sure += [
                one
                for one in some
                if one.id in claims and one.canonical in claims and _say_the_same(claims[one.id], claims[one.canonical])
            ]
        return sure

    async def _write(
        self, run: Consolidation, merges: Sequence[Duplicate], demoted: Sequence[Demotion], looked_at: int, watch: Watch
    ) -> Consolidation:
        found = len(merges) + len(demoted)
        for start in range(0, found, _PART):
            end = start + _PART
            some, others = merges[start:end], demoted[max(0, start - len(merges)) : max(0, end - len(merges))]
            run = await self._graph.consolidate(run, some, others)
            watch(ConsolidationProgress(looked_at, min(end, found), found))
        return run


def _say_the_same(one: Claim, other: Claim) -> bool:
    """Whether two claims of one key speak of the same thing, and nothing in their slots differs."""
    if needs_subject(one.text) and needs_subject(other.text):
        unknown = begins_with_pronoun(one.text) and not one.subject
        if unknown or claim_key(one.subject) != claim_key(other.subject):
            return False
    return same_statement(one.text, other.text)


def _nobody(_: ConsolidationProgress) -> None:
    return None
