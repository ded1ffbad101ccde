"""Crons under kill -9: several processes watch the same crons, and one after the other dies.

    python -m bench.crons --processes 4 --crons 20 --seconds 60 --kills 20 --seed 7

Every cron fires every second. At seeded random moments a process is killed with SIGKILL and another started. Then no
firing may have two runs, none may be lost, and no run may be unfinished. A cron that is late by seconds fires once and
then at its next time, as the documentation says: those seconds are not lost. Figures go to `bench/results/crons.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from bench.cron_server import catalog, serve
from stemma.graphs.crons.model import CronChange
from stemma.graphs.policy import LOCAL
from stemma.graphs.runs.model import Run, RunRequest
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.settings import GraphSettings

EVERY = 1_000_000
SECOND = timedelta(seconds=1)


@dataclass
class Verdict:
    """What was found."""

    kills: int = 0
    fired: int = 0
    doubled: int = 0
    """Runs beyond the first of a firing."""
    lost: int = 0
    """Seconds that passed after a run had been accepted, and that no run was accepted for."""
    unfinished: int = 0
    late_ms_p50: float = 0.0
    late_ms_p99: float = 0.0
    """From the second to the run's acceptance."""


class Server:
    """One child process. Children are forked from one that has imported everything: imports take seconds."""

    def __init__(self, database: Path) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["bench.cron_server"])
        self._orders, given = context.Pipe()
        self._process = context.Process(target=serve, args=(str(database), given), daemon=True)
        self._process.start()
        given.close()

    async def ready(self) -> None:
        assert await asyncio.to_thread(self._orders.recv) == "ready"

    async def kill(self) -> None:
        self._process.kill()
        await asyncio.to_thread(self._process.join)

    async def stop(self) -> None:
        self._orders.send("stop")
        await asyncio.to_thread(self._process.join)


async def _start(database: Path) -> Server:
    server = Server(database)
    await server.ready()
    return server


async def _disturb(database: Path, processes: int, seconds: float, kills: int, chance: random.Random) -> None:
    """Keep so many processes running, and kill one at each of some random moments."""
    running = list(await asyncio.gather(*(_start(database) for _ in range(processes))))
    began = asyncio.get_running_loop().time()
    for moment in sorted(chance.uniform(0.2, max(seconds - 1, 0.3)) for _ in range(kills)):
        await asyncio.sleep(max(0.0, began + moment - asyncio.get_running_loop().time()))
        victim = running.pop(chance.randrange(len(running)))
        await victim.kill()
        running.append(await _start(database))
    await asyncio.sleep(max(0.0, began + seconds - asyncio.get_running_loop().time()))
    await asyncio.gather(*(server.stop() for server in running))


async def bench(processes: int, crons: int, seconds: float, kills: int, seed: int) -> Verdict:
    """One round."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "runs.db"
        settings = GraphSettings(database_url=f"sqlite:///{database}")
        async with await open_runtime(catalog(), settings, worker=False) as runtime:
            every = CronChange(schedule="* * * * * *", on_run_completed="keep")
            made = [await runtime.crons.create(LOCAL, every, RunRequest("count", input={}), None) for _ in range(crons)]
            await _disturb(database, processes, seconds, kills, random.Random(seed))
            for cron in made:
                await runtime.crons.change(LOCAL, cron.cron_id, CronChange(enabled=False))
        async with await open_runtime(catalog(), settings) as runtime:
            runs = await runtime.list_runs(LOCAL, limit=EVERY)
            for run in runs:
                await runtime.join(LOCAL, run.thread_id, run.run_id)
            return _judge(await runtime.list_runs(LOCAL, limit=EVERY), kills)


def _judge(runs: list[Run], kills: int) -> Verdict:
    verdict = Verdict(kills=kills, fired=len(runs), unfinished=sum(run.status.value != "success" for run in runs))
    late = sorted((run.created_at - _due(run)).total_seconds() * 1000 for run in runs)
    verdict.late_ms_p50, verdict.late_ms_p99 = late[len(late) // 2], late[int(len(late) * 0.99)]
    firings = Counter((run.metadata["cron_id"], _due(run)) for run in runs)
    verdict.doubled = sum(count - 1 for count in firings.values())
    for cron in {run.metadata["cron_id"] for run in runs}:
        own = sorted((run for run in runs if run.metadata["cron_id"] == cron), key=_due)
        verdict.lost += sum(_due(after) > _second(before.created_at) + SECOND for before, after in pairwise(own))
    return verdict


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _due(run: Run) -> datetime:
    return datetime.fromisoformat(run.metadata["cron_run_date"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("processes", 4), ("crons", 20), ("seconds", 60), ("kills", 20), ("seed", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    verdict = asyncio.run(bench(**vars(asked)))
    found = {"at": datetime.now().astimezone().isoformat(timespec="seconds"), **asdict(verdict), **vars(asked)}
    target = Path(__file__).parent / "results" / "crons.json"
    target.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
