"""Drives one run: from its lease to its last event, which is written exactly once.

Decides how an attempt's outcome becomes a status. Whatever a graph or a model raises ends the run with an `error`
event; this is one of the two places that catch everything. It never ends a run whose lease it lost: that is the
next owner's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from langgraph.constants import END

from stemma.graphs.catalog import AnyGraph
from stemma.graphs.errors import GraphFailure, LostLease
from stemma.graphs.policy import Actor
from stemma.graphs.runs.events import EventName
from stemma.graphs.runs.graphs import BoundGraphs
from stemma.graphs.runs.model import CancelAction, Run, RunStatus, ThreadStatus
from stemma.graphs.runs.parts import parts
from stemma.graphs.runs.ports import Ending, RunStore, Unit
from stemma.graphs.runs.refusal import failure, is_refusal
from stemma.graphs.runs.resume import access_of, context_of, leaves, start, stops_at_once
from stemma.graphs.runs.rows import to_json
from stemma.graphs.runs.state import where
from stemma.graphs.runs.translate import Part, Row, Translator
from stemma.graphs.settings import GraphSettings

log = logging.getLogger(__name__)
SENDS = "__pregel_tasks"
"""LangGraph's own channel of `Send`s, which no step lists among its triggers."""
BATCH_SECONDS = 0.03
"""How long token deltas are added up."""
GRACE_SECONDS = 0.5
"""How long a cancelled graph may clean up before its run is ended without it."""
RETRY_SECONDS = 1.0
"""Between tries to write a run's end while the store cannot be written."""


@dataclass(slots=True)
class Orders:
    """What others want of a running run."""

    action: CancelAction | None = None
    drain: bool = False
    stopped: bool = False
    _stop: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def cancel(self, action: CancelAction) -> None:
        if self.action != "rollback":
            self.action = action
        self.halt()

    def requeue(self) -> None:
        """Put it back to pending: this process ends."""
        self.drain = True
        self.halt()

    def halt(self) -> None:
        """Stop it now; also when its rows can no longer be written."""
        self.stopped = True
        self._wake()

    async def first(self, drive: asyncio.Task[None]) -> None:
        """Return when the run is done or somebody wants it stopped."""
        drive.add_done_callback(self._wake)
        await self._stop

    def _wake(self, _drive: object = None) -> None:
        if not self._stop.done():
            self._stop.set_result(None)


