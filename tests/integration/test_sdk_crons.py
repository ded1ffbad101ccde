"""The official SDK on crons: what is stored, what fires, and what is refused."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import NotFoundError, UnprocessableEntityError

from stemma.graphs.policy import LOCAL
from tests.integration.live_server import Live

pytestmark = pytest.mark.asyncio(loop_scope="module")
EACH_SECOND = "* * * * * *"


async def create(sdk: LangGraphClient, **options: Any) -> dict[str, Any]:
    """A cron; the SDK's types say that a run comes back, the server answers with the cron."""
    made: Any = await sdk.crons.create(options.pop("assistant_id", "count"), **{"schedule": "@daily", **options})
    found: dict[str, Any] = made
    return found


async def test_a_cron_is_created_found_changed_and_deleted(sdk: LangGraphClient) -> None:
    end = datetime(2031, 5, 1, tzinfo=UTC)
    made = await create(
        sdk,
        schedule="30 9 * * MON-FRI",
        timezone=ZoneInfo("Europe/Berlin"),
        input={"n": 1},
        config={"tags": ["nightly"]},
        metadata={"team": "blue"},
        end_time=end,
        stream_mode="updates",
        interrupt_before=["first"],
        multitask_strategy="reject",
        durability="exit",
    )
    assert await sdk.crons.search(metadata={"team": "blue"}) == [made]
    assert (made["timezone"], made["enabled"], made["on_run_completed"]) == ("Europe/Berlin", True, "delete")
    assert datetime.fromisoformat(made["end_time"]) == end
    due = datetime.fromisoformat(made["next_run_date"]).astimezone(ZoneInfo("Europe/Berlin"))
    assert (due.hour, due.minute) == (9, 30)
    payload = made["payload"]
    assert (payload["input"], payload["stream_mode"], payload["interrupt_before"]) == ({"n": 1}, ["updates"], ["first"])
    assert (payload["multitask_strategy"], payload["durability"]) == ("reject", "exit")

    changed: Any = await sdk.crons.update(made["cron_id"], schedule="0 0 1 1 *", end_time=None, metadata={"size": 3})
    assert (changed["metadata"], changed["end_time"]) == ({"team": "blue", "size": 3}, None)
    assert changed["next_run_date"] != made["next_run_date"]
    assert changed["payload"]["input"] == {"n": 1}
    stopped: Any = await sdk.crons.update(made["cron_id"], enabled=False, on_run_completed="keep", input={"n": 5})
    assert (stopped["next_run_date"], stopped["on_run_completed"]) == (None, "keep")
    shown: Any = await sdk.http.get(f"/runs/crons/{made['cron_id']}")
    assert shown == stopped
    await sdk.crons.delete(made["cron_id"])
    for asked in (
        sdk.crons.delete(made["cron_id"]),
        sdk.crons.update(made["cron_id"], enabled=True),
        sdk.http.get(f"/runs/crons/{made['cron_id']}"),
    ):
        with pytest.raises(NotFoundError):
            await asked


async def test_crons_are_searched_counted_and_sorted(sdk: LangGraphClient) -> None:
    mark = {"mark": str(uuid.uuid4())}
    thread = await sdk.threads.create()
    yearly = await create(sdk, schedule="@yearly", metadata=mark)
    off = await create(sdk, assistant_id="tell", enabled=False, metadata=mark)
    on_thread: Any = await sdk.crons.create_for_thread(
        thread["thread_id"], "count", schedule="@hourly", metadata={**mark, "n": 1}
    )

    async def found(**asked: Any) -> list[str]:
        return [cron["cron_id"] for cron in await sdk.crons.search(**{"metadata": mark, **asked})]

    assert await sdk.crons.count(metadata=mark) == 3
    assert await sdk.crons.count(assistant_id="count", thread_id=thread["thread_id"]) == 1
    assert await found() == [on_thread["cron_id"], off["cron_id"], yearly["cron_id"]]
    assert await found(limit=1, offset=1) == [off["cron_id"]]
    assert await found(sort_by="next_run_date", sort_order="desc", enabled=True) == [
        yearly["cron_id"],
        on_thread["cron_id"],
    ]
    assert await found(assistant_id=off["assistant_id"]) == await found(enabled=False) == [off["cron_id"]]
    assert await found(assistant_id="nobody") == []
    [part] = await sdk.crons.search(metadata={"n": 1, **mark}, select=["cron_id", "thread_id", "now"])
    assert set(part) == {"cron_id", "thread_id", "now"}
    answer = await sdk.http.client.post("/runs/crons/search", json={"metadata": mark, "limit": 2})
    assert (answer.headers["x-pagination-total"], answer.headers["x-pagination-next"]) == ("3", "2")
    await sdk.threads.delete(thread["thread_id"])
    assert await sdk.crons.count(metadata=mark) == 2


