"""Kill -9 in the middle of healing fifty threads, twice: each is healed once, whoever comes next."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import Counter
from pathlib import Path

import pytest

from stemma.graphs.healing.healing import PARALLEL, Healing
from stemma.graphs.policy import LOCAL
from stemma.graphs.runs.model import RunStatus
from stemma.memory.model import Answer, Node
from tests.integration.heal_world import HOME, THREADS, believed, heal, opened


async def killed_after(folder: Path, retraction: str, answers: int) -> int:
    """Heal in another process and kill it once so many answers are done; what it told."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.integration.heal_world"])
    told, given = context.Pipe(duplex=False)
    process = context.Process(target=heal, args=(str(folder), retraction, given), daemon=True)
    process.start()
    given.close()
    heard = 0
    while heard < answers:
        assert await asyncio.to_thread(told.recv) != "end", "it was faster than the kill"
        heard += 1
    process.kill()
    await asyncio.to_thread(process.join)
    return heard


@pytest.mark.timeout(110)
async def test_each_of_fifty_threads_is_healed_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as local:
        retraction = await believed(local)
        tainted = await local.memory.tainted(HOME, limit=100)
        assert tainted.total == THREADS
        before = (await local.memory.statistics(HOME)).by_node[Node.ANSWER.value]
    for answers in (7, 12):  # the second one hears the first one's again
        await killed_after(tmp_path, retraction, answers)

    async with opened(tmp_path) as local:
        healing = Healing(local.runtime, local.memory)
        begun = await healing.progress(LOCAL, retraction)
        assert begun.run is not None
        assert 12 - PARALLEL <= len(begun.done) < THREADS  # what was told last may not have been kept
        assert not begun.status.ended
        await local.runtime.join(LOCAL, begun.thread_id, begun.run.run_id)
        done = await healing.progress(LOCAL, retraction)
        assert (done.status, done.counts) == (RunStatus.SUCCESS, {"changed": THREADS})

        runs = [run for run in await local.runtime.list_runs(LOCAL, limit=1000) if "heals" in run.metadata]
        assert Counter(run.metadata["heals"] for run in runs) == Counter({one.id: 1 for one in tainted.items})
        assert {run.status for run in runs} == {RunStatus.SUCCESS}
        assert (await local.memory.statistics(HOME)).by_node[Node.ANSWER.value] == before + THREADS
        for record in done.done:
            new = await local.memory.item(HOME, record["new"]["answer_id"])
            assert isinstance(new, Answer)
            assert new.supported
