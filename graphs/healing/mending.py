"""One tainted answer given again: on a thread of its own, from the state before its retrieval, on the memory as it is.

Decides that the old run and its answer are never touched; that an answer has one thread for each retraction, named
after both, so that whatever crashes it is healed once; and that a healed run calls no webhook. A run that failed before
is tried again. What fails of one answer is told in its record; only a store that cannot be used stops the healing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

from stemma.graphs.errors import Conflict, InvalidRequest, NotFound, RunFailed
from stemma.graphs.healing.difference import outcome, said
from stemma.graphs.healing.model import Healed, Outcome, Placed, Said
from stemma.graphs.healing.planning import NotHealable, Places
from stemma.graphs.healing.taint import ends_in
from stemma.graphs.policy import Actor
from stemma.graphs.runs.model import Run, RunRequest, RunStatus, ThreadStatus
from stemma.graphs.runs.runtime import Runtime
from stemma.memory.model import Answer

NAMESPACE = UUID("3d5b3f0a-2f0e-5d3c-9b1d-6f8a6f1c7e52")
MOST_ATTEMPTS = 1_000


def healed_thread(tenant: str, retraction: str, answer_id: str) -> str:
    """The thread on which an answer is given again after a retraction."""
    return str(uuid5(NAMESPACE, f"{len(tenant)}:{tenant}:{retraction}:{answer_id}"))


class Mender:
    """Heals one answer after the other."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._places = Places(runtime)

    async def plan(self, actor: Actor, answer: Answer) -> Healed:
        """What would be done. Raises `UnknownThread` and `Forbidden` for a thread that the actor's rules hide."""
        try:
            placed = await self._places.of(actor, answer)
        except NotHealable as reason:
            return replace(_record(answer), outcome=Outcome.NOT_HEALABLE, why=str(reason))
        return replace(_record(answer), later=placed.later)

    async def heal(self, actor: Actor, answer: Answer, retraction: str, *, move_head: bool) -> Healed:
        """Give the answer again and say what came of it. Done before, it is only looked at.

        Raises `StoreUnavailable` and its kinds.
        """
        try:
            placed = await self._places.of(actor, answer)
            run = await self._again(actor, placed, retraction)
        except NotHealable as reason:
            return replace(_record(answer), outcome=Outcome.NOT_HEALABLE, why=str(reason))
        except (NotFound, Conflict, InvalidRequest) as reason:
            return replace(_record(answer), outcome=Outcome.FAILED, why=str(reason))
        known = replace(
            _record(answer),
            old=await self._old(actor, placed, answer),
            later=placed.later,
            new_thread_id=run.thread_id,
            new_run_id=run.run_id,
        )
        try:
            values = await self._runtime.join(actor, run.thread_id, run.run_id)
            ended = await self._runtime.get_run(actor, run.thread_id, run.run_id)
        except (RunFailed, NotFound) as reason:
            return replace(known, outcome=Outcome.FAILED, why=str(reason))
        if ended.status is not RunStatus.SUCCESS or await self._waits(actor, run):
            return replace(known, outcome=Outcome.FAILED, why="it stopped before its end, or waits for a person")
        new = said(values)
        head = await self._move(actor, placed, run, retraction) if move_head else ""
        return replace(known, outcome=outcome(known.old, new, answer.question), new=new, head=head)

    async def _again(self, actor: Actor, placed: Placed, retraction: str) -> Run:
        """The run that gives the answer again: the one there is, unless it failed, or a new one."""
        runtime, old = self._runtime, placed.run
        thread_id = healed_thread(actor.tenant, retraction, placed.answer_id)
        original = await runtime.get_thread(actor, old.thread_id)
        marks = {"heals": placed.answer_id, "retraction": retraction}
        metadata = {**original.metadata, **marks, "healed_thread_id": old.thread_id}
        await runtime.create_thread(
            actor, thread_id=thread_id, metadata=metadata, if_exists="do_nothing", ttl=original.ttl
        )
        tried = await runtime.list_runs(actor, thread_id, limit=MOST_ATTEMPTS)
        if tried and tried[0].status in (RunStatus.PENDING, RunStatus.RUNNING, RunStatus.SUCCESS):
            return tried[0]
        await runtime.grafts.plant(old.graph_id, old.thread_id, placed.checkpoint_id, thread_id)
        request = RunRequest(
            old.assistant_id,
            config=old.request.config,
            context=old.request.context,
            metadata={**old.metadata, **marks},
            checkpoint_id=placed.checkpoint_id,
            multitask_strategy="reject",
        )
        asker = replace(actor, profile=old.request.auth_user)
        key = f"heal:{retraction}:{placed.answer_id}:{len(tried)}"
        return await runtime.submit(asker, thread_id, request, idempotency_key=key)

    async def _old(self, actor: Actor, placed: Placed, answer: Answer) -> Said:
        values: Any = None
        try:
            values = await self._runtime.join(actor, placed.run.thread_id, placed.run.run_id)
        except (RunFailed, NotFound):
            values = None  # what memory kept of it is enough to compare
        found = said(values if isinstance(values, Mapping) else None, text=answer.text)
        return replace(found, answer_id=answer.id)

    async def _waits(self, actor: Actor, run: Run) -> bool:
        """Whether the run came to an interrupt, which ends it with success."""
        return bool((await self._runtime.get_state(actor, run.thread_id)).next)

    async def _move(self, actor: Actor, placed: Placed, run: Run, retraction: str) -> str:
        """Make the healed state the head of the original thread, if nothing happened there since."""
        grafts, old = self._runtime.grafts, placed.run
        try:
            thread = await self._runtime.get_thread(actor, old.thread_id)
            if thread.status is ThreadStatus.BUSY:
                return "stays: a run is active on the thread"
            if await self._moved(actor, old.thread_id, placed.answer_id):
                return "moved"
            if not ends_in(await grafts.family(old.thread_id), old.run_id):
                return "stays: the thread went on since"
            note = {"heals": placed.answer_id, "retraction": retraction}
            await grafts.head(run.graph_id, run.thread_id, old.thread_id, placed.checkpoint_id, note)
        except (NotFound, Conflict) as reason:
            return f"stays: {reason}"
        return "moved"

    async def _moved(self, actor: Actor, thread_id: str, answer_id: str) -> bool:
        state = await self._runtime.get_state(actor, thread_id)
        return state.metadata.get("heals") == answer_id


def _record(answer: Answer) -> Healed:
    return Healed(answer.id, answer.question, answer.thread_id, answer.run_id)
