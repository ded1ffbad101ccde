"""What `stemma ask` and `stemma runs` do and print: one line a step, then the answer with its sources.

Decides the words on the terminal. Everything it shows comes from the event log and the checkpoints, as for any client.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from stemma.graphs.errors import InvalidRequest, UnknownCheckpoint, UnknownRun
from stemma.graphs.local import open_local
from stemma.graphs.policy import LOCAL
from stemma.graphs.runs.model import Run, RunRequest, RunStatus, StateSnapshot
from stemma.graphs.runs.runtime import Runtime
from stemma.memory.erasure.copies import CopyKind, note_copy
from stemma.memory.lineage import captions
from stemma.memory.model import Position, Scope
from stemma.memory.settings import MemorySettings
from stemma.memory.terminal import printable


async def ask_once(question: str, *, thread: str, as_json: bool) -> None:
    """Ask the built-in graph; prints each step as it happens, then the answer."""
    async with open_local() as local:
        await _refuse_empty_memory(local.memory)
        runtime = local.runtime
        thread_id = thread or (await runtime.create_thread(LOCAL)).thread_id
        run = await runtime.submit(LOCAL, thread_id, RunRequest("answer", input={"question": question}))
        await _watch(runtime, run, as_json=as_json)


async def run_again(run_id: str, checkpoint: str, values: Mapping[str, Any], *, as_json: bool) -> None:
    """Replay a run from one of its checkpoints, or fork it there with edited state."""
    async with open_local() as local:
        run = await find_run(local.runtime, run_id)
        start = _choose(await _checkpoints(local.runtime, run), checkpoint)
        checkpoint_id = start.checkpoint["checkpoint_id"]
        if values:
            again = await local.runtime.fork(LOCAL, run.thread_id, checkpoint_id, values)
        else:
            again = await local.runtime.replay(LOCAL, run.thread_id, checkpoint_id)
        if not as_json:
            typer.echo(f"from checkpoint {checkpoint_id}, before {', '.join(start.next) or 'the end'}")
        await _watch(local.runtime, again, as_json=as_json)


async def show_run(run_id: str, *, as_json: bool) -> None:
    """Print a run's steps from the event log, its answer, and its checkpoints."""
    async with open_local(worker=False) as local:
        run = await find_run(local.runtime, run_id)
        await _watch(local.runtime, run, as_json=as_json, checkpoints=True)


async def newest_runs(limit: int, status: str) -> list[dict[str, Any]]:
    """Rows for `stemma runs ls`, newest first. Raises `InvalidRequest` for a status that does not exist."""
    if status and status not in set(RunStatus):
        raise InvalidRequest(f"there is no run status {status!r}", hint=f"one of: {', '.join(RunStatus)}")
    async with open_local(worker=False) as local:
        found = await local.runtime.list_runs(LOCAL, limit=limit, status=RunStatus(status) if status else None)
    return [_row(run) for run in found]


async def cancel_run(run_id: str) -> dict[str, Any]:
    """Cancel and wait for the end."""
    async with open_local(worker=False) as local:
        run = await find_run(local.runtime, run_id)
        await local.runtime.cancel(LOCAL, run.thread_id, run.run_id, wait=True)
        return _row(await local.runtime.get_run(LOCAL, run.thread_id, run.run_id))