async def test_a_cron_makes_runs_and_keeps_their_threads(sdk: LangGraphClient, live: Live) -> None:
    options = {"on_run_completed": "keep", "metadata": {"why": "test"}, "input": {}}
    cron = await create(sdk, assistant_id="configured", schedule=EACH_SECOND, **options)
    [*_, run] = await live.commits.until(lambda: live.ended(cron["cron_id"]))
    await sdk.crons.delete(cron["cron_id"])
    assert (run.status.value, run.assistant_id) == ("success", cron["assistant_id"])
    due = run.metadata["cron_run_date"]
    assert run.metadata == {"why": "test", "cron_id": cron["cron_id"], "cron_run_date": due}
    assert due <= run.created_at.isoformat()
    [*_, thread] = await sdk.threads.search(metadata={"cron_id": cron["cron_id"]})
    assert thread["metadata"] == {"why": "test", "cron_id": cron["cron_id"], "cron_run_date": due, **_made_by(cron)}
    assert thread["values"]


def _made_by(cron: dict[str, Any]) -> dict[str, Any]:
    return {"assistant_id": cron["assistant_id"], "graph_id": "configured"}


async def test_threads_of_runs_go_at_their_end_unless_they_are_to_be_kept(sdk: LangGraphClient, live: Live) -> None:
    cron = await create(sdk, schedule=EACH_SECOND, input={})
    [*_, run] = await live.commits.until(lambda: live.ended(cron["cron_id"]))
    await sdk.crons.delete(cron["cron_id"])
    with pytest.raises(NotFoundError):
        await sdk.threads.get(run.thread_id)
    assert await sdk.threads.search(metadata={"cron_id": cron["cron_id"]}) == []


async def test_runs_of_a_cron_on_a_thread_share_its_state(sdk: LangGraphClient, live: Live) -> None:
    thread = await sdk.threads.create()
    cron: Any = await sdk.crons.create_for_thread(thread["thread_id"], "count", schedule=EACH_SECOND, input={})

    async def twice() -> bool:
        return len(await live.ended(cron["cron_id"])) >= 2

    await live.commits.until(twice)
    await sdk.crons.delete(cron["cron_id"])
    values: Any = (await sdk.threads.get(thread["thread_id"]))["values"]
    assert values["n"] >= 4


async def test_a_cron_does_not_fire_after_its_end(sdk: LangGraphClient, live: Live) -> None:
    over = await create(sdk, schedule=EACH_SECOND, end_time=datetime.now(UTC) - timedelta(seconds=1))
    assert over["next_run_date"] is None
    soon = await create(sdk, schedule=EACH_SECOND, input={}, end_time=datetime.now(UTC) + timedelta(seconds=1.2))

    async def quiet() -> bool:
        return (await live.runtime.crons.get(LOCAL, soon["cron_id"])).next_run_date is None

    await live.commits.until(quiet)
    runs = await live.commits.until(lambda: live.ended(soon["cron_id"]))
    assert len(runs) <= 2
    assert await live.ended(over["cron_id"]) == []


@pytest.mark.parametrize(
    ("field", "options"),
    [
        ("schedule", {"schedule": "every now and then"}),
        ("schedule", {"schedule": "0 0 30 2 *"}),
        ("schedule", {"schedule": "61 * * * *"}),
        ("timezone", {"timezone": "Mars/Olympus"}),
        ("end_time", {"end_time": datetime(9999, 12, 31, tzinfo=UTC)}),
        ("interrupt_before", {"interrupt_before": ["nowhere"]}),
        ("webhook", {"webhook": "ftp://example.com"}),
        ("on_run_completed", {"on_run_completed": "forget"}),
    ],
)
async def test_what_cannot_be_is_refused_by_name(sdk: LangGraphClient, field: str, options: dict[str, Any]) -> None:
    with pytest.raises(UnprocessableEntityError) as refused:
        await create(sdk, **options)
    assert field in str(refused.value.body)


async def test_what_is_not_there_is_not_found(sdk: LangGraphClient) -> None:
    with pytest.raises(NotFoundError):
        await create(sdk, assistant_id="nobody")
    with pytest.raises(NotFoundError):
        await sdk.crons.create_for_thread(str(uuid.uuid4()), "count", schedule="@daily")