@dataclass(frozen=True, slots=True)
class Executor:
    """What every run needs."""

    store: RunStore
    graphs: BoundGraphs
    settings: GraphSettings

    async def execute(self, run: Run, orders: Orders) -> bool:
        """Run it to its end. True when its thread has another run waiting."""
        unit = Unit(run.thread_id, run.run_id, run.epoch, on_failure=orders.halt, new_thread=run.new_thread)
        translator = Translator(unit.heads)
        drive = asyncio.ensure_future(self._drive(run, unit, translator))
        await orders.first(drive)
        if not drive.done():
            drive.cancel()
            await asyncio.wait((drive,), timeout=GRACE_SECONDS)
        drive.add_done_callback(_forget)
        completed = drive.done() and not drive.cancelled()
        error = drive.exception() if completed else None
        if not completed and not orders.stopped:
            error = GraphFailure("a step cancelled itself")
        return await asyncio.shield(self._end(run, unit, orders, translator, completed, error))

    async def _drive(self, run: Run, unit: Unit, translator: Translator) -> None:
        if run.request.feedback_keys:
            links = {"thread_id": run.thread_id, "run_id": run.run_id, "keys": run.request.feedback_keys}
            self.store.log(unit, EventName.FEEDBACK.value, "", to_json(links))
        async with self.graphs.opened(run.graph_id, access_of(run), run) as graph:
            await self._drive_graph(graph, run, unit, translator)

    async def _drive_graph(self, graph: AnyGraph, run: Run, unit: Unit, translator: Translator) -> None:
        unit.triggers = {*graph.trigger_to_nodes, SENDS}
        entry = self.graphs.catalog.entry(run.graph_id)
        head = None
        if run.attempt > 1:
            head = await self.graphs.saver.aget_tuple(where(run.thread_id))
        begin = start(run, unit, head, self.settings.recursion_limit)
        if begin.resumed and await stops_at_once(graph, run, head):
            translator.interrupted = True
            return
        if leaves(run):
            await graph.aupdate_state(begin.config, None, as_node=END)
            return
        durability = run.request.durability or self.settings.durability
        actor = Actor(tenant=run.tenant, user=run.user)
        stream = parts(
            graph,
            begin.input,
            begin.config,
            durability,
            traced=EventName.EVENTS in run.request.stream_mode,
            context=entry.context(actor, run) if entry.context else context_of(graph, run),
            interrupt_before=_steps(run.request.interrupt_before),
            interrupt_after=_steps(run.request.interrupt_after),
        )
        await self._log(unit, translator, stream)

    async def _log(self, unit: Unit, translator: Translator, told: AsyncGenerator[Part, None]) -> None:
        """Log every part of the stream; token deltas wait for more of their message, but not long."""
        loop = asyncio.get_running_loop()
        timer: asyncio.TimerHandle | None = None

        def flush() -> None:
            nonlocal timer
            timer = None
            self._write(unit, translator.flush())

        async with aclosing(told) as stream:
            async for part in stream:
                self._write(unit, translator.rows(part))
                if translator.holding and timer is None:
                    timer = loop.call_later(BATCH_SECONDS, flush)
        if timer is not None:
            timer.cancel()
        flush()

    def _write(self, unit: Unit, rows: list[Row]) -> None:
        for event, namespace, data in rows:
            self.store.log(unit, event, namespace, data)

    async def _end(
        self,
        run: Run,
        unit: Unit,
        orders: Orders,
        translator: Translator,
        completed: bool,
        error: BaseException | None,
    ) -> bool:
        """Write the end, again and again while the store cannot be written."""
        broken = unit.failed
        while not isinstance(unit.failed, LostLease):
            if unit.failed is not None:
                unit = Unit(run.thread_id, run.run_id, run.epoch)
            try:
                if orders.drain and not completed and broken is None and orders.action is None:
                    await self.store.release(unit)
                    return False
                if completed and orders.action == "interrupt":
                    orders.action = None
                return await self._try_end(run, unit, orders, translator, broken or error)
            except LostLease:
                break
            except GraphFailure as trouble:
                log.warning("run %s has ended, but that cannot be written yet: %s", run.run_id, trouble)
                await asyncio.sleep(RETRY_SECONDS)
        log.warning("run %s was taken over by another worker", run.run_id)
        return True

    async def _try_end(
        self, run: Run, unit: Unit, orders: Orders, translator: Translator, error: BaseException | None
    ) -> bool:
        if orders.action == "rollback":
            return await self.store.erase_run(unit, run.thread_id, run.run_id)
        self._write(unit, translator.close(error, stopped=orders.action == "interrupt"))
        if orders.action == "interrupt":
            return await self.store.finish(unit, _ending(RunStatus.INTERRUPTED, translator))
        if error is None:
            return await self.store.finish(unit, _ending(RunStatus.SUCCESS, translator))
        self.store.log(unit, EventName.ERROR.value, "", to_json(failure(error)))
        ending = _ending(RunStatus.ERROR, translator, f"{type(error).__name__}: {error}")
        if is_refusal(error):
            ending = await self._standing(run, ending)
        return await self.store.finish(unit, ending)

    async def _standing(self, run: Run, ending: Ending) -> Ending:
        """The same end, but for the thread: it stays as it was."""
        thread = await self.store.thread(run.tenant, run.thread_id)
        async with self.graphs.opened(run.graph_id, access_of(run)) as graph:
            state = await graph.aget_state(where(run.thread_id))
        status = ThreadStatus.INTERRUPTED if state.next else ThreadStatus.IDLE
        return replace(ending, thread_status=status, interrupts=thread.interrupts)


def _ending(status: RunStatus, translator: Translator, error: str | None = None) -> Ending:
    stopped = translator.interrupted or status is RunStatus.INTERRUPTED
    thread = ThreadStatus.INTERRUPTED if stopped else ThreadStatus.IDLE
    if status is RunStatus.ERROR:
        thread = ThreadStatus.ERROR
    return Ending(
        status, error, thread, translator.interrupts, to_json({"status": status.value, "interrupted": stopped})
    )


def _steps(asked: Any) -> Any:
    return asked if asked == "*" else list(asked) or None


def _forget(task: asyncio.Future[None]) -> None:
    """A graph that went on after its run had ended: what it raises concerns nobody any more."""
    if not task.cancelled():
        task.exception()
