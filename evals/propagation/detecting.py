"""The benchmark's detector: nobody says what is false; a sweep at the end of every session finds it, or does not.

Decides how finding is measured: sessions from when a falsehood could first be recalled until it was proposed, what was
never proposed, and true statements that were, those about true changes apart. People help as they do in earnest: one
who reads a false answer corrects it, at the protocol's rate. What is proposed is put into quarantine at once, so that
the figures show what its alarms do, the false ones too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import fmean

from stemma.evals.detection import Sweep, apply, sweep
from stemma.evals.propagation.measures import Asked, share
from stemma.evals.propagation.subjects import StemmaSubject
from stemma.evals.propagation.world import STATEMENTS, Change, Fault, Poisoned, World, says
from stemma.evals.summary import Json
from stemma.graphs.answer.learn import STEP
from stemma.memory.errors import UnknownItem
from stemma.memory.feedback import Feedback, keep_feedback
from stemma.memory.identifiers import answer_id
from stemma.memory.model import Answer

_SETTLED = timedelta(0)
"""In the benchmark a session is a day, and what came in the session before is old."""


class Detector:
    """Sweeps a memory under test: a `Watcher`. `applied=False` only looks."""

    def __init__(self, subject: StemmaSubject, world: World, *, applied: bool, correction_rate: float) -> None:
        self._subject = subject
        self._world = world
        self._applied = applied
        self._correction_rate = correction_rate
        self._draw = Random(f"{world.seed}/corrected")
        self._corrections = 0
        self._entered: dict[Poisoned, int] = {}
        self._found: dict[Poisoned, int] = {}
        self._undecided: set[Poisoned] = set()
        self._false_alarms: dict[str, str] = {}
        self._changed: set[Change] = set()
        """True changes that were proposed as false."""
        self._proposed: set[str] = set()
        self._looked_at = datetime.now(UTC)
        """What came in after the former sweep is news."""
        self._seconds: list[float] = []
        self._seen: dict[bool, set[str]] = {True: set(), False: set()}
        """Bad or not -> ids of what could be recalled before some sweep."""
        self._gone: dict[bool, set[str]] = {True: set(), False: set()}

    async def answered(self, asked: Asked) -> None:
        """Somebody may correct a false answer. Raises what the memory raises."""
        if not asked.contaminated or self._draw.random() >= self._correction_rate:
            return
        memory, scope = self._subject.memory, self._subject.scope
        said: Answer | None = None
        with suppress(UnknownItem):
            stored = await memory.item(scope, answer_id(scope, asked.run_id, STEP))
            said = stored if isinstance(stored, Answer) else None
        opinion = Feedback(asked.run_id, asked.thread_id, "a reader", correction=asked.fact.stated(STATEMENTS[0]))
        await keep_feedback(memory, scope, opinion, question=asked.fact.question, answer=said)
        self._corrections += 1

    async def ended(self, session: int) -> None:
        """At the end of a session. Raises what the memory raises."""
        before = {each.id: bool(self._bad(each.text, session)) for each in await self._subject.statements()}
        for key, bad in before.items():
            self._seen[bad].add(key)
        found = await sweep(self._subject.memory, self._subject.scope, settled=_SETTLED, news_since=self._looked_at)
        self._looked_at = datetime.now(UTC)
        self._note(found, session)
        if self._applied and found.proposals:
            await apply(self._subject.memory, self._subject.scope, found.proposals)
            after = {each.id for each in await self._subject.statements()}
            for key in before.keys() - after:
                self._gone[before[key]].add(key)

    def _bad(self, text: str, session: int) -> list[Poisoned]:
        stated = [target for target in self._world.poisoned if target.said_in(text)]
        for target in stated:
            self._entered.setdefault(target, session)
        return stated

    def _note(self, found: Sweep, session: int) -> None:
        self._seconds.append(found.seconds)
        for proposal in found.proposals:
            self._proposed.add(proposal.item_id)
            stated = self._bad(proposal.says, session)
            for target in stated:
                self._found.setdefault(target, session)
            self._changed |= {change for change in self._world.changes if change.said_in(proposal.says)}
            if not stated and not self._is_outdated(proposal.says, session):
                self._false_alarms[proposal.item_id] = proposal.says
        self._undecided = {
            target
            for conflict in found.undecided
            for side in conflict.sides
            for target in self._bad(side.stated[0].text, session)
        }

    def _is_outdated(self, text: str, session: int) -> bool:
        """It says what was true before a change: no falsehood that was planted, and no false alarm either."""
        return any(
            change.session <= session and change.fact.entity in text and says(text, change.fact.value)
            for change in self._world.changes
        )

    def figures(self) -> Json:
        """What an arm's figures hold of it; a share of nothing is None."""
        gone = [(key, bad) for bad, keys in self._gone.items() for key in keys]
        waits = [found - self._entered[target] for target, found in self._found.items()]
        per_1000 = 1000 * len(self._false_alarms) / (len(self._seen[False]) or 1)
        return {
            "blast_radius_precision": share([bad for _, bad in gone]),
            "blast_radius_recall": share([key in self._gone[True] for key in self._seen[True]]),
            "collateral_loss": share([key in self._gone[False] for key in self._seen[False]]),
            "faults_found": share([target in self._found for target in self._entered]),
            "time_to_detect": fmean(waits) if waits else None,
            "false_alarms_per_1000": per_1000,
            "detection": {
                "by_fault": self._by_fault(),
                "corrections": self._corrections,
                "proposals": len(self._proposed),
                "false_alarms": sorted(self._false_alarms.values()),
                "true_statements": len(self._seen[False]),
                "false_alarms_per_1000": per_1000,
                "true_changes": self._of_changes(),
                "sweep_seconds": max(self._seconds, default=0.0),
            },
        }

    def _of_changes(self) -> Json:
        """How a change became known -> how many there were, and how many were taken for a fault."""
        by_news: dict[str, list[Change]] = defaultdict(list)
        for change in self._world.changes:
            by_news[change.news.value].append(change)
        return {
            news: {"changes": len(changes), "proposed": sum(change in self._changed for change in changes)}
            for news, changes in by_news.items()
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
