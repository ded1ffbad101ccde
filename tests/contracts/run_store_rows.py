"""What every `RunStore` keeps of a run's rows: checkpoints, what erasing leaves, and what a bad row costs."""

from __future__ import annotations

import time

import ormsgpack
import pytest

from stemma.graphs.errors import InvalidRequest, ThreadBusy, UnknownRun
from stemma.graphs.runs.model import RunStatus
from stemma.graphs.runs.ports import CheckpointRow, RunStore, Unit, WriteRow
from tests.contracts.run_store import FAR, TENANT, a_thread, ending, leased, submit


async def check_an_erased_run_leaves_numbers_without_content(store: RunStore) -> None:
    unit = await leased(store)
    run_id = unit.run_id or ""
    put(store, unit, "c1", version=1)
    store.log(unit, "custom", "", b"secret")
    await store.committed(unit)
    with pytest.raises(ThreadBusy):
        await store.erase_run(None, unit.thread_id, run_id)
    await store.erase_run(unit, unit.thread_id, run_id)
    rows = await store.events(unit.thread_id, 0, 99)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert [row.event for row in rows] == ["tombstone"] * (len(rows) - 1) + ["end"]
    assert not any(row.data for row in rows[:-1])
    assert store.checkpoint(unit.thread_id, "", None) is None
    assert store.blobs(unit.thread_id, "", [("ch", 1)]) == []
    with pytest.raises(UnknownRun):
        await store.run(TENANT, None, run_id)


def put(store: RunStore, unit: Unit, checkpoint_id: str, version: int, ns: str = "") -> None:
    body = ormsgpack.packb({"id": checkpoint_id, "channel_versions": {"ch": version}})
    store.put_blob(unit, ns, "ch", version, "msgpack", b"v%d" % version)
    row = CheckpointRow(unit.thread_id, ns, checkpoint_id, None, unit.run_id, body, b"{}")
    store.put_checkpoint(unit, row)


async def check_checkpoints(store: RunStore) -> None:
    unit = await leased(store)
    for n in range(1, 4):
        put(store, unit, f"c{n}", version=n)
    put(store, unit, "s1", version=9, ns="sub")
    first, again = WriteRow("t", "ch", "msgpack", b"1"), WriteRow("t", "ch", "msgpack", b"2")
    store.put_write(unit, "", "c3", 0, "p", first, replace=False)
    store.put_write(unit, "", "c3", 0, "p", again, replace=False)
    store.put_write(unit, "", "c3", -1, "p", first, replace=True)
    store.put_write(unit, "", "c3", -1, "p", again, replace=True)
    await store.committed(unit)
    await store.settled(unit.thread_id)
    latest = store.checkpoint(unit.thread_id, "", None)
    assert latest is not None
    assert latest.checkpoint_id == "c3"
    assert store.checkpoint(unit.thread_id, "", "c9") is None
    assert [row.checkpoint_id for row in store.checkpoints(unit.thread_id, "", None, "c3")] == ["c2", "c1"]
    assert len(store.checkpoints(unit.thread_id, None, None, None)) == 4
    assert store.blobs(unit.thread_id, "", [("ch", 2), ("ch", 7)]) == [("ch", "msgpack", b"v2")]
    assert [write.value for write in store.writes(unit.thread_id, "", "c3")] == [b"2", b"1"]
    await store.copy_checkpoints(unit.thread_id, "copy")
    await store.prune(unit.thread_id, {"": ["c3"], "sub": ["s1"]})
    assert [row.checkpoint_id for row in store.checkpoints(unit.thread_id, "", None, None)] == ["c3"]
    assert store.blobs(unit.thread_id, "", [("ch", 1), ("ch", 3)]) == [("ch", "msgpack", b"v3")]
    assert len(store.checkpoints("copy", None, None, None)) == 4
    await store.delete_checkpoints("copy")
    assert store.blobs("copy", "", [("ch", 1)]) == []


async def check_one_bad_row_costs_one_unit(store: RunStore) -> None:
    good, bad = await leased(store), await leased(store)
    store.log(good, "custom", "", b"good")
    store.log(bad, "custom", "\ud800", b"a lone surrogate cannot be stored")
    kept, refused = store.committed(good), store.committed(bad)
    await kept
    with pytest.raises(InvalidRequest):
        await refused
    assert [row.data for row in await store.events(good.thread_id, 1, 9)] == [b"good"]
    assert await store.events(bad.thread_id, 1, 9) == []
    assert bad.failed is not None
    assert await store.finish(Unit(bad.thread_id, bad.run_id, bad.epoch), ending(RunStatus.ERROR)) is False


async def check_a_run_waits_for_its_time_and_holds_nobody_up(store: RunStore) -> None:
    thread = a_thread()
    await store.create_thread(thread)
    soon = time.time() + 3600
    assert await store.next_due() is None
    late = await submit(store, thread.thread_id, owner="me", due=soon)
    assert (late.leased, late.run.status) == (False, RunStatus.PENDING)
    assert await store.lease("me", FAR, 10) == []
    assert await store.next_due() == soon
    first = await submit(store, thread.thread_id, owner="me")
    assert first.leased
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time", lambda: soon + 1)
        assert await store.next_due() is None
        assert await store.lease("me", FAR, 10) == []  # its thread has a running run
        await store.finish(Unit(thread.thread_id, first.run.run_id, first.run.epoch), ending())
        assert [run.run_id for run in await store.lease("me", FAR, 10)] == [late.run.run_id]


CHECKS = [
    check_a_run_waits_for_its_time_and_holds_nobody_up,
    check_an_erased_run_leaves_numbers_without_content,
    check_checkpoints,
    check_one_bad_row_costs_one_unit,
]
