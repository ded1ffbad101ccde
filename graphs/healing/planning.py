"""Where a tainted answer can be given again: the state before its retrieval, or why there is none.

Decides what is never run again: what somebody else asked, what a graph does not allow, and what was edited by hand
after memory had been looked up. It changes nothing.
"""

from __future__ import annotations

from stemma.graphs.errors import GraphFailure, UnknownAssistant, UnknownCheckpoint, UnknownRun, UnknownThread
from stemma.graphs.healing.difference import asked_of
from stemma.graphs.healing.model import Placed, Turn
from stemma.graphs.healing.taint import later_runs
from stemma.graphs.policy import Actor, memory_scope
from stemma.graphs.runs.model import Run, StateSnapshot
from stemma.graphs.runs.runtime import Runtime
from stemma.memory.model import Answer

MOST_CHECKPOINTS = 10_000
"""Of one run."""


class NotHealable(GraphFailure):
    """This answer cannot be given again; the message says why."""


class Places:
    """Finds where answers began."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def of(self, actor: Actor, answer: Answer) -> Placed:
        """Raises `NotHealable`; `UnknownThread` and `Forbidden` for a thread that the actor's rules hide."""
        if answer.supported:
            raise NotHealable("it is supported again")
        if answer.scope.audience != memory_scope(actor).audience:
            raise NotHealable("it belongs to a wider scope: whoever owns that heals it")
        run = await self._run(actor, answer)
        self._allowed(run)
        try:
            checkpoint_id = await self._before_retrieval(actor, run)
            later = await self._later(actor, run)
        except (UnknownCheckpoint, UnknownThread):
            raise NotHealable("the state before its retrieval is no longer kept") from None
        return Placed(answer.id, answer.question, run, checkpoint_id, later)

    async def _run(self, actor: Actor, answer: Answer) -> Run:
        if not answer.run_id or not answer.thread_id:
            raise NotHealable("no run on a thread gave it")
        try:
            run = await self._runtime.get_run(actor, answer.thread_id, answer.run_id)
        except UnknownRun:
            raise NotHealable("its run was deleted") from None
        if run.user != actor.user:
            raise NotHealable("its run acted for somebody else")
        return run

    def _allowed(self, run: Run) -> None:
        try:
            entry = self._runtime.catalog.served(run.graph_id)
        except UnknownAssistant:
            raise NotHealable(f"its graph {run.graph_id} is not served here") from None
        if not entry.heals_from:
            raise NotHealable(f"the steps of graph {run.graph_id} may have effects outside")

    async def _before_retrieval(self, actor: Actor, run: Run) -> str:
        """The checkpoint that the turn's input came in at, or one edited by hand before memory was looked up."""
        own = {"run_id": run.run_id}
        places = await self._runtime.history(actor, run.thread_id, limit=MOST_CHECKPOINTS, metadata=own)
        if not places:
            raise UnknownCheckpoint
        place = places[-1]
        while _source(place) == "loop":
            if place.metadata.get("run_id") == run.run_id and _brought_input(run):
                raise UnknownCheckpoint  # with durability "exit" there is none before the run's end
            parent = place.parent_checkpoint
            if parent is None:
                raise UnknownCheckpoint
            place = await self._runtime.get_state(actor, run.thread_id, checkpoint_id=parent["checkpoint_id"])
        heals_from = self._runtime.catalog.entry(run.graph_id).heals_from
        if not place.next or not heals_from.issuperset(place.next):
            raise NotHealable("its state was edited by hand after memory had been looked up")
        return str(place.checkpoint["checkpoint_id"])

    async def _later(self, actor: Actor, run: Run) -> tuple[Turn, ...]:
        found = []
        for run_id in later_runs(await self._runtime.grafts.family(run.thread_id), run.run_id):
            try:
                later = await self._runtime.get_run(actor, run.thread_id, run_id)
            except UnknownRun:
                continue  # deleted meanwhile
            found.append(Turn(run_id, later.created_at.isoformat(), asked_of(later.request.input)))
        return tuple(found)


def _source(place: StateSnapshot) -> str:
    return str(place.metadata.get("source", "loop"))


def _brought_input(run: Run) -> bool:
    request = run.request
    return request.command is None and not (request.checkpoint_id and request.input is None)
