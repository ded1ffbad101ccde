"""Looking back over HTTP: recall of a moment, and what changed between two."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from pydantic import TypeAdapter

from stemma.api.schemas.memory_history import DifferenceBody
from tests.integration.live_server import Live
from tests.integration.memory_client import MEMO, TARIFF, Acting, acting

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(live: Live) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=live.url, timeout=60) as client:
        yield client


@pytest.fixture
def asker(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> Acting:
    return acting(http, monkeypatch)


async def test_what_was_known_then_and_what_changed_since(asker: Acting) -> None:
    await asker.post("/sources", TARIFF)
    then = datetime.now(UTC).isoformat()
    memo = (await asker.post("/sources", MEMO))["results"][0]["source_ids"][0]
    await asker.post("/retractions", {"item_id": memo, "reason": "a forgery"})
    question = {"query": "What is the berth fee?", "k": 5}
    for moment in ({"known_at": then}, {"known_at": then, "as_of": then}):
        hits = (await asker.post("/recall", {**question, **moment}))["hits"]
        assert [hit["uri"] for hit in hits] == ["tariff.md"]
    for path, told in (("/items", "withdrawn"), ("/items/lineage", "retractions")):
        address = path.replace("/items", f"/items/{memo}")
        now = datetime.now(UTC).isoformat()
        assert (await asker.get(address, params={"known_at": now}))[told]
        unknown = await asker.request("GET", address, params={"known_at": then})
        assert (unknown.status_code, unknown.json()["detail"].count("was not in memory then")) == (404, 1)
    found = await asker.get("/diff", params={"earlier": then})
    TypeAdapter(DifferenceBody).validate_python(found, strict=True)
    assert {one["change"] for one in found["changed"]} == {"added"}
    assert [one["item_id"] for one in found["decisions"]] == [memo]
    page = await asker.request("GET", "/diff", params={"earlier": then, "limit": 1, "offset": 1})
    assert (page.headers["X-Pagination-Total"], len(page.json()["changed"])) == (str(found["total"]), 1)


async def test_nobody_hears_of_what_changed_for_others(asker: Acting) -> None:
    then = datetime.now(UTC).isoformat()
    ann, bob = (asker.other(tenant=f"t-{uuid4().hex}", user=name) for name in ("ann", "bob"))
    await ann.post("/sources", MEMO)
    assert (await bob.get("/diff", params={"earlier": then}))["changed"] == []


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/diff", {"earlier": "2026-01-01T00:00:00"}),
        ("/diff", {"earlier": "0001-01-01T00:00:00+14:00"}),
        ("/diff", {"earlier": "2026-02-01T00:00:00Z", "later": "2026-01-01T00:00:00Z"}),
        ("/diff", {}),
        ("/items/any", {"known_at": "2026-01-01T00:00:00"}),
        ("/recall", {"query": "x", "known_at": "2026-01-01T00:00:00"}),
        ("/recall", {"query": "x", "as_of": "soon"}),
    ],
)
async def test_what_is_no_moment_is_refused(asker: Acting, path: str, given: dict[str, str]) -> None:
    sent = {"json": given} if path == "/recall" else {"params": given}
    answer = await asker.request("POST" if path == "/recall" else "GET", path, **sent)
    assert answer.status_code == 422, answer.text
