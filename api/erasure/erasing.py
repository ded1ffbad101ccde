"""Erasing a person above all packages: plan, erase, look into copies, compact, and check that nothing is left.

Decides the order, and that each step may be done again: what a crash leaves is taken up by the next call. A thread that
others used too is erased only where that was said; a run that is not over is waited for by nobody: the call is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stemma.api.erasure.copies import CopyReport, Policy, treat
from stemma.api.erasure.journal import Journal
from stemma.graphs.errors import Conflict
from stemma.memory.erasure.copies import Copy
from stemma.memory.erasure.model import Counts, Found, Plan, Subject, Traces, total
from stemma.memory.erasure.ports import Eraser
from stemma.memory.erasure.remains import search


@dataclass(frozen=True, slots=True)
class ErasurePlan:
    """What would go."""

    plans: dict[str, Plan]
    """By store."""
    traces: Traces
    """By what it is recognised, and what nobody else has said."""
    copies: Sequence[CopyReport]

    @property
    def shared(self) -> frozenset[str]:
        return frozenset().union(*(plan.shared for plan in self.plans.values()))

    @property
    def busy(self) -> frozenset[str]:
        return frozenset().union(*(plan.busy for plan in self.plans.values()))


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What went, what is left to do, and what the check found."""

    gone: dict[str, Counts]
    """By store; what a call that was cut short had erased, included."""
    copies: Sequence[CopyReport]
    notes: Sequence[str]
    """What a person has to do."""
    needles: int
    """How many ids and texts were looked for afterwards."""
    found: Sequence[Found]
    resumed: bool = False

    @property
    def clean(self) -> bool:
        return not self.found and not self.notes and not any(copy.holds for copy in self.copies)


@dataclass(slots=True)
class Erasing:
    """The stores of one installation, runs first: their keys, crons and threads are what could write anew."""

    erasers: Sequence[Eraser]
    journal: Journal
    copies: Sequence[Copy]
    folder: Path
    """The data folder: everything below it is looked through, whatever made it."""
    on_step: Callable[[str], None] = field(default=lambda _step: None)

    async def plan(self, subject: Subject) -> ErasurePlan:
        """What is there, and which copies hold some of it."""
        before = self.journal.unfinished(subject)
        traces, plans = Traces(before.ids if before else frozenset()), {}
        for eraser in self.erasers:
            if eraser.follows:
                traces = await self._theirs_alone(subject, traces)
            plans[eraser.name] = await eraser.plan(subject, traces)
            traces |= plans[eraser.name].traces
        return ErasurePlan(plans, traces, [await treat(copy, subject, Policy.KEEP) for copy in self.copies])

    async def erase(self, subject: Subject, *, shared: bool, policy: Policy) -> ErasureReport:
        """Remove everything. Raises `Conflict` for runs that are not over, and for shared threads unless `shared`."""
        planned = await self.plan(subject)
        self._refuse(planned, shared=shared)
        before, traces = self.journal.unfinished(subject), planned.traces
        erasure = self.journal.begin(subject, traces, before)
        gone: dict[str, Counts] = dict(before.gone) if before else {}
        # What follows from others' texts goes first: after a crash those texts are there to be read again.
        for eraser in sorted(self.erasers, key=lambda one: not one.follows):
            self.on_step(f"erasing {eraser.name}")
            gone[eraser.name] = total([gone.get(eraser.name, {}), await eraser.erase(subject, traces)])
            self.journal.step(erasure, eraser.name, gone[eraser.name])
        copies = []
        for copy in self.copies:
            self.on_step(f"looking into {copy.path.name}")
            copies.append(await treat(copy, subject, policy))
        notes = await self._compact()
        self.on_step("looking for what should be gone")
        needles = traces.needles()
        found = await asyncio.to_thread(self._remains, needles, copies)
        if not notes:
            self.journal.end(erasure)
        return ErasureReport(gone, copies, notes, len(needles), found, resumed=before is not None)

    async def _theirs_alone(self, subject: Subject, traces: Traces) -> Traces:
        """Without what others have said too: a row of theirs must not go for it, and finding it says nothing."""
        self.on_step("choosing what to look for")
        needles = traces.needles()
        common = [await eraser.others(subject, needles) for eraser in self.erasers if needles]
        return traces.without(frozenset().union(*common))

    async def _compact(self) -> list[str]:
        notes = []
        for eraser in self.erasers:
            self.on_step(f"compacting {eraser.name}")
            done = await eraser.compact()
            notes += [] if done.done else [done.note]
        return notes

    def _remains(self, needles: Sequence[bytes], copies: Sequence[CopyReport]) -> list[Found]:
        files = {file for eraser in self.erasers for file in eraser.files()}
        files |= {path for path in self.folder.rglob("*") if path.is_file()} if self.folder.is_dir() else set()
        told = {copy.path for copy in copies if copy.holds}
        return search({file.resolve() for file in files} - {self.journal.path.resolve()} - told, needles)

    def _refuse(self, planned: ErasurePlan, *, shared: bool) -> None:
        if planned.busy:
            raise Conflict(
                f"{len(planned.busy)} of their runs are not over: {', '.join(sorted(planned.busy)[:3])}",
                hint="wait for them, or stemma runs cancel RUN",
            )
        if planned.shared and not shared:
            raise Conflict(
                f"{len(planned.shared)} threads were used by others too, and cannot be taken apart",
                hint="--shared-threads erases them as well",
            )
