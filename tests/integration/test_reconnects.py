"""G8 at small size: readers of every kind are cut again and again and get each event once, in order.

`python -m bench.reconnect` is the full one, over processes that are killed.
"""

from __future__ import annotations

import asyncio
import random
from uuid import uuid4

import httpx
import pytest

from bench.cut_readers import cut_reader, faults, first_protocol, thread_protocol, thread_socket
from tests.integration.live_server import Live

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROUNDS, EVENTS, CUTS = 4, 60, 3
SEED = 7


async def test_readers_of_every_kind_may_be_cut(live: Live) -> None:
    chance = random.Random(SEED)
    async with httpx.AsyncClient(base_url=live.url) as http, asyncio.timeout(60):
        for _ in range(ROUNDS):
            thread_id = str(uuid4())
            params = {"assistant_id": "tell", "input": {"events": EVENTS}}
            sent = {"id": 1, "method": "run.start", "params": params}
            started = (await http.post(f"/threads/{thread_id}/commands", json=sent)).json()["result"]
            kinds = [
                (first_protocol(http, thread_id, started["run_id"]), True),
                (thread_protocol(http, thread_id), True),
                (thread_protocol(http, thread_id), False),
                (thread_socket(http, thread_id), True),
            ]
            places = [[chance.randrange(1, EVENTS // CUTS) for _ in range(CUTS)] for _ in kinds]
            readers = [
                cut_reader(opened, cuts, keeps_cursor=keeps)
                for (opened, keeps), cuts in zip(kinds, places, strict=True)
            ]
            for (opened, _), got in zip(kinds, await asyncio.gather(*readers), strict=True):
                assert not any(faults(got, await cut_reader(opened, ())).values())
                assert sum('"number"' in text for _, text in got) == EVENTS
