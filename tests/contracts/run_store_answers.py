"""What every run store promises of answers to interrupts: each is taken once, whoever else answers."""

from __future__ import annotations

import asyncio

import pytest

from stemma.graphs.errors import NotWaiting
from stemma.graphs.runs.model import RunStatus
from stemma.graphs.runs.ports import RunStore
from tests.contracts.run_store import TENANT, a_thread, ending, leased, submit


async def check_one_of_many_answers_is_taken(store: RunStore) -> None:
    thread_id = await _waiting(store, "a", "b")
    told = await asyncio.gather(*(submit(store, thread_id, answers=["a"]) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(one, NotWaiting) for one in told) == 19
    assert len(await store.runs(TENANT, thread_id, status=None, limit=50, offset=0)) == 2


async def check_only_what_waits_is_answered(store: RunStore) -> None:
    thread_id = await _waiting(store, "a", "b")
    for wrong in (("c",), ("a", "c")):
        with pytest.raises(NotWaiting):
            await submit(store, thread_id, answers=wrong)
    accepted = await submit(store, thread_id, answers=["a", "b"])
    assert accepted.run.status is RunStatus.PENDING


async def check_a_quiet_thread_waits_for_no_answer(store: RunStore) -> None:
    thread = a_thread()
    await store.create_thread(thread)
    with pytest.raises(NotWaiting):
        await submit(store, thread.thread_id, answers=["a"])


async def _waiting(store: RunStore, *interrupts: str) -> str:
    """A thread whose last run raised these."""
    unit = await leased(store)
    await store.finish(unit, ending(interrupts={f"task {name}": [{"id": name, "value": 1}] for name in interrupts}))
    return unit.thread_id


CHECKS = [
    check_one_of_many_answers_is_taken,
    check_only_what_waits_is_answered,
    check_a_quiet_thread_waits_for_no_answer,
]
