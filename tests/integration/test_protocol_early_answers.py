"""An answer that comes before the run that asked has stopped: it waits for that, and is taken."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.integration.live_server import Live
from tests.integration.toy_graphs import GATES

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECONDS = 20.0


async def requested(live: Live, thread_id: str) -> str:
    """The interrupt that the first question is for, read from the stream of events itself."""
    async with (
        httpx.AsyncClient(base_url=live.url) as client,
        client.stream("POST", f"/threads/{thread_id}/stream/events", json={"channels": ["input"]}) as answer,
    ):
        async for line in answer.aiter_lines():
            event = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
            if event.get("method") == "input.requested":
                return str(event["params"]["data"]["interrupt_id"])
    raise AssertionError("the stream ended without a question")


async def test_an_answer_waits_for_the_step_beside_the_question(live: Live, sdk: LangGraphClient) -> None:
    gate = f"beside-{uuid4()}"
    async with sdk.threads.stream(assistant_id="beside") as thread, asyncio.timeout(SECONDS):
        await thread.run.start(input={"gate": gate})
        asked = await requested(live, thread.thread_id)
        (run,) = await sdk.runs.list(thread.thread_id)
        assert run["status"] == "running"
        params = {"namespace": [], "interrupt_id": asked, "response": "yes"}
        sent = {"id": 2, "method": "input.respond", "params": params}
        answering = asyncio.create_task(sdk.http.post(f"/threads/{thread.thread_id}/commands", json=sent))
        for _ in range(5):  # the answer is at the server by now; were it refused, this would tell
            await sdk.runs.get(thread.thread_id, run["run_id"])
        assert not answering.done()
        GATES[gate].set()
        assert (await answering)["type"] == "success"
        newest = (await sdk.runs.list(thread.thread_id))[0]
        final = await sdk.runs.join(thread.thread_id, newest["run_id"])
    assert newest["run_id"] != run["run_id"]
    assert isinstance(final, dict)
    assert sorted(final["log"]) == ["answered yes", "passed"]
