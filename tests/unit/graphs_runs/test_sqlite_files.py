"""What a run store file may be: fine, newer, broken, locked, out of reach; and what is said about it."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from stemma.graphs.errors import InvalidSetting, StoreBusy, StoreCorrupt, StoreTooNew, StoreUnavailable
from stemma.graphs.runs import sqlite_group
from stemma.graphs.runs.open import open_store
from stemma.graphs.runs.sqlite_store import SqliteStore
from tests.contracts.run_store import a_thread, leased


async def test_a_newer_file_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    await SqliteStore(str(path)).close()
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew) as caught:
        SqliteStore(str(path))
    assert "GRAPHS_DATABASE_URL" in caught.value.hint
    assert path.read_bytes() == before


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    path.write_text("This is a letter, and not a database at all.\n" * 50)
    with pytest.raises(StoreCorrupt, match=r"runs\.db"):
        SqliteStore(str(path))


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot be created"):
        SqliteStore(str(tmp_path / "file" / "runs.db"))


@pytest.mark.parametrize("url", ["postgres://x", "sqlite:///", "runs.db"])
def test_an_address_that_names_no_store_is_refused(url: str) -> None:
    with pytest.raises(InvalidSetting):
        open_store(url)


async def test_another_processs_lock_is_waited_for_off_the_loop_and_then_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_group, "BUSY_MILLISECONDS", 50)
    path = str(tmp_path / "runs.db")
    store = SqliteStore(path)
    unit = await leased(store)
    other = apsw.Connection(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy):
        await store.create_thread(a_thread())
    store.log(unit, "custom", "", b"1")
    with pytest.raises(StoreBusy):
        await store.committed(unit)
    assert isinstance(unit.failed, StoreBusy)
    other.execute("ROLLBACK")
    other.close()
    await store.create_thread(a_thread())
    await store.close()


async def test_durable_means_fsync(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "runs.db"))
    connection = store._group._connection
    assert connection.pragma("synchronous") == 2
    assert connection.pragma("journal_mode") == "wal"
    await store.close()


async def test_numbers_stay_without_gaps_when_two_stores_write_one_thread(tmp_path: Path) -> None:
    path = str(tmp_path / "runs.db")
    one, two = SqliteStore(path), SqliteStore(path)
    thread = a_thread()
    await one.create_thread(thread)
    for store in (one, two, one, two):
        unit = await leased(store, thread.thread_id)
        store.log(unit, "custom", "", b"row")
        await store.release(unit)
        (run,) = await store.lease("me", 4e9, 1)
        unit.epoch = run.epoch
        await store.erase_run(unit, thread.thread_id, run.run_id)
    rows = await one.events(thread.thread_id, 0, 99)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    await two.close()
    await one.close()


async def test_a_copy_is_made_while_the_store_is_in_use(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "runs.db"))
    thread = a_thread(kept=True)
    await store.create_thread(thread)
    target = str(tmp_path / "copy.db")
    await store.backup(target)
    await store.create_thread(a_thread())
    with pytest.raises(StoreUnavailable, match="exists"):
        await store.backup(target)
    await store.close()
    copy = SqliteStore(target)
    assert (await copy.thread(thread.tenant, thread.thread_id)).metadata == {"kept": True}
    await copy.close()
