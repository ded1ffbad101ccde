"""The checker of the crash bench: compares what clients were told with the log and with the steps' ledger.

Decides what counts as a fault. A step may start once in every attempt up to the one in which the log holds its result,
and never after that; a reader must have seen every frame once, in order, across all its reconnects.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from os import O_WRONLY, devnull
from os import open as open_file
from pathlib import Path

import orjson

from bench.crash_server import MODES, STEPS, graph
from stemma.graphs.catalog import Catalog
from stemma.graphs.policy import LOCAL
from stemma.graphs.runs.model import Run, RunStatus
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings


@dataclass
class Client:
    """What the clients know: the history that the checker judges."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    """Tag -> run id."""
    frames: dict[str, list[int]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    lefts: int = 0
    """How often the end of a `left` step was seen."""
    killed: bool = False


@dataclass
class Verdict:
    """Counts over all rounds; everything but the first four must be 0."""

    rounds: int = 0
    acknowledged: int = 0
    interrupted_runs: int = 0
    """Runs that needed more than one attempt."""
    siblings_kept: int = 0
    """Parallel steps that had finished beside one that a crash cut off."""
    lost: int = 0
    unfinished: int = 0
    rerun_steps: int = 0
    missing_frames: int = 0
    repeated_frames: int = 0
    takeover_seconds: list[float] = field(default_factory=list)
    """From the restart's being ready to the first frame of a run that was interrupted."""

    @property
    def faults(self) -> int:
        return self.lost + self.unfinished + self.rerun_steps + self.missing_frames + self.repeated_frames


async def judge(folder: Path, client: Client, verdict: Verdict) -> None:
    """Add one round's counts."""
    ledger = folder / "ledger"
    lines = ledger.read_text().splitlines() if ledger.exists() else []
    starts = Counter(line.rsplit(" ", 1)[0] for line in lines if line.endswith(" start"))
    catalog = Catalog()
    catalog.register("crash", graph(open_file(devnull, O_WRONLY)))
    settings = GraphSettings(database_url=f"sqlite:///{folder}/runs.db")
    verdict.rounds += 1
    async with await open_runtime(catalog, settings, worker=False) as runtime:
        known = {run.run_id: run for run in await runtime.list_runs(LOCAL, limit=1_000_000)}
        for tag, run_id in client.acknowledged.items():
            verdict.acknowledged += 1
            if run_id not in known:
                verdict.lost += 1
                continue
            await _judge_run(runtime, known[run_id], tag, starts, client.frames[run_id], verdict)


async def _judge_run(
    runtime: Runtime, run: Run, tag: str, starts: Counter[str], seen: list[int], verdict: Verdict
) -> None:
    verdict.unfinished += run.status is not RunStatus.SUCCESS
    verdict.interrupted_runs += run.attempt > 1
    finished = await _finishing_attempts(runtime, run.run_id)
    for step in STEPS:
        verdict.rerun_steps += starts[f"{tag} {step}"] > finished.get(step, 0)
    verdict.siblings_kept += finished.get("left", 0) < finished.get("right", 0)
    whole = [frame.id async for frame in runtime.stream(LOCAL, None, run.run_id, modes=MODES)]
    verdict.missing_frames += len(set(whole) - set(seen))
    verdict.repeated_frames += len(seen) - len(set(seen)) + (seen != sorted(seen))


async def _finishing_attempts(runtime: Runtime, run_id: str) -> dict[str, int]:
    """Step -> the attempt in which its result was logged; twice logged counts as attempt 0, a fault."""
    attempt = 0
    finished: dict[str, int] = {}
    async for frame in runtime.stream(LOCAL, None, run_id, modes=("tasks",)):
        data = orjson.loads(frame.data)
        if frame.event == "metadata":
            attempt = data["attempt"]
        elif "result" in data and not data["error"]:
            finished[data["name"]] = 0 if data["name"] in finished else attempt
    return finished
