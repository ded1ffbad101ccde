"""What `stemma memory heal` does and prints: a line for each answer as it is done, then what came of all.

Decides the words on the terminal. A healing that another process has begun is followed, not begun again.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import typer

from stemma.graphs.errors import ThreadBusy
from stemma.graphs.healing.graph import STEP
from stemma.graphs.healing.healing import Healing
from stemma.graphs.healing.model import Outcome, Progress
from stemma.graphs.healing.record import plan_record, progress_record
from stemma.graphs.local import open_local
from stemma.graphs.policy import LOCAL, Actor
from stemma.graphs.runs.model import Run, RunStatus
from stemma.graphs.runs.runtime import Runtime
from stemma.memory.lineage.captions import counted
from stemma.memory.shell import INTERRUPTED
from stemma.memory.terminal import printable, shortened

_WIDTH = 100
"""Characters of a question or an answer that are shown."""


async def look(retraction_id: str, *, user: str, as_json: bool) -> None:
    """Print what healing would do. Raises `UnknownItem`."""
    async with open_local(worker=False) as local:
        plan = await Healing(local.runtime, local.memory).plan(replace(LOCAL, user=user), retraction_id)
    record = plan_record(plan)
    if as_json:
        typer.echo(json.dumps(record, ensure_ascii=False))
        return
    for row in record["answers"]:
        typer.echo("\n".join(lines(row)))
    able = sum(not row["outcome"] for row in record["answers"])
    typer.echo(f"{counted(able, 'answer')} would be given again" if able else "there is nothing to heal")
    typer.echo("\n".join(beside(record)), nl=bool(beside(record)))


async def run(retraction_id: str, *, move_head: bool, parallel: int, user: str, as_json: bool) -> int:
    """Heal to the end; the exit code: 0, 1 when a run failed, 130 after Ctrl-C. Raises `UnknownItem`."""
    actor = replace(LOCAL, user=user)
    async with open_local() as local:
        healing = Healing(local.runtime, local.memory)
        try:
            begun = await healing.start(actor, retraction_id, move_head=move_head, parallel=parallel)
        except ThreadBusy:
            typer.echo("it is being healed already; this is how far it is", err=True)
            begun = await healing.progress(actor, retraction_id)
        if begun.run is None:
            typer.echo(json.dumps(progress_record(begun)) if as_json else "there is nothing to heal")
            return 0
        await _follow(healing, local.runtime, actor, begun, begun.run, as_json=as_json)
        done = await healing.progress(actor, retraction_id)
    record = progress_record(done)
    typer.echo(json.dumps(record, ensure_ascii=False) if as_json else "\n".join(closing(record)))
    if done.status is RunStatus.INTERRUPTED:
        return INTERRUPTED
    return 1 if done.status is not RunStatus.SUCCESS or done.counts.get(Outcome.FAILED) else 0


async def _follow(
    healing: Healing, runtime: Runtime, actor: Actor, begun: Progress, healer: Run, *, as_json: bool
) -> None:
    """Print each answer as it is done; Ctrl-C cancels."""
    cancelling: list[asyncio.Task[Any]] = []

    def cancel() -> None:
        cancelling.append(asyncio.ensure_future(healing.cancel(actor, begun.retraction)))

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, cancel)
    heard: set[str] = set()
    async for frame in runtime.stream(actor, healer.thread_id, healer.run_id, modes=("custom",)):
        data = json.loads(frame.data)
        if frame.event != "custom" or data.get("step") != STEP or data["answer_id"] in heard:
            continue  # after a crash, an answer may be told twice
        heard.add(data["answer_id"])
        if not as_json:
            typer.echo("\n".join([f"[{len(heard)}/{begun.total}]", *lines(data)]))
    await asyncio.gather(*cancelling)


def lines(row: Mapping[str, Any]) -> Iterator[str]:
    """One answer: what came of it, and old and new where they differ."""
    yield f"  {row['outcome'] or 'would run'}: {_short(row['question'])}  (answer {printable(row['answer_id'])})"
    if row["why"]:
        yield f"    because {_short(row['why'])}"
    if row["outcome"] in (Outcome.CHANGED, Outcome.ABSTAINS):
        yield f"    old: {_short(row['old']['text'])}"
        yield f"    new: {_short(row['new']['text'])}"
    if row["new_run_id"]:
        yield f"    run {row['new_run_id']} on thread {row['new_thread_id']}"
    if row["head"]:
        yield f"    head of thread {row['thread_id']}: {_short(row['head'])}"
    for turn in row["later"]:
        yield f"    built on it: run {turn['run_id']}  {_short(turn['asked'])}"


def closing(record: Mapping[str, Any]) -> list[str]:
    """What came of all, and how to go on."""
    told = ", ".join(f"{number} {name}" for name, number in record["counts"].items()) or "nothing"
    said = [f"{record['status']}: {told}, of {counted(record['total'], 'answer')}"]
    if record["status"] != RunStatus.SUCCESS:
        said.append(f"go on: stemma memory heal {record['retraction_id']}")
    return [*said, *beside(record)]


def beside(record: Mapping[str, Any]) -> list[str]:
    """What was not looked at."""
    said = []
    if record["hidden"]:
        said.append(f"{counted(record['hidden'], 'item')} more in narrower scopes: who owns them heals them (--user)")
    if record["truncated"]:
        said.append("it reached more than is looked at in one go: heal it again")
    return said


def _short(text: str) -> str:
    return shortened(printable(text), _WIDTH)
