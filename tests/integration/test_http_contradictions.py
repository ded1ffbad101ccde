"""/memory/contradictions over a real server and SQLite: noticed, listed, told with hits, resolved, never leaked."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from stemma.api.schemas.memory_contradictions import ContradictionBody, ContradictionPageBody, SweepBody
from stemma.api.schemas.memory_hits import RecallBody
from tests.integration.live_server import Live
from tests.integration.memory_client import MEMO, TARIFF, Acting, acting
from tests.integration.test_http_memory import fits

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(live: Live) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=live.url, timeout=60) as client:
        yield client


@pytest.fixture
def asker(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> Acting:
    return acting(http, monkeypatch)


async def test_a_contradiction_is_listed_and_told_with_the_hits(asker: Acting) -> None:
    await asker.add(TARIFF)
    assert fits(ContradictionPageBody, await asker.get("/contradictions")) == {"items": [], "total": 0}
    await asker.add(MEMO)
    page = fits(ContradictionPageBody, await asker.get("/contradictions", params={"open": True}))
    (found,) = page["items"]
    assert (page["total"], found["resolution"], found["scope"]) == (1, "", {})
    assert (found["newer"]["quote"], found["older"]["quote"]) == (MEMO["text"], TARIFF["text"])
    assert found["better_supported"] == found["newer"]["claim_id"]
    assert fits(ContradictionBody, await asker.get(f"/contradictions/{found['id']}")) == found
    hits = fits(RecallBody, await asker.post("/recall", {"query": "berth fee of Port Merrow"}))["hits"]
    assert {hit["uri"]: hit["contradicted_by"] for hit in hits} == {
        "memo.md": [found["older"]["claim_id"]],
        "tariff.md": [found["newer"]["claim_id"]],
    }


async def test_it_is_resolved_once(asker: Acting) -> None:
    await asker.add(TARIFF)
    await asker.add(MEMO)
    (found,) = (await asker.get("/contradictions"))["items"]
    path = f"/contradictions/{found['id']}/resolve"
    both = fits(ContradictionBody, await asker.post(path, {"resolution": "both-hold"}))
    assert (both["resolution"], both["decision"]) == ("both-hold", "")
    kept = fits(ContradictionBody, await asker.post(path, {"resolution": "keep-older", "reason": "a rumour"}))
    assert (kept["newer"]["flags"], kept["reason"]) == (["withdrawn"], "a rumour")
    again = await asker.request("POST", path, json={"resolution": "keep-newer"})
    assert again.status_code == 409
    await asker.post(f"/retractions/{kept['decision']}/restore", {})
    for wrong in ({"resolution": ""}, {"resolution": "both"}, {"resolution": "both-hold", "by": "me"}):
        refused = await asker.request("POST", path, json=wrong)
        assert refused.status_code == 422, wrong


async def test_a_sweep_goes_on_where_it_stopped(asker: Acting) -> None:
    await asker.add(TARIFF)
    await asker.add(MEMO)
    first = fits(SweepBody, await asker.post("/contradictions/sweep", {"limit": 1}))
    assert (first["claims"], first["found"]) == (1, 0)
    rest = fits(SweepBody, await asker.post("/contradictions/sweep", {"after": first["next"]}))
    assert rest == {"claims": 1, "found": 0, "next": None}


async def test_nobody_else_hears_of_it(asker: Acting) -> None:
    ann, bob, stranger = asker.other(user="ann"), asker.other(user="bob"), asker.other(tenant="elsewhere", user="ann")
    await asker.add(TARIFF)
    await ann.add(MEMO)
    (found,) = (await ann.get("/contradictions"))["items"]
    assert found["scope"] == {"user": "ann"}
    for other in (asker, bob, stranger):
        assert (await other.get("/contradictions"))["total"] == 0
        for method, path, body in (
            ("GET", f"/contradictions/{found['id']}", None),
            ("POST", f"/contradictions/{found['id']}/resolve", {"resolution": "both-hold"}),
        ):
            assert (await other.request(method, path, json=body)).status_code == 404
    refused = await ann.request("POST", f"/contradictions/{found['id']}/resolve", json={"resolution": "keep-newer"})
    assert refused.status_code == 403
    assert (await ann.get(f"/contradictions/{found['id']}"))["resolution"] == ""
