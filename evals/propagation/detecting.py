"""The benchmark's detector: nobody says what is false; a sweep at the end of every session finds it, or does not.

Decides how finding is measured: sessions from when a falsehood could first be recalled until it was proposed, what was
never proposed, and true statements that were. What it proposes is put into quarantine at once, so that the figures show
what its alarms do, the false ones too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from statistics import fmean

from stemma.evals.detection import Sweep, apply, sweep
from stemma.evals.propagation.measures import share
from stemma.evals.propagation.subjects import StemmaSubject
from stemma.evals.propagation.world import Fault, Poisoned, World
from stemma.evals.summary import Json

Says = Callable[[Poisoned, str], bool]
_SETTLED = timedelta(0)
"""In the benchmark a session is a day, and what came in the session before is old."""


class Detector:
    """Sweeps a memory under test. `applied=False` only looks."""

    def __init__(self, subject: StemmaSubject, world: World, says: Says, *, applied: bool) -> None:
        """`says` tells whether a text states a planted falsehood."""
        self._subject = subject
        self._world = world
        self._says = says
        self._applied = applied
        self._entered: dict[Poisoned, int] = {}
        self._found: dict[Poisoned, int] = {}
        self._undecided: set[Poisoned] = set()
        self._false_alarms: dict[str, str] = {}
        self._proposals = 0
        self._seconds: list[float] = []
        self._seen: dict[bool, set[str]] = {True: set(), False: set()}
        """Bad or not -> ids of what could be recalled before some sweep."""
        self._gone: dict[bool, set[str]] = {True: set(), False: set()}

    async def __call__(self, session: int) -> None:
        """At the end of a session. Raises what the memory raises."""
        before = {each.id: bool(self._bad(each.text, session)) for each in await self._subject.statements()}
        for key, bad in before.items():
            self._seen[bad].add(key)
        found = await sweep(self._subject.memory, self._subject.scope, settled=_SETTLED)
        self._note(found, session)
        if self._applied and found.proposals:
            await apply(self._subject.memory, self._subject.scope, found.proposals)
            after = {each.id for each in await self._subject.statements()}
            for key in before.keys() - after:
                self._gone[before[key]].add(key)

    def _bad(self, text: str, session: int) -> list[Poisoned]:
        stated = [target for target in self._world.poisoned if self._says(target, text)]
        for target in stated:
            self._entered.setdefault(target, session)
        return stated

    def _note(self, found: Sweep, session: int) -> None:
        self._seconds.append(found.seconds)
        self._proposals += len(found.proposals)
        for proposal in found.proposals:
            stated = self._bad(proposal.says, session)
            for target in stated:
                self._found.setdefault(target, session)
            if not stated:
                self._false_alarms[proposal.item_id] = proposal.says
        self._undecided = {
            target
            for conflict in found.undecided
            for side in conflict.sides
            for target in self._bad(side.stated[0].text, session)
        }

    def figures(self) -> Json:
        """What an arm's figures hold of it; a share of nothing is None."""
        gone = [(key, bad) for bad, keys in self._gone.items() for key in keys]
        return {
            "blast_radius_precision": share([bad for _, bad in gone]),
            "blast_radius_recall": share([key in self._gone[True] for key in self._seen[True]]),
            "collateral_loss": share([key in self._gone[False] for key in self._seen[False]]),
            "detection": {
                "by_fault": self._by_fault(),
                "proposals": self._proposals,
                "false_alarms": sorted(self._false_alarms.values()),
                "true_statements": len(self._seen[False]),
                "false_alarms_per_1000": 1000 * len(self._false_alarms) / (len(self._seen[False]) or 1),
                "sweep_seconds": max(self._seconds, default=0.0),
            },
        }

    def _by_fault(self) -> Json:
        """Fault -> how many falsehoods got in, were found, were seen but left undecided, and sessions to detect."""
        by_fault: dict[Fault, list[Poisoned]] = defaultdict(list)
        for target in self._entered:
            by_fault[target.fault].append(target)
        return {fault.value: self._of(by_fault[fault]) for fault in Fault if fault in by_fault}

    def _of(self, targets: Sequence[Poisoned]) -> Json:
        found = [target for target in targets if target in self._found]
        waits = [self._found[target] - self._entered[target] for target in found]
        return {
            "entered": len(targets),
            "found": len(found),
            "undecided": sum(target in self._undecided for target in targets if target not in self._found),
            "time_to_detect": fmean(waits) if waits else None,
        }
