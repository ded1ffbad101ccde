"""What every `RunStore` keeps: plain checks, run over each adapter. Nothing here knows SQL."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from stemma.graphs.errors import (
    IdempotencyConflict,
    LostLease,
    ThreadBusy,
    ThreadExists,
    UnknownRun,
    UnknownThread,
)
from stemma.graphs.runs.model import MultitaskStrategy, Run, RunRequest, RunStatus, Thread, ThreadStatus
from stemma.graphs.runs.ports import Ending, RunStore, Unit
from stemma.graphs.runs.rows import request_json, to_json
from stemma.graphs.runs.submission import Accepted, Submission
from stemma.graphs.runs.thread_ports import ThreadQuery

TENANT = "tenant"
FAR = 4_000_000_000.0
"""A lease that does not run out."""
PAST = 1.0
"""One that has."""


def a_thread(tenant: str = TENANT, **metadata: Any) -> Thread:
    now = datetime.now(UTC)
    return Thread(str(uuid4()), tenant, now, now, metadata, ThreadStatus.IDLE)


async def submit(
    store: RunStore,
    thread_id: str,
    *,
    owner: str | None = None,
    until: float = FAR,
    strategy: MultitaskStrategy = "enqueue",
    key: str | None = None,
    fingerprint: str = "same",
    tenant: str = TENANT,
    due: float = 0.0,
    answers: Sequence[str] = (),
) -> Accepted:
    now = datetime.now(UTC)
    request = RunRequest("graph", multitask_strategy=strategy, answers=answers)
    run_id = str(uuid4())
    run = Run(run_id, thread_id, tenant, "assistant", "graph", now, now, RunStatus.PENDING, {"m": 1}, request)
    first = to_json({"run_id": run_id, "attempt": 1})
    return await store.submit(
        Submission(
            run,
            request_json(request),
            first,
            idempotency_key=key,
            fingerprint=fingerprint,
            owner=owner,
            lease_until=until,
            due=due,
        )
    )


async def leased(store: RunStore, thread_id: str | None = None, until: float = FAR) -> Unit:
    """A running run, and its lease."""
    if thread_id is None:
        thread = a_thread()
        await store.create_thread(thread)
        thread_id = thread.thread_id
    run = (await submit(store, thread_id, owner="me", until=until)).run
    return Unit(thread_id, run.run_id, run.epoch)


def ending(status: RunStatus = RunStatus.SUCCESS, interrupts: Mapping[str, Any] | None = None) -> Ending:
    thread = ThreadStatus.INTERRUPTED if interrupts else ThreadStatus.IDLE
    return Ending(status, None, thread, interrupts or {}, to_json({"status": status.value}))


async def check_threads_are_their_tenants(store: RunStore) -> None:
    thread = a_thread(team="blue")
    await store.create_thread(thread)
    with pytest.raises(ThreadExists):
        await store.create_thread(thread)
    assert (await store.thread(TENANT, thread.thread_id)).metadata == {"team": "blue"}
    for wrong in (("other", thread.thread_id), (TENANT, "nowhere")):
        with pytest.raises(UnknownThread):
            await store.thread(*wrong)
        with pytest.raises(UnknownThread):
            await store.patch_thread(*wrong, {"x": 1})
        with pytest.raises(UnknownThread):
            await store.delete_thread(*wrong)
    await store.patch_thread(TENANT, thread.thread_id, {"n": 1})
    assert (await store.thread(TENANT, thread.thread_id)).metadata == {"team": "blue", "n": 1}
    await store.delete_thread(TENANT, thread.thread_id)
    assert await store.count_threads(ThreadQuery(TENANT)) == 0


async def check_threads_are_searched(store: RunStore) -> None:
    threads = [a_thread(team="blue", n=i, deep={"a": [i]}) for i in range(3)]
    for thread in threads:
        await store.create_thread(thread)
    await store.create_thread(a_thread("other", team="blue"))

    async def found(**filters: Any) -> list[int]:
        return [t.metadata["n"] for t in await store.threads(ThreadQuery(TENANT, **filters))]

    assert await found(sort_by="created_at", descending=False) == [0, 1, 2]
    assert await found(sort_by="created_at", limit=1, offset=1) == [1]
    assert await found(metadata={"team": "blue", "n": 1}) == [1]
    assert await found(metadata={"deep": {"a": [2]}}) == [2]
    assert await found(metadata={"team": "red"}) == []
    assert await found(metadata={"n": "1"}) == []
    assert await found(ids=[threads[2].thread_id]) == [2]
    assert await found(status=ThreadStatus.BUSY) == []
    await submit(store, threads[0].thread_id)
    assert await found(status=ThreadStatus.BUSY) == [0]
    assert await store.count_threads(ThreadQuery(TENANT, metadata={"team": "blue"})) == 3


async def check_events_are_numbered_without_gaps(store: RunStore) -> None:
    units = [await leased(store) for _ in range(3)]
    for n in range(40):
        for unit in units:
            store.log(unit, "custom", "", b"%d" % n)
        if n % 7 == 0:
            await store.committed(units[0])
    await asyncio.gather(*(store.committed(unit) for unit in units))
    for unit in units:
        rows = await store.events(unit.thread_id, 0, 1000)
        assert [row.seq for row in rows] == list(range(1, 42))
        assert [row.data for row in rows[1:]] == [b"%d" % n for n in range(40)]
        assert (await store.events(unit.thread_id, 10, 3))[0].seq == 11


async def check_events_are_published_after_their_commit(store: RunStore) -> None:
    published: list[int] = []
    store.on_commit = lambda events: published.extend(event.seq for event in events)
    unit = await leased(store)
    store.log(unit, "custom", "", b"1")
    assert published == [1]
    await store.committed(unit)
    assert published == [1, 2]


async def check_a_key_is_one_run(store: RunStore) -> None:
    thread = a_thread()
    await store.create_thread(thread)
    accepted = await asyncio.gather(*(submit(store, thread.thread_id, key="k") for _ in range(20)))
    assert len({one.run.run_id for one in accepted}) == 1
    with pytest.raises(IdempotencyConflict):
        await submit(store, thread.thread_id, key="k", fingerprint="other")
    assert len(await store.runs(TENANT, thread.thread_id, status=None, limit=99, offset=0)) == 1


async def check_a_run_needs_its_tenants_thread(store: RunStore) -> None:
    thread = a_thread()
    await store.create_thread(thread)
    with pytest.raises(UnknownThread):
        await submit(store, thread.thread_id, tenant="other")
    with pytest.raises(UnknownThread):
        await submit(store, "nowhere")
    run = (await submit(store, thread.thread_id)).run
    wrongs: list[tuple[str, str | None]] = [("other", None), (TENANT, "nowhere")]
    for tenant, thread_id in wrongs:
        with pytest.raises(UnknownRun):
            await store.run(tenant, thread_id, run.run_id)


async def check_one_run_a_thread_in_order(store: RunStore) -> None:
    thread = a_thread()
    await store.create_thread(thread)
    runs = [(await submit(store, thread.thread_id)).run for _ in range(3)]
    for run in runs:
        (taken,) = await store.lease("me", FAR, 10)
        assert taken.run_id == run.run_id
        assert await store.lease("me", FAR, 10) == []
        assert await store.finish(Unit(thread.thread_id, run.run_id, taken.epoch), ending()) is (run is not runs[-1])
    assert (await store.run(TENANT, None, runs[0].run_id)).status is RunStatus.SUCCESS


async def check_a_busy_thread_is_not_leased_at_submission(store: RunStore) -> None:
    unit = await leased(store)
    second = await submit(store, unit.thread_id, owner="me")
    assert not second.leased
    with pytest.raises(ThreadBusy):
        await submit(store, unit.thread_id, strategy="reject")
    assert await store.finish(unit, ending())
    assert (await submit(store, (await leased(store)).thread_id, owner="me")).leased is False


async def check_a_lease_that_ran_out_is_taken_over_and_the_old_one_refused(store: RunStore) -> None:
    old = await leased(store, until=PAST)
    (run,) = await store.lease("other", FAR, 10)
    assert (run.run_id, run.epoch, run.attempt) == (old.run_id, 2, 2)
    store.log(old, "custom", "", b"late")
    with pytest.raises(LostLease):
        await store.committed(old)
    with pytest.raises(LostLease):
        await store.finish(Unit(old.thread_id, old.run_id, 1), ending())
    with pytest.raises(LostLease):
        await store.release(Unit(old.thread_id, old.run_id, 1))
    rows = await store.events(old.thread_id, 0, 99)
    assert [row.data for row in rows][1:] == [to_json({"run_id": run.run_id, "attempt": 2})]


async def check_a_released_run_is_leased_again(store: RunStore) -> None:
    unit = await leased(store)
    await store.release(unit)
    assert (await store.run(TENANT, None, unit.run_id or "")).status is RunStatus.PENDING
    (run,) = await store.lease("other", FAR, 1)
    assert run.attempt == 2


async def check_nothing_is_written_after_the_end(store: RunStore) -> None:
    unit = await leased(store)
    await store.finish(unit, ending(interrupts={"task": [{"value": 1, "id": "i"}]}))
    rows = await store.events(unit.thread_id, 0, 99)
    assert rows[-1].event == "end"
    assert await store.run_span(unit.run_id or "") == (1, rows[-1].seq)
    store.log(unit, "custom", "", b"late")
    with pytest.raises(LostLease):
        await store.committed(unit)
    assert await store.events(unit.thread_id, 0, 99) == rows
    thread = await store.thread(TENANT, unit.thread_id)
    assert (thread.status, thread.interrupts) == (ThreadStatus.INTERRUPTED, {"task": [{"value": 1, "id": "i"}]})


async def check_cancelling(store: RunStore) -> None:
    unit = await leased(store)
    waiting = (await submit(store, unit.thread_id)).run
    assert await store.cancel(TENANT, unit.thread_id, waiting.run_id, "interrupt") is RunStatus.INTERRUPTED
    assert (await store.run(TENANT, None, waiting.run_id)).status is RunStatus.INTERRUPTED
    assert await store.cancel(TENANT, unit.thread_id, unit.run_id or "", "interrupt") is RunStatus.RUNNING
    assert await store.cancellations("me") == {unit.run_id: "interrupt"}
    assert await store.cancellations("other") == {}
    await store.cancel(TENANT, unit.thread_id, unit.run_id or "", "rollback")
    await store.cancel(TENANT, unit.thread_id, unit.run_id or "", "interrupt")
    assert await store.cancellations("me") == {unit.run_id: "rollback"}
    for wrong in (("other", unit.thread_id), (TENANT, "nowhere")):
        with pytest.raises(UnknownRun):
            await store.cancel(*wrong, unit.run_id or "", "interrupt")


async def check_strategies_make_way(store: RunStore) -> None:
    unit = await leased(store)
    waiting = (await submit(store, unit.thread_id)).run
    new = await submit(store, unit.thread_id, strategy="interrupt", owner="me")
    assert (new.leased, list(new.cancelled)) == (False, [unit.run_id])
    assert (await store.run(TENANT, None, waiting.run_id)).status is RunStatus.INTERRUPTED
    newest = await submit(store, unit.thread_id, strategy="rollback", owner="me")
    assert list(newest.cancelled) == [unit.run_id]
    with pytest.raises(UnknownRun):
        await store.run(TENANT, None, new.run.run_id)


CHECKS = [
    check_threads_are_their_tenants,
    check_threads_are_searched,
    check_events_are_numbered_without_gaps,
    check_events_are_published_after_their_commit,
    check_a_key_is_one_run,
    check_a_run_needs_its_tenants_thread,
    check_one_run_a_thread_in_order,
    check_a_busy_thread_is_not_leased_at_submission,
    check_a_lease_that_ran_out_is_taken_over_and_the_old_one_refused,
    check_a_released_run_is_leased_again,
    check_nothing_is_written_after_the_end,
    check_cancelling,
    check_strategies_make_way,
]
