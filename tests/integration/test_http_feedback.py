"""/threads/…/runs/…/feedback over a real server: what is kept and shown, who reaches it, what bad input gets."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import TypeAdapter

from stemma.api.schemas.feedback import FeedbackBody, FeedbackPageBody
from stemma.graphs.policy import Actor, Permission
from tests.integration.live_server import Live
from tests.integration.toy_graphs import GATES

pytestmark = pytest.mark.asyncio(loop_scope="module")

RIGHT = "The harbour master of Port Merrow is Mira Holt."
NOBODY = str(uuid.UUID(int=0))


@dataclass(frozen=True)
class Judging:
    """Requests about one ended run, by whom a test says."""

    http: httpx.AsyncClient
    patch: pytest.MonkeyPatch
    actor: Actor
    path: str

    def by(self, **changes: Any) -> Judging:
        given: dict[str, Any] = {"tenant": self.actor.tenant, **changes}
        return Judging(self.http, self.patch, Actor(**given), self.path)

    async def request(self, method: str, path: str, **given: Any) -> httpx.Response:
        self.patch.setattr("stemma.api.auth.key.LOCAL", self.actor)
        return await self.http.request(method, path, **given)

    async def say(self, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.request("POST", self.path, json=body)
        assert answer.status_code == 200, answer.text
        kept: dict[str, Any] = fits(FeedbackBody, answer.json())
        return kept

    async def said(self, **query: Any) -> dict[str, Any]:
        answer = await self.request("GET", self.path, params=query)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = fits(FeedbackPageBody, answer.json())
        return page

    async def hits(self) -> list[str]:
        answer = await self.request("POST", "/memory/recall", json={"query": "Who is harbour master?", "k": 20})
        return [hit["source_id"] for hit in answer.json()["hits"]]


def fits(model: Any, answer: Any) -> Any:
    """Routes write their answers without a second validation, so the models are checked here."""
    adapter = TypeAdapter(model)
    assert adapter.dump_python(adapter.validate_python(answer, strict=True)) == answer
    return answer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(live: Live) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=live.url, timeout=60) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def judge(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> Judging:
    """Somebody of a tenant that no other test has used, and a run of theirs."""
    asker = Judging(http, monkeypatch, Actor(tenant=f"tenant-{uuid.uuid4().hex}"), "")
    thread = (await asker.request("POST", "/threads", json={})).json()["thread_id"]
    wait = f"/threads/{thread}/runs/wait"
    assert (await asker.request("POST", wait, json={"assistant_id": "count", "input": {"n": 0}})).status_code == 200
    (run,) = (await asker.request("GET", f"/threads/{thread}/runs")).json()
    return Judging(http, monkeypatch, asker.actor, f"/threads/{thread}/runs/{run['run_id']}/feedback")


async def test_feedback_is_kept_shown_recalled_and_taken_back(judge: Judging) -> None:
    ann = judge.by(user="ann")
    kept = await ann.say({"score": "down", "correction": RIGHT, "comment": "It names the old one."})
    assert (kept["score"], kept["correction"], kept["comment"]) == (0.0, RIGHT, "It names the old one.")
    assert (kept["by"], kept["flags"], kept["superseded"]) == ("ann", [], [])
    assert kept["run_id"] in judge.path
    assert kept["thread_id"] in judge.path
    assert await ann.say({"score": 0, "correction": f" {RIGHT} ", "comment": "It names the old one."}) == kept
    assert await ann.said() == {"items": [kept], "total": 1}
    source = (await ann.request("GET", f"/memory/items/{kept['source_id']}")).json()
    assert (source["kind"], source["scope"], source["metadata"]["by"]) == ("person", {"user": "ann"}, "ann")
    assert await ann.hits() == [kept["source_id"]]
    for other in (judge, judge.by(user="bob")):
        assert await other.said() == {"items": [], "total": 0}
        assert await other.hits() == []
    taken = {"item_id": kept["source_id"], "reason": "I was wrong"}
    assert (await ann.request("POST", "/memory/retractions", json=taken)).status_code == 200
    assert await ann.hits() == []
    (shown,) = (await ann.said())["items"]
    assert shown["flags"] == ["withdrawn"]


async def test_pages_join_up(judge: Judging) -> None:
    kept = [await judge.say({"score": n / 10}) for n in range(5)]
    seen: list[dict[str, Any]] = []
    offset = "0"
    while offset:
        answer = await judge.request("GET", judge.path, params={"limit": 2, "offset": offset})
        assert answer.headers["x-pagination-total"] == "5"
        seen += answer.json()["items"]
        offset = answer.headers.get("x-pagination-next", "")
    assert sorted(item["score"] for item in seen) == [item["score"] for item in kept]
    assert (await judge.said(offset=9))["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"score": None},
        {"score": 1.01},
        {"score": -1},
        {"score": "sideways"},
        {"score": [1]},
        {"comment": ""},
        {"comment": " \x07"},
        {"comment": "x" * 10_001},
        {"correction": "***"},
        {"correction": "x" * 20_001},
        {"score": 1, "by": "the director"},
        {"score": 1, "tenant": "other"},
        [],
    ],
    ids=lambda body: str(body)[:40],
)
async def test_what_cannot_be_said(judge: Judging, body: Any) -> None:
    answer = await judge.request("POST", judge.path, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await judge.said())["total"] == 0


async def test_who_may_say_and_read(judge: Judging) -> None:
    may = {Permission.RUNS_READ, Permission.FEEDBACK_WRITE}
    user = judge.by(permissions=frozenset(may))
    await user.say({"correction": RIGHT})  # without memory:write
    assert (await user.said())["total"] == 1
    for permission in may:
        less = judge.by(permissions=frozenset(may - {permission}))
        assert (await less.request("POST", judge.path, json={"score": 1})).status_code == 403
    assert (await less.request("POST", "/memory/statements", json={"text": RIGHT})).status_code == 403
    for stranger, path in (
        (judge.by(tenant="stranger"), judge.path),
        (judge, judge.path.replace(judge.path.split("/")[4], NOBODY)),
        (judge, judge.path.replace(judge.path.split("/")[2], NOBODY)),
    ):
        for method, body in (("POST", {"score": 1}), ("GET", None)):
            answer = await stranger.request(method, path, json=body)
            assert (answer.status_code, answer.json()["type"]) == (404, "UnknownRun")
    assert (await judge.said())["total"] == 1


async def test_a_run_that_goes_on_is_a_conflict(judge: Judging) -> None:
    thread, gate = judge.path.split("/")[2], uuid.uuid4().hex
    body = {"assistant_id": "gate", "input": {"gate": gate}}
    run = (await judge.request("POST", f"/threads/{thread}/runs", json=body)).json()["run_id"]
    path = f"/threads/{thread}/runs/{run}"
    early = await judge.request("POST", f"{path}/feedback", json={"score": 1})
    assert (early.status_code, early.json()["type"]) == (409, "RunActive")
    GATES[gate].set()
    assert (await judge.request("GET", f"{path}/join")).status_code == 200
    assert (await judge.request("POST", f"{path}/feedback", json={"score": 1})).status_code == 200
