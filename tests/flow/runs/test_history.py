"""Events are kept for the retention time; who asks for older ones is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from stemma.graphs.policy import LOCAL
from stemma.graphs.runs.model import RunRequest
from stemma.graphs.runs.runtime import Runtime
from tests.flow.runs.test_streams import collect

MODES = ("updates", "values")


async def forget(runtime: Runtime) -> None:
    assert runtime.sweeper is not None
    await runtime.sweeper.sweep(datetime.now(UTC) + timedelta(days=8))


@pytest.mark.parametrize("cursor", [0, 2])
async def test_a_reader_below_what_is_kept_is_told(runtime: Runtime, cursor: int) -> None:
    thread = await runtime.create_thread(LOCAL)
    run = await runtime.submit(LOCAL, thread.thread_id, RunRequest("chain", input={"n": 1}))
    values = await runtime.join(LOCAL, thread.thread_id, run.run_id)
    last = (await collect(runtime, run.run_id, MODES))[-1].id or 0
    await forget(runtime)
    (told,) = await collect(runtime, run.run_id, MODES, after=cursor)
    assert told.event == "history_truncated"
    assert (told.id or 0) > last
    assert orjson.loads(told.data)["first"] == (told.id or 0) + 1
    assert await collect(runtime, run.run_id, MODES, after=told.id or 0) == []
    assert await runtime.join(LOCAL, thread.thread_id, run.run_id) == values


async def test_a_threads_reader_is_told_and_goes_on(runtime: Runtime) -> None:
    thread = await runtime.create_thread(LOCAL)
    request = RunRequest("chain", input={"n": 1}, stream_mode=("updates",))
    for _ in range(2):
        run = await runtime.submit(LOCAL, thread.thread_id, request)
        await runtime.join(LOCAL, thread.thread_id, run.run_id)
        if _ == 0:
            await forget(runtime)
    frames = runtime.stream_thread(LOCAL, thread.thread_id, after=1)
    names = [(await anext(frames)).event for _ in range(5)]
    await frames.aclose()
    assert names == ["history_truncated", "metadata", "updates", "updates", "updates"]


async def test_what_is_young_is_kept(runtime: Runtime) -> None:
    run = await runtime.submit(LOCAL, None, RunRequest("chain", input={"n": 1}, on_completion="keep"))
    await runtime.join(LOCAL, None, run.run_id)
    before = await collect(runtime, run.run_id, MODES)
    assert runtime.sweeper is not None
    await runtime.sweeper.sweep(datetime.now(UTC) + timedelta(days=6))
    assert await collect(runtime, run.run_id, MODES) == before
