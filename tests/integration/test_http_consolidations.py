"""/memory/consolidations over a real server and SQLite: run, listed, told with hits, undone, never leaked."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from stemma.api.schemas.consolidations import ConsolidationBody, ConsolidationPageBody, ConsolidationReportBody
from stemma.api.schemas.memory_hits import RecallBody
from tests.integration.live_server import Live
from tests.integration.memory_client import TARIFF, Acting, acting
from tests.integration.test_http_memory import fits

pytestmark = pytest.mark.asyncio(loop_scope="module")
QUESTION = {"query": "berth fee of Port Merrow"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(live: Live) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=live.url, timeout=60) as client:
        yield client


@pytest.fixture
def asker(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> Acting:
    return acting(http, monkeypatch)


async def test_what_says_the_same_is_told_once_and_undone(asker: Acting) -> None:
    for uri in ("tariff.md", "copy.md"):
        await asker.add({**TARIFF, "uri": uri})
    rehearsed = fits(ConsolidationReportBody, await asker.post("/consolidations", {"dry_run": True}))
    assert (rehearsed["dry_run"], rehearsed["run"]["sources"]) == (True, 1)
    assert fits(ConsolidationPageBody, await asker.get("/consolidations")) == {"items": [], "total": 0}
    done = fits(ConsolidationReportBody, await asker.post("/consolidations", {"demote_after_days": 0}))
    (duplicate,) = done["duplicates"]
    assert (duplicate["rule"], done["demotions"], done["truncated"]) == ("same content", [], False)
    (hit,) = fits(RecallBody, await asker.post("/recall", QUESTION))["hits"]
    assert (hit["source_id"], hit["also"]) == (duplicate["shown"], 1)
    assert (await asker.get("/consolidations"))["items"] == [done["run"]]
    path = f"/consolidations/{done['run']['id']}/undo"
    assert fits(ConsolidationBody, await asker.post(path, {}))["undone_at"]
    hits = fits(RecallBody, await asker.post("/recall", QUESTION))["hits"]
    assert {hit["uri"]: hit["also"] for hit in hits} == {"tariff.md": 0, "copy.md": 0}
    assert (await asker.request("POST", path)).status_code == 409


async def test_nothing_is_accepted_and_ignored(asker: Acting) -> None:
    for body in ({"demote_after_days": -1}, {"demote_after_days": "soon"}, {"days": 3}):
        assert (await asker.request("POST", "/consolidations", json=body)).status_code == 422
