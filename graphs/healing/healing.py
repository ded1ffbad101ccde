"""`Healing`: what may be asked about healing the answers that a retraction tainted.

Decides who may: whoever may write memory, run graphs and write threads, for the answers that are their own. It runs
nothing itself: a healing is a durable run (`graph.py`) on a thread that is named after the retraction and its owner, so
that one is active at a time, and another one goes on where the last one stopped.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid5

from stemma.graphs.errors import Forbidden, NeverHealed, UnknownRun, UnknownThread
from stemma.graphs.healing.graph import GRAPH_ID
from stemma.graphs.healing.mending import NAMESPACE, Mender
from stemma.graphs.healing.model import Plan, Progress
from stemma.graphs.healing.taint import tainted_answers
from stemma.graphs.policy import Actor, Permission, memory_scope, require
from stemma.graphs.runs.model import Run, RunRequest
from stemma.graphs.runs.runtime import Runtime
from stemma.memory.errors import AlreadyGivenBack, WiderDecision, WiderItem
from stemma.memory.lineage.model import Direction, Lineage, Retraction
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer

PARALLEL = 4
"""Answers that are given again at once, unless it is said otherwise."""
MOST_ITEMS = 100_000
"""Of what a retraction reached, that is looked at; the nearest come first."""


class Healing:
    """Over one runtime and one memory; it keeps nothing itself.

    Every operation raises `Forbidden` without the permissions it needs, and `UnknownItem` for a retraction that the
    actor cannot see.
    """

    def __init__(self, runtime: Runtime, memory: LongTermMemory) -> None:
        self._runtime, self._memory = runtime, memory

    async def plan(self, actor: Actor, retraction_id: str) -> Plan:
        """What healing would do, without doing any of it."""
        require(actor, Permission.RUNS_READ)
        decision, lineage, answers, hidden = await self._tainted(actor, retraction_id)
        mender, planned = Mender(self._runtime), []
        for answer in answers:
            try:
                planned.append(await mender.plan(actor, answer))
            except (Forbidden, UnknownThread):
                hidden += 1
        return Plan(decision, planned, hidden, lineage.truncated)

    async def start(
        self, actor: Actor, retraction_id: str, *, move_head: bool = False, parallel: int = PARALLEL
    ) -> Progress:
        """Begin to heal, or go on with what was stopped; what is healed already is not run again.

        Raises `ThreadBusy` while this retraction is being healed.
        """
        require(actor, Permission.RUNS_WRITE)
        require(actor, Permission.THREADS_WRITE)
        _, lineage, answers, hidden = await self._tainted(actor, retraction_id)
        allowed = [answer.id for answer in answers if await self._seen(actor, answer)]
        hidden += len(answers) - len(allowed)
        thread_id = _thread_of(actor, retraction_id)
        if not allowed:
            return Progress(retraction_id, thread_id, None, 0, (), hidden, lineage.truncated)
        asked = {
            "retraction": retraction_id,
            "move_head": move_head,
            "parallel": parallel,
            "answers": allowed,
            "hidden": hidden,
            "truncated": lineage.truncated,
            "records": None,
        }
        request = RunRequest(
            GRAPH_ID,
            input=asked,
            metadata={"heals_retraction": retraction_id},
            multitask_strategy="reject",
        )
        run = await self._runtime.grafts.submit(actor, thread_id, request)
        return Progress(retraction_id, thread_id, run, len(allowed), (), hidden, lineage.truncated)

    async def progress(self, actor: Actor, retraction_id: str) -> Progress:
        """How far the newest healing of this retraction is. Raises `NeverHealed`."""
        run = await self._newest(actor, retraction_id)
        state = await self._runtime.get_state(actor, run.thread_id)
        begun = state.metadata.get("run_id") == run.run_id  # before that, the state is the last healing's
        records = (state.values.get("records") or {}) if begun else {}
        asked = run.request.input
        done = [records[answer_id] for answer_id in asked["answers"] if answer_id in records]
        return Progress(
            retraction_id, run.thread_id, run, len(asked["answers"]), done, asked["hidden"], asked["truncated"]
        )

    async def cancel(self, actor: Actor, retraction_id: str) -> Progress:
        """Begin no more; what is being given again now comes to its end by itself. Raises `NeverHealed`."""
        require(actor, Permission.RUNS_WRITE)
        run = await self._newest(actor, retraction_id)
        await self._runtime.cancel(actor, run.thread_id, run.run_id, wait=True)
        return await self.progress(actor, retraction_id)

    async def _newest(self, actor: Actor, retraction_id: str) -> Run:
        await self._memory.retraction(memory_scope(actor), retraction_id)
        thread_id = _thread_of(actor, retraction_id)
        try:
            runs = await self._runtime.list_runs(actor, thread_id, limit=1)
        except UnknownThread:
            runs = []
        if not runs or runs[0].graph_id != GRAPH_ID:
            raise NeverHealed(
                f"retraction {retraction_id} has not been healed", hint=f"stemma memory heal {retraction_id}"
            )
        return runs[0]

    async def _tainted(self, actor: Actor, retraction_id: str) -> tuple[Retraction, Lineage, list[Answer], int]:
        """The decision, what it reached, the answers it tainted, and how many items of others it took."""
        require(actor, Permission.MEMORY_READ)
        scope = memory_scope(actor)
        decision = await self._memory.retraction(scope, retraction_id)
        lineage = await self._memory.lineage(scope, decision.withdraws, Direction.DOWNSTREAM, limit=MOST_ITEMS)
        if decision.lifted_at is not None:
            return decision, replace(lineage, truncated=False), [], 0
        return decision, lineage, tainted_answers(lineage), await self._hidden(actor, decision)

    async def _hidden(self, actor: Actor, decision: Retraction) -> int:
        """Counted by what would come back; 0 for who could not give it back, as nothing narrower is theirs to know."""
        try:
            effect = await self._memory.graph.give_back(
                memory_scope(actor), decision.id, actor=actor.signature, at=datetime.now(UTC), dry_run=True
            )
        except (AlreadyGivenBack, WiderDecision, WiderItem):
            return 0
        return effect.hidden

    async def _seen(self, actor: Actor, answer: Answer) -> bool:
        """Whether the actor's rules show them the thread; without rules the record says what is wrong with it."""
        if actor.rules is None or not answer.thread_id or not answer.run_id:
            return True
        try:
            await self._runtime.get_run(actor, answer.thread_id, answer.run_id)
        except (Forbidden, UnknownThread):
            return False
        except UnknownRun:
            return True
        return True


def _thread_of(actor: Actor, retraction_id: str) -> str:
    """The thread of a retraction's healings for one owner."""
    return str(uuid5(NAMESPACE, f"heal:{len(actor.tenant)}:{actor.tenant}:{actor.user}:{retraction_id}"))
