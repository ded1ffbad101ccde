"""The steps of a night that look at what this installation did: harvest, detection, drift, and what feedback changed.

Decides what of it the night's record keeps. They read the stores that the settings name; detection alone may change
something, and only where EVALS_APPLY says so. Drift and feedback tell and do not judge: they change no exit code.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from stemma.evals import detection
from stemma.evals.detect_command import exit_code
from stemma.evals.drift_runs import drift_of
from stemma.evals.exits import ExitCode
from stemma.evals.feedback_report import asking, feedback_report
from stemma.evals.harvest import harvest
from stemma.evals.nightly.record import Step, StepStatus
from stemma.evals.progress import Phase
from stemma.evals.results import write_json
from stemma.evals.summary import Json
from stemma.graphs.local import Local
from stemma.graphs.models.open import open_model
from stemma.graphs.policy import LOCAL, memory_scope
from stemma.graphs.settings import GraphSettings
from stemma.memory.long_term import LongTermMemory

CANDIDATES = "candidates"
"""Folder of the harvested questions, below the results folder: every night adds to the same one."""
_LATE = timedelta(days=7)
"""Feedback comes after the run, so a harvest looks back a little further than the night before."""
_SHOWN = 20


async def harvested(local: Local, out: Path, since: datetime | None) -> Step:
    """Finished runs become candidate cases. Raises what `harvest` raises."""
    folder = out / CANDIDATES
    done = await harvest(local, LOCAL, since=since and since - _LATE, out=folder)
    found: Json = {"added": done.added, "known": done.known, "by_kind": dict(done.by_kind), "runs": done.runs}
    if not done.runs:
        note = "no finished runs yet"
    else:
        note = f"{done.runs} finished runs: {done.added} new questions, {done.known} known"
        note += f"; look at them before they become cases: {folder}" if done.added else ""
    return Step("harvest", StepStatus.DONE, note=note, found=found)


async def detected(memory: LongTermMemory, night: Path, *, apply: bool) -> Step:
    """Look for what is false in memory and propose quarantine, or put it there. Raises what memory raises."""
    scope = memory_scope(LOCAL)
    sweep = await detection.sweep(memory, scope)
    decided = await detection.apply(memory, scope, sweep.proposals) if apply else {}
    record = detection.record(sweep, decided)
    write_json(night / "detection" / "detection.json", record)
    note = f"{sweep.statements} statements looked at: {len(sweep.proposals)} seem false"
    note += f", {len(decided)} put into quarantine" if decided else ""
    note += f"; {len(sweep.undecided)} contradictions are undecided" if sweep.undecided else ""
    if not sweep.statements:
        note = "memory is empty: nothing to look at yet"
    code = exit_code(sweep, decided)
    advice = f"stemma eval detect{' --apply' * (code is ExitCode.REGRESSION)}" if code else ""
    shown = record | {name: record[name][:_SHOWN] for name in ("proposals", "undecided")}
    counts = {"proposed": len(sweep.proposals), "quarantined": len(decided), "open": len(sweep.undecided)}
    return Step(
        "detection",
        StepStatus.DONE,
        int(code),
        note,
        advice,
        folder="detection",
        cases=sweep.statements,
        found=shown | counts,
    )


async def drifted(local: Local, phase: Phase) -> Step:
    """Compare the runs of late with those before them. Raises what the run store raises."""
    found = await drift_of(local.runtime, LOCAL, phase=phase)
    alarms = [change for change in found.changes if change.alarm]
    note = f"{found.outcome.value}: {found.recent} recent runs against {found.reference} before them"
    if alarms:
        first = alarms[0]
        note += f"; {first.name}: {first.before:.0%} -> {first.now:.0%}"
    advice = "stemma eval drift" if found.outcome.exit_code is ExitCode.REGRESSION else ""
    return Step("drift", StepStatus.DONE, note=note, advice=advice, found=found.as_json())


async def fed_back(local: Local, since: datetime | None) -> Step:
    """What feedback since the last night changed. Raises what memory and the run store raise."""
    ask = asking(local.memory, open_model(GraphSettings()), LOCAL)
    report = (await feedback_report(local.runtime, local.memory, LOCAL, ask, since=since, most=_SHOWN)).as_json()
    note = f"{report['feedback']} given, {report['corrections']} of them corrections"
    if report["asked"]:
        note += f": {report['changed']} of {report['asked']} questions are answered otherwise now"
    if not report["feedback"]:
        note = "no feedback since the last night" if since else "no feedback yet"
    return Step("feedback", StepStatus.DONE, note=note, found=report)
