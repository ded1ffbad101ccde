"""Runs: accepted once, in order, one at a time a thread; cancelled, interrupted, run again."""

from __future__ import annotations

import asyncio

import pytest

from stemma.graphs.catalog import Catalog
from stemma.graphs.errors import (
    Forbidden,
    IdempotencyConflict,
    InvalidRequest,
    RunFailed,
    ThreadBusy,
    UnknownAssistant,
    UnknownCheckpoint,
    UnknownRun,
    UnknownThread,
)
from stemma.graphs.policy import LOCAL, Actor, Permission
from stemma.graphs.runs.model import RunRequest, RunStatus, Thread, ThreadStatus
from stemma.graphs.runs.open import open_runtime
from stemma.graphs.runs.runtime import Runtime
from stemma.graphs.settings import GraphSettings
from tests.flow.runs.graphs import ARRIVED, TICKS, gate


@pytest.fixture
async def thread(runtime: Runtime) -> Thread:
    return await runtime.create_thread(LOCAL)


async def test_a_hundred_submits_with_one_key_are_one_run(runtime: Runtime, thread: Thread) -> None:
    request = RunRequest("chain", input={"n": 1})
    runs = await asyncio.gather(
        *(runtime.submit(LOCAL, thread.thread_id, request, idempotency_key="key") for _ in range(100))
    )
    assert len({run.run_id for run in runs}) == 1
    assert len(await runtime.list_runs(LOCAL, thread.thread_id, limit=200)) == 1
    with pytest.raises(IdempotencyConflict):
        await runtime.submit(LOCAL, thread.thread_id, RunRequest("chain", input={"n": 2}), idempotency_key="key")
    assert len(await runtime.list_runs(LOCAL, thread.thread_id, limit=200)) == 1


async def test_keys_of_two_tenants_do_not_meet(runtime: Runtime) -> None:
    request = RunRequest("chain", input={"n": 1})
    one = await runtime.submit(Actor(tenant="one"), None, request, idempotency_key="key")
    two = await runtime.submit(Actor(tenant="two"), None, RunRequest("chain", input={"n": 2}), idempotency_key="key")
    assert one.run_id != two.run_id


async def test_runs_of_a_thread_wait_in_order_and_never_overlap(runtime: Runtime, thread: Thread) -> None:
    runs = [await runtime.submit(LOCAL, thread.thread_id, RunRequest("chain", input={"n": i})) for i in range(5)]
    await asyncio.gather(*(runtime.join(LOCAL, thread.thread_id, run.run_id) for run in runs))
    seen = []
    async for frame in runtime.stream_thread(LOCAL, thread.thread_id, modes=("lifecycle",)):
        seen.append(b'"run_done"' in frame.data)
        if len(seen) == 10:
            break
    # Each is accepted before the first ends; only the ends say in what order they ran.
    assert sum(seen) == 5
    state = await runtime.get_state(LOCAL, thread.thread_id)
    assert state.values["log"] == ["a", "b", "c"] * 5
    ended = [run.run_id for run in reversed(await runtime.list_runs(LOCAL, thread.thread_id))]
    assert ended == [run.run_id for run in runs]


async def test_two_waiting_runs_and_status(runtime: Runtime, thread: Thread) -> None:
    opened = gate("two")
    first = await runtime.submit(LOCAL, thread.thread_id, RunRequest("gated", input={"tag": "two"}))
    second = await runtime.submit(LOCAL, thread.thread_id, RunRequest("chain", input={"n": 1}))
    await ARRIVED["two"].wait()
    assert (await runtime.get_run(LOCAL, thread.thread_id, first.run_id)).status is RunStatus.RUNNING
    assert (await runtime.get_run(LOCAL, thread.thread_id, second.run_id)).status is RunStatus.PENDING
    assert (await runtime.get_thread(LOCAL, thread.thread_id)).status is ThreadStatus.BUSY
    with pytest.raises(ThreadBusy):
        await runtime.submit(LOCAL, thread.thread_id, RunRequest("chain", input={}, multitask_strategy="reject"))
    opened.set()
    assert (await runtime.join(LOCAL, thread.thread_id, second.run_id))["log"] == ["a", "gate", "c", "a", "b", "c"]
    assert (await runtime.get_thread(LOCAL, thread.thread_id)).status is ThreadStatus.IDLE


