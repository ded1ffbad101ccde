"""What every store keeps of webhooks: plain checks, run over each adapter."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from stemma.graphs.runs.model import Run, RunRequest, RunStatus
from stemma.graphs.runs.ports import RunStore, Unit
from stemma.graphs.runs.rows import request_json, to_json
from stemma.graphs.runs.submission import Submission
from stemma.graphs.webhooks.model import DELIVERED, Delivery
from tests.contracts.run_store import FAR, TENANT, a_thread, ending

URL = "https://example.com/hook?token=t"
LATER = FAR - 10


async def a_run(store: RunStore, *, url: str | None = URL, owner: str | None = "me") -> Unit:
    """A run that wants its end told: running, or without an owner waiting."""
    thread = a_thread()
    await store.create_thread(thread)
    request = RunRequest("graph", webhook=url)
    now, run_id = datetime.now(UTC), str(uuid4())
    run = Run(run_id, thread.thread_id, TENANT, "assistant", "graph", now, now, RunStatus.PENDING, {}, request)
    submission = Submission(run, request_json(request), to_json({"run_id": run_id}), owner=owner, lease_until=FAR)
    accepted = await store.submit(submission)
    return Unit(thread.thread_id, run_id, accepted.run.epoch)


async def claimed(store: RunStore, until: float = LATER) -> list[Delivery]:
    return await store.webhooks.claim(time.time(), until, 10)


async def check_a_run_that_ends_is_to_be_told_once(store: RunStore) -> None:
    unit = await a_run(store)
    run_id = unit.run_id or ""
    assert await store.webhooks.delivery(TENANT, run_id) is None
    assert await store.webhooks.next_due() is None
    await store.finish(unit, ending(RunStatus.ERROR))
    await store.finish(await a_run(store, url=None), ending())
    due = await store.webhooks.next_due()
    assert due is not None
    assert due <= time.time()
    taken = await claimed(store)
    assert taken == [Delivery(run_id, unit.thread_id, TENANT, URL, attempts=1, next_attempt=LATER)]
    assert await claimed(store) == []  # nobody else, until the claim runs out
    assert await store.webhooks.delivery(TENANT, run_id) == taken[0]
    assert await store.webhooks.delivery("other", run_id) is None


async def check_a_waiting_run_that_is_cancelled_is_told_too(store: RunStore) -> None:
    unit = await a_run(store, owner=None)
    await store.cancel(TENANT, unit.thread_id, unit.run_id or "", "interrupt")
    assert [one.run_id for one in await claimed(store)] == [unit.run_id]


async def check_an_attempt_that_was_overtaken_says_nothing(store: RunStore) -> None:
    unit = await a_run(store)
    await store.finish(unit, ending())
    [slow] = await claimed(store, until=time.time() - 1)
    [again] = await claimed(store)
    assert (slow.attempts, again.attempts) == (1, 2)
    await store.webhooks.keep_body(again, b"sent")
    await store.webhooks.keep_body(slow, b"other")
    await store.webhooks.settle(slow, DELIVERED, None)
    kept = await store.webhooks.delivery(TENANT, slow.run_id)
    assert kept is not None
    assert (kept.state, kept.attempts) == ("pending", 2)
    assert await store.webhooks.waiting() == 1
    await store.webhooks.settle(again, "HTTP 503", time.time() - 1)
    [third] = await claimed(store)
    assert (third.body, third.outcome, third.attempts) == (b"sent", "HTTP 503", 3)
    await store.webhooks.settle(third, DELIVERED, None)
    over = await store.webhooks.delivery(TENANT, slow.run_id)
    assert over == replace(third, body=None, outcome=DELIVERED, next_attempt=None)
    assert over.state == "delivered"
    assert (await store.webhooks.waiting(), await store.webhooks.next_due()) == (0, None)


async def check_what_was_deleted_is_not_told_unless_it_had_begun(store: RunStore) -> None:
    silent, begun, over = [await a_run(store) for _ in range(3)]
    for unit in (over, begun, silent):
        await store.finish(unit, ending())
    [one] = await store.webhooks.claim(time.time(), LATER, 1)
    await store.webhooks.settle(one, "HTTP 410", None)
    [two] = await store.webhooks.claim(time.time(), time.time() - 1, 1)
    for unit in (silent, begun, over):
        await store.delete_thread(TENANT, unit.thread_id)
    assert await store.webhooks.delivery(TENANT, one.run_id) is None
    [again] = await claimed(store)
    assert again.run_id == two.run_id
    await store.webhooks.settle(again, DELIVERED, None)
    assert await store.webhooks.delivery(TENANT, two.run_id) is None


async def check_a_run_that_is_rolled_back_is_not_told(store: RunStore) -> None:
    running, waiting = await a_run(store), await a_run(store, owner=None)
    await store.erase_run(running, running.thread_id, running.run_id or "")
    await store.cancel(TENANT, waiting.thread_id, waiting.run_id or "", "rollback")
    assert await claimed(store) == []


CHECKS = [
    check_a_run_that_ends_is_to_be_told_once,
    check_a_waiting_run_that_is_cancelled_is_told_too,
    check_an_attempt_that_was_overtaken_says_nothing,
    check_what_was_deleted_is_not_told_unless_it_had_begun,
    check_a_run_that_is_rolled_back_is_not_told,
]
