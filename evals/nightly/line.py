"""One night, a straight line: harvest -> suites, each beside its baseline -> detection -> drift -> feedback -> report.

Decides the order, what is done again when a night goes on, and that one step's failure does not end the others. The
record and the report are written after every step: a night that ends early, however it ends, leaves what is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter

from stemma.evals.errors import EvalFailure, InvalidResults
from stemma.evals.exits import ExitCode
from stemma.evals.nightly.judging import refuse_wrong_baseline
from stemma.evals.nightly.looking import detected, drifted, fed_back, harvested
from stemma.evals.nightly.outcome import outcome
from stemma.evals.nightly.plan import NightPlan
from stemma.evals.nightly.record import (
    Night,
    Status,
    Step,
    StepStatus,
    earlier_nights,
    folder_of,
    write_night,
)
from stemma.evals.nightly.report import write_report
from stemma.evals.nightly.suites import measured_suite, suites_of
from stemma.evals.progress import Phase
from stemma.evals.revision import product_version, revision
from stemma.evals.scratch import carry_on
from stemma.graphs.errors import GraphFailure
from stemma.graphs.local import open_local
from stemma.memory.errors import MemoryFailure
from stemma.memory.open import open_memory

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Station:
    """A step that is to be done."""

    name: str
    work: Callable[[], Awaitable[Step]]


async def run_night(plan: NightPlan, begun: Night | None, phase: Phase, say: Say) -> Night:
    """Do what is left to do of the night, all where none was begun. The caller holds the lock (`lock.py`).

    On cancellation (Ctrl-C) the night is left as far as it came, and goes on the next time.
    Raises `InvalidResults` for a baseline that is not one of its suite, before anything is measured, and where results
    cannot be written.
    """
    folder, now = folder_of(plan.out, plan.date), revision()
    for suite in suites_of(plan):
        refuse_wrong_baseline(plan, suite.name, suite.kind, suite.variant)
    past = earlier_nights(plan.out, plan.date, plan.settings.nights)
    night = _new(plan, now) if begun is None else replace(begun, status=Status.RUNNING, revision=now)
    write_night(folder, night)
    for station in _stations(plan, folder, _since(past), phase):
        done = night.step(station.name)
        if done is not None and done.status is StepStatus.DONE and done.revision == now:
            say(f"{station.name}: done already")
            continue
        step = replace(await _attempt(station), revision=now)
        stopped = step.status is StepStatus.INTERRUPTED
        night = replace(night.with_step(step), status=Status.INTERRUPTED if stopped else Status.RUNNING)
        _kept(night, past, plan)
        say(f"{step.name}: {outcome(step)} ({step.seconds:.1f} s) {step.note}".rstrip())
        if stopped:
            return night
    return _kept(replace(night, status=Status.DONE, finished_at=_now()), past, plan)


def _new(plan: NightPlan, now: str) -> Night:
    return Night(plan.date, plan.as_json(), now, product_version(), _now())


def _kept(night: Night, past: list[Night], plan: NightPlan) -> Night:
    folder = folder_of(plan.out, plan.date)
    write_night(folder, night)
    write_report(folder, night, past, plan)
    return night


def _since(past: list[Night]) -> datetime | None:
    """When the last finished night began: what came after is new."""
    return datetime.fromisoformat(past[-1].started_at) if past else None


def _stations(plan: NightPlan, folder: Path, since: datetime | None, phase: Phase) -> Iterator[_Station]:
    async def harvest() -> Step:
        async with open_local(worker=False) as local:
            return await harvested(local, plan.out, since)

    async def detection() -> Step:
        async with await open_memory() as memory:
            return await detected(memory, folder, apply=plan.settings.apply)

    async def drift() -> Step:
        async with open_local(worker=False) as local:
            return await drifted(local, phase)

    async def feedback() -> Step:
        async with open_local(worker=False) as local:
            return await fed_back(local, since)

    yield _Station("harvest", harvest)
    for suite in suites_of(plan):
        yield _Station(suite.name, partial(measured_suite, suite, folder, plan, phase))
    if "detection" in plan.suites:
        yield _Station("detection", detection)
    yield _Station("drift", drift)
    yield _Station("feedback", feedback)


async def _attempt(station: _Station) -> Step:
    """The step, or what it failed with. Results that cannot be written end the night."""
    started = perf_counter()
    try:
        step = await station.work()
    except asyncio.CancelledError:
        carry_on()
        step = Step(station.name, StepStatus.INTERRUPTED, note="interrupted")
    except InvalidResults:
        raise
    except (EvalFailure, GraphFailure, MemoryFailure, OSError) as problem:
        note = f"{type(problem).__name__}: {problem}"
        advice = getattr(problem, "hint", "")
        step = Step(station.name, StepStatus.FAILED, int(ExitCode.EXECUTION), note, advice)
    return replace(step, seconds=round(perf_counter() - started, 3))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