async def test_strategy_interrupt_stops_the_old_run_and_keeps_what_it_did(runtime: Runtime, thread: Thread) -> None:
    gate("stop")
    old = await runtime.submit(LOCAL, thread.thread_id, RunRequest("gated", input={"tag": "stop"}))
    await ARRIVED["stop"].wait()
    new = await runtime.submit(
        LOCAL, thread.thread_id, RunRequest("chain", input={"n": 1}, multitask_strategy="interrupt")
    )
    assert (await runtime.join(LOCAL, thread.thread_id, new.run_id))["log"] == ["a", "a", "b", "c"]
    assert (await runtime.get_run(LOCAL, thread.thread_id, old.run_id)).status is RunStatus.INTERRUPTED


async def test_strategy_rollback_deletes_the_old_run_and_what_it_did(runtime: Runtime, thread: Thread) -> None:
    gate("back")
    old = await runtime.submit(LOCAL, thread.thread_id, RunRequest("gated", input={"tag": "back"}))
    await ARRIVED["back"].wait()
    new = await runtime.submit(
        LOCAL, thread.thread_id, RunRequest("chain", input={"n": 1}, multitask_strategy="rollback")
    )
    assert (await runtime.join(LOCAL, thread.thread_id, new.run_id))["log"] == ["a", "b", "c"]
    with pytest.raises(UnknownRun):
        await runtime.get_run(LOCAL, thread.thread_id, old.run_id)
    assert len(await runtime.history(LOCAL, thread.thread_id, limit=100)) == 5


@pytest.mark.parametrize("waits", [True, False])
async def test_a_cancelled_run_ends_and_nothing_follows_its_end(runtime: Runtime, thread: Thread, waits: bool) -> None:
    opened = gate("cancel")
    run = await runtime.submit(LOCAL, thread.thread_id, RunRequest("gated", input={"tag": "cancel"}))
    await ARRIVED["cancel"].wait()
    await runtime.cancel(LOCAL, thread.thread_id, run.run_id, wait=waits)
    await runtime.join(LOCAL, thread.thread_id, run.run_id)
    assert (await runtime.get_run(LOCAL, thread.thread_id, run.run_id)).status is RunStatus.INTERRUPTED
    before = [frame async for frame in runtime.stream(LOCAL, thread.thread_id, run.run_id, modes=("debug",))]
    opened.set()
    await runtime.cancel(LOCAL, thread.thread_id, run.run_id)
    after = [frame async for frame in runtime.stream(LOCAL, thread.thread_id, run.run_id, modes=("debug",))]
    assert after == before
    assert (await runtime.get_thread(LOCAL, thread.thread_id)).status is ThreadStatus.INTERRUPTED


async def test_a_waiting_run_is_cancelled_without_having_run(runtime: Runtime, thread: Thread) -> None:
    opened = gate("waiting")
    first = await runtime.submit(LOCAL, thread.thread_id, RunRequest("gated", input={"tag": "waiting"}))
    second = await runtime.submit(LOCAL, thread.thread_id, RunRequest("chain", input={"tag": "never"}))
    await runtime.cancel(LOCAL, thread.thread_id, second.run_id, wait=True)
    opened.set()
    await runtime.join(LOCAL, thread.thread_id, first.run_id)
    assert (await runtime.get_run(LOCAL, thread.thread_id, second.run_id)).status is RunStatus.INTERRUPTED
    assert TICKS["never/a"] == 0


async def test_cancel_with_rollback_leaves_the_thread_as_it_was(runtime: Runtime, thread: Thread) -> None:
    done = await runtime.submit(LOCAL, thread.thread_id, RunRequest("chain", input={"n": 1}))
    await runtime.join(LOCAL, thread.thread_id, done.run_id)
    before = await runtime.get_state(LOCAL, thread.thread_id)
    gate("undo")
    run = await runtime.submit(LOCAL, thread.thread_id, RunRequest("gated", input={"tag": "undo"}))
    await ARRIVED["undo"].wait()
    await runtime.cancel(LOCAL, thread.thread_id, run.run_id, action="rollback", wait=True)
    assert await runtime.get_state(LOCAL, thread.thread_id) == before
    assert [r.run_id for r in await runtime.list_runs(LOCAL, thread.thread_id)] == [done.run_id]


async def test_an_interrupt_is_answered_with_a_command(runtime: Runtime, thread: Thread) -> None:
    run = await runtime.submit(LOCAL, thread.thread_id, RunRequest("asking", input={"n": 0, "tag": "answered"}))
    frames = [f async for f in runtime.stream(LOCAL, thread.thread_id, run.run_id, modes=("values", "updates"))]
    assert [f.event for f in frames if b"__interrupt__" in f.data] == ["updates", "values"]
    waiting = await runtime.get_thread(LOCAL, thread.thread_id)
    assert waiting.status is ThreadStatus.INTERRUPTED
    ((interrupt,),) = waiting.interrupts.values()
    assert interrupt["value"] == {"question": "go on?"}
    assert (await runtime.get_run(LOCAL, thread.thread_id, run.run_id)).status is RunStatus.SUCCESS
    answer = RunRequest("asking", command={"resume": "yes"})
    resumed = await runtime.submit(LOCAL, thread.thread_id, answer)
    values = await runtime.join(LOCAL, thread.thread_id, resumed.run_id)
    assert (values["answer"], values["log"]) == ("yes", ["a", "ask", "c"])
    after = await runtime.get_thread(LOCAL, thread.thread_id)
    assert (after.status, after.interrupts) == (ThreadStatus.IDLE, {})


