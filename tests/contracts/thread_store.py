"""What every store does with the time of threads, and with copies of them: plain checks, run over each adapter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stemma.graphs.errors import UnknownThread
from stemma.graphs.runs.model import Run, RunRequest, RunStatus, ThreadStatus, ThreadTtl
from stemma.graphs.runs.ports import CheckpointRow, RunStore, Unit, WriteRow
from stemma.graphs.runs.rows import request_json
from stemma.graphs.runs.submission import Submission
from stemma.graphs.runs.thread_ports import Expired, Lifetime, ThreadQuery
from tests.contracts.run_store import FAR, TENANT, a_thread, ending, leased, submit

LATER = timedelta(days=1)


async def expired(store: RunStore, after: timedelta, ended: timedelta = -LATER) -> list[Expired]:
    now = datetime.now(UTC)
    return await store.expired_threads(now + after, now + ended, 100)


async def stateless(store: RunStore, lifetime: Lifetime, ttl: ThreadTtl | None = None) -> Unit:
    """A run that made its thread, while it runs."""
    now = datetime.now(UTC)
    thread_id, request = a_thread().thread_id, RunRequest("graph")
    run = Run(f"run-{thread_id}", thread_id, TENANT, "a", "graph", now, now, RunStatus.PENDING, {}, request)
    submission = Submission(run, request_json(request), b"{}", create_thread=True, lifetime=lifetime, owner="me")
    accepted = await store.submit(replace(submission, lease_until=FAR, ttl=ttl))
    return Unit(thread_id, run.run_id, accepted.run.epoch)


async def check_a_thread_ends_when_its_time_is_over(store: RunStore) -> None:
    kept, dies = a_thread(), replace(a_thread(), ttl=ThreadTtl(10))
    for thread in (kept, dies):
        await store.create_thread(thread)
    assert (await store.thread(TENANT, dies.thread_id)).ttl == ThreadTtl(10, "delete")
    assert await expired(store, timedelta(minutes=9)) == []
    assert await expired(store, timedelta(minutes=11)) == [Expired(dies.thread_id, TENANT, "delete")]
    await store.patch_thread(TENANT, dies.thread_id, {"more": True}, ThreadTtl(20))
    assert await expired(store, timedelta(minutes=11)) == []
    await store.patch_thread(TENANT, dies.thread_id, {"less": True})
    assert (await store.thread(TENANT, dies.thread_id)).ttl == ThreadTtl(20)


async def check_a_thread_made_for_a_run_has_the_runs_time(store: RunStore) -> None:
    unit = await stateless(store, Lifetime.KEPT, ThreadTtl(5, "keep_latest"))
    assert (await store.thread(TENANT, unit.thread_id)).ttl == ThreadTtl(5, "keep_latest")


async def check_a_busy_thread_does_not_end(store: RunStore) -> None:
    thread = replace(a_thread(), ttl=ThreadTtl(10))
    await store.create_thread(thread)
    unit = await leased(store, thread.thread_id)
    assert await expired(store, LATER) == []
    await store.finish(unit, ending())
    assert [found.thread_id for found in await expired(store, LATER)] == [thread.thread_id]


async def check_a_log_is_cut_at_its_beginning_and_goes_on_counting(store: RunStore) -> None:
    thread = a_thread()
    await store.create_thread(thread)
    first = await leased(store, thread.thread_id)
    await store.finish(first, ending())
    second = await leased(store, thread.thread_id)
    now = datetime.now(UTC)
    assert await store.trim_events(now - LATER, 10) == 0
    assert await store.trimmed(thread.thread_id) == 0
    whole = await store.events(thread.thread_id, 0, 100)
    end = next(row.seq for row in whole if row.event == "end")
    assert await store.trim_events(now + LATER, 10) == 1, "the second run goes on, so that its events stay"
    assert await store.trimmed(thread.thread_id) == end
    assert await store.events(thread.thread_id, 0, 100) == whole[end:]
    assert await store.trim_events(now + LATER, 10) == 0
    await store.finish(second, ending())
    assert (await store.events(thread.thread_id, 0, 100))[-1].seq > whole[-1].seq
    assert await store.trim_events(now + LATER, 10) == 1
    third = await leased(store, thread.thread_id)
    (begun,) = [row for row in await store.events(thread.thread_id, 0, 100) if row.run_id == third.run_id][:1]
    assert begun.seq == await store.trimmed(thread.thread_id) + 1
    await store.finish(third, ending())
    await store.delete_thread(TENANT, thread.thread_id)
    await store.create_thread(thread)
    assert await store.trimmed(thread.thread_id) == 0
    await leased(store, thread.thread_id)
    assert (await store.events(thread.thread_id, 0, 1))[0].seq == 1


async def check_what_stays_is_swept_once(store: RunStore) -> None:
    thread = replace(a_thread(), ttl=ThreadTtl(10, "keep_latest"))
    await store.create_thread(thread)
    assert await expired(store, LATER) == [Expired(thread.thread_id, TENANT, "keep_latest")]
    await store.note_swept(thread.thread_id, datetime.now(UTC))
    assert await expired(store, LATER) == []
    await store.patch_thread(TENANT, thread.thread_id, {"used": "again"})
    assert len(await expired(store, LATER)) == 1


async def check_threads_of_stateless_runs_are_not_listed_and_end(store: RunStore) -> None:
    for lifetime in Lifetime:
        unit = await stateless(store, lifetime)
        thread_id = unit.thread_id
        assert (await store.thread(TENANT, thread_id)).status is ThreadStatus.BUSY
        await store.finish(unit, ending())
        listed = await store.threads(ThreadQuery(TENANT, ids=(thread_id,)))
        assert len(listed) == await store.count_threads(ThreadQuery(TENANT, ids=(thread_id,)))
        assert [found.thread_id for found in listed] == ([thread_id] if lifetime is Lifetime.KEPT else [])
        assert await expired(store, LATER) == []
        ended = [found.thread_id for found in await expired(store, timedelta(0), timedelta(hours=1))]
        assert ended == ([] if lifetime is Lifetime.KEPT else [thread_id])
        if lifetime is Lifetime.DISCARDED:
            with pytest.raises(UnknownThread):
                await store.thread(TENANT, thread_id)
        assert (await store.run(TENANT, thread_id, unit.run_id or "")).status is RunStatus.SUCCESS
        await store.delete_thread(TENANT, thread_id)


async def check_a_copy_belongs_to_itself(store: RunStore) -> None:
    thread = a_thread(team="blue")
    await store.create_thread(thread)
    unit = await leased(store, thread.thread_id)
    store.put_checkpoint(unit, CheckpointRow(thread.thread_id, "", "c1", None, unit.run_id, _CHECKPOINT, b"{}"))
    store.put_blob(unit, "", "x", 1, "json", b"1")
    store.put_write(unit, "", "c1", 0, "", WriteRow("t", "x", "json", b"1"), replace=False)
    await store.finish(unit, ending(interrupts={"task": [{"id": "i"}]}))
    await store.copy_thread(TENANT, thread.thread_id, "the-copy", datetime.now(UTC))
    with pytest.raises(UnknownThread):
        await store.copy_thread("other", thread.thread_id, "never", datetime.now(UTC))

    await store.erase_run(None, thread.thread_id, unit.run_id or "")
    assert store.checkpoint(thread.thread_id, "", None) is None
    copied = await store.thread(TENANT, "the-copy")
    assert (copied.metadata, copied.status) == ({"team": "blue"}, ThreadStatus.INTERRUPTED)
    found = store.checkpoint("the-copy", "", None)
    assert found is not None
    assert (found.checkpoint_id, found.run_id) == ("c1", None)
    assert store.blobs("the-copy", "", [("x", 1)]) == [("x", "json", b"1")]
    assert store.writes("the-copy", "", "c1") == [WriteRow("t", "x", "json", b"1")]
    assert await store.events("the-copy", 0, 10) == []
    assert await store.runs(TENANT, "the-copy", status=None, limit=10, offset=0) == []
    run = (await submit(store, "the-copy", owner="me")).run
    assert await store.run_span(run.run_id) == (1, None)


async def check_threads_are_sorted_by_their_state(store: RunStore) -> None:
    first, second = a_thread(), a_thread()
    for thread in (first, second):
        await store.create_thread(thread)
    await store.mark_thread(first.thread_id, ThreadStatus.IDLE, {})
    await store.mark_thread(second.thread_id, ThreadStatus.IDLE, {})
    await store.patch_thread(TENANT, first.thread_id, {"only": "metadata"})
    found = await store.threads(ThreadQuery(TENANT, sort_by="state_updated_at"))
    assert [thread.thread_id for thread in found] == [second.thread_id, first.thread_id]


_CHECKPOINT = b"\x81\xb0channel_versions\x81\xa1x\x01"
"""{"channel_versions": {"x": 1}}"""

CHECKS = [
    check_a_thread_made_for_a_run_has_the_runs_time,
    check_a_thread_ends_when_its_time_is_over,
    check_a_busy_thread_does_not_end,
    check_what_stays_is_swept_once,
    check_a_log_is_cut_at_its_beginning_and_goes_on_counting,
    check_threads_of_stateless_runs_are_not_listed_and_end,
    check_a_copy_belongs_to_itself,
    check_threads_are_sorted_by_their_state,
]
