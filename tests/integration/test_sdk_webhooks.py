"""The official SDK's `webhook` option: the end of a run is told, signed, until somebody takes it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import UnprocessableEntityError
from pydantic import SecretStr

from stemma.graphs.policy import LOCAL
from stemma.graphs.runs.model import RunRequest
from stemma.graphs.webhooks.settings import WebhookSettings
from stemma.graphs.webhooks.signature import keys_of
from tests.integration.live_server import Live, live_server, toy_runtime
from tests.integration.receiver import receiver

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECRET = "a-secret-for-tests"
OPEN = WebhookSettings(
    secret=SecretStr(SECRET),
    headers={"authorization": SecretStr("Bearer a-token-for-tests")},
    allow_internal=True,
    retry_seconds=0.01,
    attempts=3,
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def telling(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """A server that may call loopback."""
    async with live_server(tmp_path_factory.mktemp("telling"), webhooks=OPEN) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sdk(telling: Live) -> AsyncIterator[LangGraphClient]:
    async with telling.client() as client:
        yield client


async def progress(sdk: LangGraphClient, run: Any) -> dict[str, Any]:
    shown: Any = await sdk.runs.get(run["thread_id"], run["run_id"])
    found: dict[str, Any] = shown["webhook"]
    return found


async def test_the_end_of_a_run_is_told_with_what_it_came_to(sdk: LangGraphClient) -> None:
    thread = await sdk.threads.create()
    async with receiver() as taker:
        run = await sdk.runs.create(thread["thread_id"], "count", input={"n": 4}, webhook=taker.url, metadata={"m": 1})
        [call] = await taker.until(1)
    assert call.path == "/hook?token=in-the-address"
    assert call.headers["content-type"] == "application/json"
    assert call.headers["authorization"] == "Bearer a-token-for-tests"
    assert call.headers["webhook-id"] == run["run_id"]
    assert call.headers["webhook-signature"] == call.signature(SECRET.encode())
    told = call.run
    assert (told["run_id"], told["thread_id"], told["status"]) == (run["run_id"], thread["thread_id"], "success")
    assert (told["values"]["n"], told["kwargs"]["input"], told["metadata"]) == (6, {"n": 4}, {"m": 1})
    assert (told["error"], told["multitask_strategy"]) == (None, "enqueue")


async def test_every_way_to_start_a_run_takes_a_webhook(sdk: LangGraphClient) -> None:
    thread_id = (await sdk.threads.create())["thread_id"]
    async with receiver() as taker:
        hook: dict[str, Any] = {"input": {}, "webhook": taker.url}
        await sdk.runs.wait(thread_id, "count", **hook)
        await sdk.runs.wait(None, "count", **hook, on_completion="delete")
        async for _ in sdk.runs.stream(thread_id, "count", **hook):
            pass
        async for _ in sdk.runs.stream(None, "count", **hook):
            pass
        await sdk.runs.create(None, "count", **hook)
        batch: Any = [{"assistant_id": "count", **hook}, {"assistant_id": "fail", **hook}]
        await sdk.runs.create_batch(batch)
        cron: Any = await sdk.crons.create("count", schedule="* * * * * *", **hook)
        calls = await taker.until(8)
        await sdk.crons.delete(cron["cron_id"])
    failed = [call.run for call in calls if call.run["status"] == "error"]
    assert [(run["error"], run["values"]) for run in failed] == [
        ("ValueError: the toy is broken", {"n": 1, "log": ["first"]})
    ]
    assert any(call.run["metadata"].get("cron_id") == cron["cron_id"] for call in calls)


async def test_what_is_not_taken_is_sent_again_as_it_was(telling: Live, sdk: LangGraphClient) -> None:
    async with receiver("503 Busy", "302 Found\r\nLocation: /elsewhere") as taker:
        run = await sdk.runs.create(None, "count", input={}, webhook=taker.url)
        calls = await taker.until(3)
        assert {call.path for call in calls} == {"/hook?token=in-the-address"}
        assert {call.headers["webhook-id"] for call in calls} == {run["run_id"]}
        assert len({call.body for call in calls}) == 1
        assert all(call.headers["webhook-signature"] == call.signature(SECRET.encode()) for call in calls)
    told = telling.runtime.deliverer
    while (shown := await progress(sdk, run))["state"] == "pending":
        await telling.runtime.healthy()  # a commit, which the outcome rides with
    assert shown == {"state": "delivered", "attempts": 3, "outcome": "delivered", "next_attempt": None}
    assert (told.delivered >= 1, told.failed >= 2) == (True, True)
    metrics = (await sdk.http.client.get("/metrics")).text
    assert "stemma_webhooks_failed_total" in metrics
    assert "stemma_webhooks_waiting 0" in metrics


@pytest.mark.parametrize(
    ("answers", "attempts", "outcome"),
    [(["500 Broken"] * 3, 3, "HTTP 500"), (["410 Gone"], 1, "HTTP 410")],
)
async def test_it_is_given_up_and_says_so(
    telling: Live,
    sdk: LangGraphClient,
    caplog: pytest.LogCaptureFixture,
    answers: list[str],
    attempts: int,
    outcome: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with receiver(*answers) as taker:
        run = await sdk.runs.create(None, "count", input={}, webhook=taker.url)
        await taker.until(attempts)
        while (shown := await progress(sdk, run))["state"] == "pending":
            await telling.runtime.healthy()
        assert len(taker.calls) == attempts
    assert shown == {"state": "failed", "attempts": attempts, "outcome": outcome, "next_attempt": None}
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("stemma")]
    assert any(f"{outcome}; it is given up" in line for line in ours)
    for secret in (SECRET, "a-token-for-tests", "in-the-address"):
        assert not any(secret in line for line in ours)


async def test_a_waiting_run_that_is_cancelled_is_told_as_interrupted(sdk: LangGraphClient) -> None:
    async with receiver() as taker:
        run = await sdk.runs.create(None, "count", input={}, webhook=taker.url, after_seconds=600)
        await sdk.runs.cancel(run["thread_id"], run["run_id"])
        [call] = await taker.until(1)
    assert (call.run["status"], call.run["values"]) == ("interrupted", None)


async def test_a_receiver_that_was_away_is_told_after_a_restart(tmp_path: Path) -> None:
    patient = OPEN.model_copy(update={"attempts": 50})
    async with receiver() as gone:
        pass
    async with toy_runtime(tmp_path, webhooks=patient) as runtime:
        request = RunRequest("count", input={}, webhook=gone.url)
        run = await runtime.submit(LOCAL, None, request)
        await runtime.join(LOCAL, run.thread_id, run.run_id)
    patient = patient.model_copy(update={"secret": None})
    async with receiver(port=gone.port) as back, toy_runtime(tmp_path, webhooks=patient):
        [call] = await back.until(1)
    [kept] = keys_of((tmp_path / "webhook-secret").read_text().strip())
    assert call.headers["webhook-signature"] == call.signature(kept)
    assert call.headers["webhook-id"] == run.run_id


@pytest.mark.parametrize(
    "url",
    ["http://localhost/x", "http://127.0.0.1:1/x", "http://[::1]/x", "https://10.0.0.8/", "http://[::ffff:10.0.0.8]/",
     "http://169.254.169.254/latest/meta-data", "http://user:pass@example.com/", "ftp://example.com/", "/relative",
     "http://", "http://exa mple.com", "http://example.com:99999/"],
)  # fmt: skip
async def test_an_address_that_is_never_called_is_refused_at_once(live: Live, url: str) -> None:
    async with live.client() as client:
        with pytest.raises(UnprocessableEntityError) as refused:
            await client.runs.create(None, "count", input={}, webhook=url)
    assert "webhook" in str(refused.value.body)


async def test_a_name_that_means_an_internal_address_is_not_called(live: Live) -> None:
    async with receiver() as taker, live.client() as client:
        # The resolver reads this as 127.0.0.1; by its looks it is a name.
        run = await client.runs.create(None, "count", input={}, webhook=f"http://0x7f000001:{taker.port}/")
        await client.runs.join(run["thread_id"], run["run_id"])
        while (shown := await progress(client, run))["state"] == "pending":
            await live.runtime.healthy()
        assert taker.calls == []
    assert (shown["state"], shown["attempts"]) == ("failed", 1)
    assert "internal" in shown["outcome"]