async def test_commands_update_and_go_to(runtime: Runtime, thread: Thread) -> None:
    first = await runtime.submit(LOCAL, thread.thread_id, RunRequest("chain", input={"n": 1}))
    await runtime.join(LOCAL, thread.thread_id, first.run_id)
    command = {"update": {"n": 10}, "goto": "c"}
    run = await runtime.submit(LOCAL, thread.thread_id, RunRequest("chain", command=command))
    assert await runtime.join(LOCAL, thread.thread_id, run.run_id) == {"n": 11, "log": ["a", "b", "c", "c"]}


async def test_breakpoints_stop_before_and_after(runtime: Runtime, thread: Thread) -> None:
    request = RunRequest("chain", input={"n": 1}, interrupt_before=["b"])
    run = await runtime.submit(LOCAL, thread.thread_id, request)
    assert (await runtime.join(LOCAL, thread.thread_id, run.run_id))["log"] == ["a"]
    assert (await runtime.get_thread(LOCAL, thread.thread_id)).status is ThreadStatus.INTERRUPTED
    on = await runtime.submit(LOCAL, thread.thread_id, RunRequest("chain", interrupt_after=["b"]))
    assert (await runtime.join(LOCAL, thread.thread_id, on.run_id))["log"] == ["a", "b"]
    assert (await runtime.get_state(LOCAL, thread.thread_id)).next == ("c",)


async def test_replay_and_fork_leave_the_old_branch_alone(runtime: Runtime, thread: Thread) -> None:
    run = await runtime.submit(LOCAL, thread.thread_id, RunRequest("chain", input={"n": 1, "tag": "again"}))
    await runtime.join(LOCAL, thread.thread_id, run.run_id)
    old = await runtime.history(LOCAL, thread.thread_id, limit=100)
    place = next(state for state in old if state.next == ("b",)).checkpoint["checkpoint_id"]
    replayed = await runtime.replay(LOCAL, thread.thread_id, place)
    assert (await runtime.join(LOCAL, thread.thread_id, replayed.run_id))["n"] == 4
    assert (TICKS["again/a"], TICKS["again/b"], TICKS["again/c"]) == (1, 2, 2)
    forked = await runtime.fork(LOCAL, thread.thread_id, place, {"n": 100})
    assert (await runtime.join(LOCAL, thread.thread_id, forked.run_id))["n"] == 102
    assert (await runtime.get_state(LOCAL, thread.thread_id)).values["n"] == 102
    for state in old:
        checkpoint_id = state.checkpoint["checkpoint_id"]
        assert await runtime.get_state(LOCAL, thread.thread_id, checkpoint_id=checkpoint_id) == state
    assert (await runtime.join(LOCAL, thread.thread_id, run.run_id))["n"] == 4


async def test_update_state_moves_the_head_and_the_threads_status(runtime: Runtime, thread: Thread) -> None:
    run = await runtime.submit(LOCAL, thread.thread_id, RunRequest("asking", input={"n": 0}))
    await runtime.join(LOCAL, thread.thread_id, run.run_id)
    await runtime.update_state(LOCAL, thread.thread_id, {"answer": "given"}, as_node="ask")
    assert (await runtime.get_state(LOCAL, thread.thread_id)).next == ("c",)
    assert (await runtime.get_thread(LOCAL, thread.thread_id)).interrupts == {}
    on = await runtime.submit(LOCAL, thread.thread_id, RunRequest("asking"))
    assert (await runtime.join(LOCAL, thread.thread_id, on.run_id))["answer"] == "given"