async def back_up(target: Path) -> list[Path]:
    """Copy memory and runs into a folder; names carry the time, so that no copy overwrites another."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    memory, runs = target / f"memory-{stamp}.db", target / f"runs-{stamp}.db"
    async with open_local(worker=False) as local:
        await local.memory.backup(str(memory))
        note_copy(MemorySettings().copies, memory, CopyKind.MEMORY)
        await local.runtime.backup(str(runs))
        note_copy(MemorySettings().copies, runs, CopyKind.RUNS)
    return [memory, runs]


async def _refuse_empty_memory(memory: Any) -> None:
    counts = await memory.statistics(Scope(LOCAL.tenant))
    if not counts.by_node.get("Passage"):
        raise InvalidRequest("memory is empty, so there is nothing to answer from", hint="stemma ingest PATH")


async def _watch(runtime: Runtime, run: Run, *, as_json: bool, checkpoints: bool = False) -> None:
    """Follow a run to its end and print it; Ctrl-C cancels a run that this command started."""
    steps: list[dict[str, Any]] = []
    cancelling: list[asyncio.Task[None]] = []

    def cancel() -> None:
        cancelling.append(asyncio.ensure_future(runtime.cancel(LOCAL, run.thread_id, run.run_id)))

    if not checkpoints:
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, cancel)
    async for frame in runtime.stream(LOCAL, run.thread_id, run.run_id, modes=("custom",)):
        data = json.loads(frame.data)
        if frame.event == "error":
            typer.echo(f"error: {printable(data.get('message', ''))}", err=True)
        elif frame.event == "custom" and isinstance(data, dict):
            steps.append(data)
            if not as_json:
                typer.echo(step_line(data))
    ended = await runtime.get_run(LOCAL, run.thread_id, run.run_id)
    places = await _checkpoints(runtime, ended)
    values = places[0].values if places else {}
    if as_json:
        report = answer_report(ended, values, steps) | ({"checkpoints": _listed(places)} if checkpoints else {})
        typer.echo(json.dumps(report, ensure_ascii=False))
    else:
        print_answer(ended, values)
        if checkpoints:
            print_checkpoints(places)
    if ended.status not in (RunStatus.SUCCESS, RunStatus.PENDING, RunStatus.RUNNING):
        raise typer.Exit(1)


def step_line(event: Mapping[str, Any]) -> str:
    """`recall      8 passages; best: Port Merrow (0.71)`: one custom event as one line."""
    return f"  {printable(str(event.get('step', 'step'))):10}  {printable(str(event.get('text', '')))}"


def answer_report(run: Run, values: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "question": values.get("question", ""),
        "answer": values.get("answer", ""),
        "abstained": bool(values.get("abstained")),
        "citations": values.get("citations", []),
        "run_id": run.run_id,
        "thread_id": run.thread_id,
        "status": str(run.status),
        "error": run.error,
        "steps": list(steps),
    }


def print_answer(run: Run, values: Mapping[str, Any]) -> None:
    """The answer, its numbered sources, and how to go on."""
    if values.get("answer"):
        typer.echo(f"\n{printable(values['answer'])}\n")
    for source in {source["n"]: source for source in values.get("citations", [])}.values():
        typer.echo(f"  {source_line(source)}")
    typer.echo(f"\nrun {run.run_id} on thread {run.thread_id}: {run.status}")


def source_line(citation: Mapping[str, Any]) -> str:
    """`[1] Tariff  file:/tariff.pdf, page 3`."""
    within = captions.place(Position(0, 0, citation.get("page"), citation.get("sheet", "")))
    origin = ", ".join(part for part in (printable(citation.get("uri", "")), within) if part)
    return f"[{citation['n']}] {printable(citation.get('title', ''))}  {origin}"


def print_checkpoints(places: Sequence[StateSnapshot]) -> None:
    """Newest first: where a replay or a fork can start."""
    typer.echo("\ncheckpoints, newest first (stemma runs replay RUN -c CHECKPOINT):")
    for place in places:
        before = ", ".join(place.next) or "the end"
        typer.echo(f"  {place.checkpoint['checkpoint_id']}  before {before}")


def _listed(places: Sequence[StateSnapshot]) -> list[dict[str, Any]]:
    return [{"checkpoint_id": place.checkpoint["checkpoint_id"], "next": list(place.next)} for place in places]


async def find_run(runtime: Runtime, run_id: str) -> Run:
    """A run by its id, or by the first characters of one. Raises `UnknownRun`."""
    if len(run_id) == 36:
        return await runtime.get_run(LOCAL, None, run_id)
    known = [run for run in await runtime.list_runs(LOCAL, limit=1000) if run.run_id.startswith(run_id)]
    if len(known) == 1:
        return known[0]
    count = f"{len(known)} runs start" if known else "no run starts"
    raise UnknownRun(f"{count} with {run_id!r}", hint="stemma runs ls")


async def _checkpoints(runtime: Runtime, run: Run) -> list[StateSnapshot]:
    """The run's checkpoints, newest first."""
    return await runtime.history(LOCAL, run.thread_id, limit=1000, metadata={"run_id": run.run_id})


def _choose(places: Sequence[StateSnapshot], wanted: str) -> StateSnapshot:
    """By id, by the name of the step that comes next, or the run's first one. Raises `UnknownCheckpoint`."""
    for place in places:
        if wanted and (place.checkpoint["checkpoint_id"] == wanted or wanted in place.next):
            return place
    if places and not wanted:
        return places[-1]
    raise UnknownCheckpoint(f"the run has no checkpoint {wanted!r}", hint="stemma runs show RUN lists them")


def _row(run: Run) -> dict[str, Any]:
    asked = run.request.input
    text = asked.get("question", asked) if isinstance(asked, dict) else asked
    return {
        "run_id": run.run_id,
        "thread_id": run.thread_id,
        "graph": run.graph_id,
        "status": str(run.status),
        "created_at": run.created_at.isoformat(),
        "input": printable(str(text or ""))[:60],
    }
