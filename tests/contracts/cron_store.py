"""What every store keeps of crons: plain checks, run over each adapter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from stemma.graphs.crons.model import Cron, CronChange, CronQuery
from stemma.graphs.errors import InvalidRequest, ThreadBusy, UnknownCron, UnknownThread
from stemma.graphs.runs.model import Run, RunRequest, RunStatus
from stemma.graphs.runs.ports import RunStore
from stemma.graphs.runs.rows import request_json, to_json, to_request
from stemma.graphs.runs.submission import Accepted, Submission
from tests.contracts.run_store import TENANT, a_thread, submit

START = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_cron(**fields: Any) -> Cron:
    plain = Cron(str(uuid4()), TENANT, "ada", "assistant", None, "0 * * * *", RunRequest("assistant"), START, START)
    made = replace(plain, **fields)
    return replace(made, next_run_date=made.upcoming(made.created_at))


async def kept(store: RunStore, **fields: Any) -> Cron:
    cron = a_cron(**fields)
    await store.crons.create(cron)
    return await store.crons.get(cron.tenant, cron.cron_id)


def a_submission(thread_id: str | None = None, request: RunRequest | None = None) -> Submission:
    asked = request or RunRequest("assistant")
    now, run_id = datetime.now(UTC), str(uuid4())
    where = thread_id or str(uuid4())
    run = Run(run_id, where, TENANT, "assistant", "graph", now, now, RunStatus.PENDING, {}, asked)
    return Submission(run, request_json(asked), to_json({"run_id": run_id}), create_thread=thread_id is None)


async def ids(store: RunStore, **query: Any) -> list[str]:
    asked = CronQuery(TENANT, **query)
    found = await store.crons.search(asked)
    assert await store.crons.count(asked) >= len(found)
    return [cron.cron_id for cron in found]


async def check_a_cron_is_its_tenants(store: RunStore) -> None:
    request = RunRequest("assistant", input={"n": 1}, interrupt_before=["x"], webhook="https://example.com/hook")
    made = a_cron(
        timezone="Europe/Berlin",
        end_time=START + 5 * HOUR,
        on_run_completed="keep",
        metadata={"team": "blue"},
        request=to_request(request_json(request)),
    )
    await store.crons.create(made)
    assert await store.crons.get(TENANT, made.cron_id) == made
    strange: list[Awaitable[object]] = [
        store.crons.get("other", made.cron_id),
        store.crons.delete("other", made.cron_id),
        store.crons.change("other", made.cron_id, CronChange(enabled=False), START),
    ]
    for asked in strange:
        with pytest.raises(UnknownCron):
            await asked
    assert await store.crons.count(CronQuery("other")) == 0
    await store.crons.delete(TENANT, made.cron_id)
    with pytest.raises(UnknownCron):
        await store.crons.delete(TENANT, made.cron_id)


async def check_a_cron_lives_as_long_as_its_thread(store: RunStore) -> None:
    thread = a_thread()
    with pytest.raises(UnknownThread):
        await store.crons.create(a_cron(thread_id=thread.thread_id))
    await store.create_thread(thread)
    with pytest.raises(UnknownThread):
        await store.crons.create(a_cron(thread_id=thread.thread_id, tenant="other"))
    cron = await kept(store, thread_id=thread.thread_id)
    await store.delete_thread(TENANT, thread.thread_id)
    with pytest.raises(UnknownCron):
        await store.crons.get(TENANT, cron.cron_id)


async def check_a_change_moves_the_next_firing_only_where_it_must(store: RunStore) -> None:
    cron = await kept(store, metadata={"a": 1}, end_time=START + 9 * HOUR)
    assert cron.next_run_date == datetime(2026, 1, 1, 10, tzinfo=UTC)
    later = START + 3 * HOUR

    async def change(**fields: Any) -> Cron:
        changed = await store.crons.change(TENANT, cron.cron_id, CronChange(**fields), later)
        assert changed == await store.crons.get(TENANT, cron.cron_id)
        return changed

    changed = await change(metadata={"b": 2}, request={"input": {"n": 2}})
    assert (changed.metadata, changed.request.input) == ({"a": 1, "b": 2}, {"n": 2})
    assert changed.next_run_date == cron.next_run_date
    assert (await change(enabled=False)).next_run_date is None
    assert (await change(enabled=True)).next_run_date == datetime(2026, 1, 1, 13, tzinfo=UTC)
    assert (await change(schedule="0 20 * * *")).next_run_date is None  # beyond its end
    assert (await change(end_time=None)).next_run_date == datetime(2026, 1, 1, 20, tzinfo=UTC)
    for wrong in ({"schedule": "soon"}, {"timezone": "Mars/Olympus"}):
        with pytest.raises(InvalidRequest):
            await change(**wrong)
    assert (await store.crons.get(TENANT, cron.cron_id)).schedule == "0 20 * * *"


async def check_crons_are_searched(store: RunStore) -> None:
    thread = a_thread()
    await store.create_thread(thread)
    first = await kept(store, metadata={"team": "blue", "n": 1}, schedule="0 11 * * *")
    second = await kept(store, assistant_id="b", created_at=START + HOUR, enabled=False, metadata={"team": "blue"})
    third = await kept(store, thread_id=thread.thread_id, created_at=START + 2 * HOUR, metadata={"n": True})
    assert await ids(store) == [third.cron_id, second.cron_id, first.cron_id]
    assert await ids(store, limit=1, offset=1) == [second.cron_id]
    assert await ids(store, assistant_id="b") == await ids(store, enabled=False) == [second.cron_id]
    assert await ids(store, thread_id=thread.thread_id) == await ids(store, metadata={"n": True}) == [third.cron_id]
    assert await ids(store, metadata={"team": "blue", "n": 1}) == [first.cron_id]
    assert (await ids(store, sort_by="next_run_date"))[:2] == [third.cron_id, first.cron_id]
    ascending = await ids(store, sort_by="next_run_date", descending=False)
    assert ascending == [second.cron_id, first.cron_id, third.cron_id]
    assert (await ids(store, sort_by="thread_id"))[0] == third.cron_id


async def check_a_firing_and_its_run_are_one(store: RunStore) -> None:
    cron = await kept(store)
    assert cron.next_run_date is not None
    assert await store.crons.next_due() == cron.next_run_date
    assert await store.crons.due(cron.next_run_date - HOUR, 10) == []
    assert await store.crons.due(cron.next_run_date, 10) == [cron]
    submissions = [a_submission() for _ in range(8)]
    upcoming = cron.next_run_date + HOUR
    fired = await asyncio.gather(*(store.crons.fire(cron, upcoming, one) for one in submissions))
    assert len([one for one in fired if one is not None]) == 1
    assert len(await store.runs(TENANT, None, status=None, limit=10, offset=0)) == 1
    assert await store.crons.next_due() == upcoming
    assert (await store.crons.get(TENANT, cron.cron_id)).updated_at == cron.updated_at


async def check_a_cron_that_was_changed_does_not_fire_as_it_was(store: RunStore) -> None:
    cron = await kept(store)
    await store.crons.change(TENANT, cron.cron_id, CronChange(request={"input": "new"}), START + HOUR)
    assert await store.crons.fire(cron, None, a_submission()) is None
    again = await store.crons.get(TENANT, cron.cron_id)
    assert isinstance(await store.crons.fire(again, None, a_submission()), Accepted)
    await store.crons.delete(TENANT, cron.cron_id)
    assert await store.crons.fire(again, None, a_submission()) is None
    assert len(await store.runs(TENANT, None, status=None, limit=10, offset=0)) == 1


async def check_a_run_that_is_refused_leaves_the_firing_as_it_was(store: RunStore) -> None:
    thread = a_thread()
    await store.create_thread(thread)
    await submit(store, thread.thread_id)
    cron = await kept(store, thread_id=thread.thread_id)
    request = RunRequest("assistant", multitask_strategy="reject")
    with pytest.raises(ThreadBusy):
        await store.crons.fire(cron, None, a_submission(thread.thread_id, request))
    assert await store.crons.get(TENANT, cron.cron_id) == cron
    assert await store.crons.fire(cron, None, None) is None
    assert (await store.crons.get(TENANT, cron.cron_id)).next_run_date is None
    assert await store.crons.next_due() is None


CHECKS = [
    check_a_cron_is_its_tenants,
    check_a_cron_lives_as_long_as_its_thread,
    check_a_change_moves_the_next_firing_only_where_it_must,
    check_crons_are_searched,
    check_a_firing_and_its_run_are_one,
    check_a_cron_that_was_changed_does_not_fire_as_it_was,
    check_a_run_that_is_refused_leaves_the_firing_as_it_was,
]