@pytest.mark.parametrize(
    ("request_", "error", "field"),
    [
        (RunRequest("nothing"), UnknownAssistant, None),
        (RunRequest("chain", checkpoint_id="nowhere"), UnknownCheckpoint, None),
        (RunRequest("chain", input={}, command={"resume": 1}), InvalidRequest, "command"),
        (RunRequest("chain", command={"explode": 1}), InvalidRequest, "command"),
        (RunRequest("chain", input={}, interrupt_before=["z"]), InvalidRequest, "interrupt_before"),
        (RunRequest("chain", input={}, config={"recursion_limit": 0}), InvalidRequest, "config.recursion_limit"),
    ],
)
async def test_bad_requests_are_refused_and_change_nothing(
    runtime: Runtime, thread: Thread, request_: RunRequest, error: type[Exception], field: str | None
) -> None:
    with pytest.raises(error) as caught:
        await runtime.submit(LOCAL, thread.thread_id, request_)
    assert getattr(caught.value, "field", None) == field
    assert await runtime.list_runs(LOCAL, thread.thread_id) == []


async def test_what_is_not_ones_own_does_not_exist(runtime: Runtime, thread: Thread) -> None:
    stranger = Actor(tenant="stranger")
    with pytest.raises(UnknownThread):
        await runtime.get_state(stranger, thread.thread_id)
    with pytest.raises(UnknownThread):
        await runtime.submit(stranger, thread.thread_id, RunRequest("chain", input={}))
    with pytest.raises(UnknownThread):
        await runtime.submit(LOCAL, "no-such-thread", RunRequest("chain", input={}))
    with pytest.raises(Forbidden):
        await runtime.submit(Actor(permissions=frozenset({Permission.RUNS_READ})), None, RunRequest("chain"))


async def test_joining_a_failed_run_says_why(runtime: Runtime) -> None:
    run = await runtime.submit(LOCAL, None, RunRequest("broken", input={"n": 1}))
    with pytest.raises(RunFailed, match="the step is broken") as caught:
        await runtime.join(LOCAL, None, run.run_id)
    assert caught.value.error == "ValueError"
    assert (await runtime.get_thread(LOCAL, run.thread_id)).status is ThreadStatus.ERROR


async def test_closing_puts_running_work_back_and_the_next_process_carries_on(
    settings: GraphSettings, graphs: Catalog
) -> None:
    opened = gate("drain")
    async with await open_runtime(graphs, settings) as runtime:
        run = await runtime.submit(LOCAL, None, RunRequest("gated", input={"tag": "drain"}))
        await ARRIVED["drain"].wait()
    async with await open_runtime(graphs, settings, worker=False) as looking:
        assert (await looking.get_run(LOCAL, None, run.run_id)).status is RunStatus.PENDING
    opened.set()
    async with await open_runtime(graphs, settings) as again:
        assert (await again.join(LOCAL, None, run.run_id))["log"] == ["a", "gate", "c"]
        assert (await again.get_run(LOCAL, None, run.run_id)).attempt == 2
    assert (TICKS["drain/a"], TICKS["drain/gate"]) == (1, 2)


async def test_another_runtime_on_the_same_file_submits_follows_and_cancels(
    settings: GraphSettings, graphs: Catalog
) -> None:
    async with (
        await open_runtime(graphs, settings) as server,
        await open_runtime(graphs, settings, worker=False) as cli,
    ):
        gate("far")
        run = await cli.submit(LOCAL, None, RunRequest("gated", input={"tag": "far"}))
        reader = asyncio.ensure_future(cli.join(LOCAL, None, run.run_id))
        await ARRIVED["far"].wait()
        assert (await server.get_run(LOCAL, None, run.run_id)).status is RunStatus.RUNNING
        await cli.cancel(LOCAL, None, run.run_id, wait=True)
        assert await reader == {"tag": "far", "n": 1, "log": ["a"]}
        assert (await server.get_run(LOCAL, None, run.run_id)).status is RunStatus.INTERRUPTED


async def test_threads_are_found_by_what_they_hold(runtime: Runtime) -> None:
    one = await runtime.create_thread(LOCAL, metadata={"team": "blue", "n": 1})
    await runtime.create_thread(LOCAL, metadata={"team": "red"})
    run = await runtime.submit(LOCAL, one.thread_id, RunRequest("chain", input={"n": 7}))
    await runtime.join(LOCAL, one.thread_id, run.run_id)
    for found in (
        await runtime.search_threads(LOCAL, metadata={"team": "blue"}),
        await runtime.search_threads(LOCAL, values={"n": 10}),
        await runtime.search_threads(LOCAL, ids=[one.thread_id]),
    ):
        assert [thread.thread_id for thread in found] == [one.thread_id]
    assert await runtime.count_threads(LOCAL) == 2
    assert await runtime.count_threads(LOCAL, values={"n": 10}) == 1
    assert await runtime.search_threads(Actor(tenant="other")) == []
    patched = await runtime.patch_thread(LOCAL, one.thread_id, {"n": 2})
    assert patched.metadata["n"] == 2
    assert patched.metadata["team"] == "blue"
