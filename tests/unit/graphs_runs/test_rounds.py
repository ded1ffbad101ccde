"""Rounds go on: after a fault, after a store that was away, and whenever somebody rings."""

from __future__ import annotations

import asyncio

import pytest

from stemma.graphs.errors import StoreUnavailable
from stemma.graphs.runs import rounds
from stemma.graphs.runs.rounds import Rounds


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "RETRY_SECONDS", 0.01)


@pytest.mark.parametrize("trouble", [StoreUnavailable("away"), RuntimeError("a fault"), None])
async def test_a_look_that_went_wrong_is_followed_by_another(trouble: Exception | None) -> None:
    looks, again = 0, asyncio.Event()

    async def look() -> float:
        nonlocal looks
        looks += 1
        if looks == 1 and trouble is not None:
            raise trouble
        if looks > 1:
            again.set()
        return 0.0 if looks == 1 else 3_600.0

    going = Rounds("looks", look)
    going.start()
    async with asyncio.timeout(5):
        await again.wait()
        await going.stop()
    assert looks == 2


async def test_a_ring_during_a_look_is_not_lost_and_a_look_is_finished_before_the_end() -> None:
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), []

    async def look() -> float:
        begun.set()
        await go_on.wait()
        ended.append(True)
        return 3_600.0

    going = Rounds("looks", look)
    going.start()
    async with asyncio.timeout(5):
        await begun.wait()
        going.ring()
        go_on.set()
        begun.clear()
        await begun.wait()  # the ring made it look again at once
        go_on.clear()
        stopping = asyncio.create_task(going.stop())
        go_on.set()
        await stopping
    assert ended
