"""Who reaches which memory over HTTP, and what bad input gets: a clear refusal, and nothing changed."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from stemma.api import create_app
from stemma.api.services import Services
from stemma.api.settings import ApiSettings
from stemma.graphs.policy import Actor, Permission
from tests.contracts.memory_bundles import HOSTILE
from tests.integration.live_server import KEY, Live
from tests.integration.memory_client import MEMO, TARIFF, Acting, acting, learned

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY = "0" * 32


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(live: Live) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=live.url, timeout=60) as client:
        yield client


@pytest.fixture
def asker(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> Acting:
    return acting(http, monkeypatch)


def problem(answer: httpx.Response, status: int, kind: str = "") -> dict[str, Any]:
    assert answer.status_code == status, (str(answer.request.url), answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert not kind or body["type"] == kind
    return body


def every_use_of(item: str, decision: str) -> list[tuple[str, str, Any]]:
    """(method, path, body) of each request that names an item or a decision."""
    return [
        ("GET", f"/items/{item}", None),
        ("GET", f"/entities/{item}", None),
        ("GET", f"/items/{item}/lineage", None),
        ("GET", f"/items/{item}/lineage?direction=downstream", None),
        ("GET", f"/retractions/{decision}", None),
        ("POST", f"/retractions/{decision}/restore", {}),
        ("POST", f"/retractions/{decision}/restore", {"dry_run": True}),
        ("GET", f"/retractions/{decision}/heal", None),
        ("POST", f"/retractions/{decision}/heal", {}),
        ("POST", f"/retractions/{decision}/heal", {"dry_run": True}),
        ("POST", f"/retractions/{decision}/heal/cancel", None),
        ("POST", "/retractions", {"item_id": item, "reason": "no"}),
        ("POST", "/retractions", {"item_id": item, "reason": "no", "kind": "quarantine", "dry_run": True}),
        ("POST", "/supersessions", {"newer": item, "older": item}),
        ("POST", "/supersessions", {"newer": NOBODY, "older": item}),
        ("POST", "/supersessions", {"newer": item, "older": NOBODY, "dry_run": True}),
    ]


async def test_unknown_and_foreign_ids_look_the_same(asker: Acting, live: Live) -> None:
    ann = asker.other(user="ann")
    source = await ann.add(MEMO)
    passage = (await ann.post("/recall", {"query": "berth fee"}))["hits"][0]["id"]
    answer = await learned(live.memory, ann.actor, passage)
    decision = (await ann.post("/retractions", {"item_id": source, "reason": "forged"}))["retraction"]["id"]
    thing = (await ann.get("/entities"))["items"][0]["id"]
    before = await ann.get("/statistics")
    for stranger in (ann.other(user="bob"), ann.other(tenant=f"tenant-{uuid.uuid4().hex}", user="ann")):
        for item in (source, passage, answer.id, answer.asserts[0], thing):
            for method, path, body in every_use_of(item, decision):
                foreign = problem(await stranger.request(method, path, json=body), 404, "UnknownItem")
                assert "berth" not in str(foreign)
        for method, path, body in every_use_of(NOBODY, NOBODY):
            problem(await stranger.request(method, path, json=body), 404, "UnknownItem")
        for path in ("/sources", "/entities", "/tainted", "/retractions", "/items?label=Claim", "/items?label=Answer"):
            assert await stranger.get(path) == {"items": [], "total": 0}
        assert (await stranger.post("/recall", {"query": "berth fee"}))["hits"] == []
        assert not any((await stranger.get("/statistics"))["nodes"].values())
    assert await ann.get("/statistics") == before


async def test_a_wider_item_is_seen_and_not_decided_about(asker: Acting) -> None:
    source, ann = await asker.add(TARIFF), asker.other(user="ann")
    assert (await ann.get(f"/items/{source}"))["id"] == source
    for dry_run in (True, False):
        asked = {"item_id": source, "reason": "I say so", "dry_run": dry_run}
        problem(await ann.request("POST", "/retractions", json=asked), 403, "WiderItem")
    decision = (await asker.post("/retractions", {"item_id": source, "reason": "forged"}))["retraction"]["id"]
    problem(await ann.request("POST", f"/retractions/{decision}/restore", json={}), 403, "WiderItem")
    assert (await ann.get(f"/items/{source}"))["withdrawn"] is True
    assert (await ann.get("/retractions"))["items"][0]["reason"] == "forged"


async def test_the_owner_of_a_tenant_decides_without_reading(asker: Acting) -> None:
    """A wider scope owns what is narrower: it takes back what it is told of, and still sees nothing of it."""
    ann = asker.other(user="ann")
    source = await ann.add(MEMO)
    problem(await asker.request("GET", f"/items/{source}"), 404, "UnknownItem")
    effect = await asker.post("/retractions", {"item_id": source, "reason": "reported"})
    assert (effect["affected"], effect["counts"]) == ([], {})
    assert effect["hidden"] >= 2
    assert "berth" not in str(effect).lower()
    assert (await ann.post("/recall", {"query": "berth fee"}))["hits"] == []
    (told,) = (await ann.get("/retractions"))["items"]
    assert (told["reason"], told["scope"], told["authority"]) == ("reported", {"user": "ann"}, {})
    for body in ({}, {"dry_run": True}):
        lifting = await ann.request("POST", f"/retractions/{told['id']}/restore", json=body)
        assert "wider rights" in problem(lifting, 403, "WiderDecision")["detail"]
    assert (await ann.get(f"/items/{source}"))["withdrawn"] is True
    await asker.post(f"/retractions/{told['id']}/restore", {})
    own = (await ann.post("/retractions", {"item_id": source, "reason": "a slip"}))["retraction"]
    assert own["authority"] is None
    assert (await ann.post(f"/retractions/{own['id']}/restore", {}))["retraction"]["lifted_by"] == "ann"


async def test_decisions_are_made_once(asker: Acting) -> None:
    source = await asker.add(MEMO)
    asked = {"item_id": source, "reason": "forged"}
    decision = (await asker.post("/retractions", asked))["retraction"]["id"]
    problem(await asker.request("POST", "/retractions", json=asked), 409, "AlreadyTakenBack")
    quarantine = {**asked, "kind": "quarantine"}
    problem(await asker.request("POST", "/retractions", json=quarantine), 409, "AlreadyTakenBack")
    assert (await asker.request("POST", f"/retractions/{decision}/restore")).status_code == 200
    for body in ({}, {"dry_run": True}):
        answer = await asker.request("POST", f"/retractions/{decision}/restore", json=body)
        problem(answer, 409, "AlreadyGivenBack")
    assert (await asker.get("/retractions"))["total"] == 1


async def test_only_sources_and_claims_are_taken_back(asker: Acting, live: Live) -> None:
    await asker.add(MEMO)
    passage = (await asker.post("/recall", {"query": "berth fee"}))["hits"][0]["id"]
    answer = await learned(live.memory, asker.actor, passage)
    for item in (passage, answer.id):
        for dry_run in (True, False):
            asked = {"item_id": item, "reason": "forged", "dry_run": dry_run}
            problem(await asker.request("POST", "/retractions", json=asked), 422, "NotRetractable")
    assert (await asker.get("/retractions"))["total"] == 0


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text)[:30])
async def test_text_that_looks_like_a_query_is_only_text(asker: Acting, text: str) -> None:
    await asker.add(TARIFF)
    before = await asker.get("/statistics")
    # A slash is another path, and one at the end a redirect.
    segment = quote(text[:200].replace("/", ""), safe="") or "%20"
    for method, path, body in every_use_of(segment, segment):
        given = {**body, **{key: text[:200] for key in ("item_id", "newer", "older") if key in body}} if body else body
        assert (await asker.request(method, path, json=given)).status_code in (404, 422), path
    recalled = await asker.request("POST", "/recall", json={"query": text})
    assert recalled.status_code == (200 if text.strip(" \x00") else 422), recalled.text
    problem(await asker.request("POST", "/recall", json={"query": "fee", "recipe": text or "?"}), 422)
    agent = await asker.request("GET", "/sources", params={"agent": text[:200]})
    assert agent.status_code == (422 if "\x00" in text else 200)
    assert await asker.get("/statistics") == before
    if text.strip(" \x00"):
        kept = await asker.add({"text": text, "title": text[:100], "uri": text[:100]})
        assert (await asker.get(f"/items/{kept}"))["title"] == " ".join(text[:100].replace("\x00", "").split())


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/sources?limit=0", None),
        ("GET", "/sources?limit=1001", None),
        ("GET", "/sources?limit=99999999999999999999", None),
        ("GET", "/sources?offset=-1", None),
        ("GET", "/sources?offset=1e3", None),
        ("GET", "/sources?standing=wrong", None),
        ("GET", "/items?label=source", None),
        ("GET", "/items?label=Secret", None),
        ("GET", "/retractions?open=perhaps", None),
        ("GET", f"/items/{'x' * 257}", None),
        ("GET", f"/items/{NOBODY}/lineage?direction=sideways", None),
        ("GET", f"/items/{NOBODY}/lineage?limit=100001", None),
        ("GET", "/sources?thread_id=not-a-uuid", None),
        ("GET", f"/sources?agent={'a' * 257}", None),
        ("GET", "/sources?agent=a%1Fb", None),
        ("POST", "/recall", {}),
        ("POST", "/recall", {"query": ""}),
        ("POST", "/recall", {"query": 7}),
        ("POST", "/recall", {"query": "x" * 10_001}),
        ("POST", "/recall", {"query": "x", "k": 0}),
        ("POST", "/recall", {"query": "x", "k": 10**9}),
        ("POST", "/recall", {"query": "x", "recipe": "magic"}),
        ("POST", "/recall", {"query": "x", "tenant": "other"}),
        ("POST", "/recall", {"query": "x", "user": "ann"}),
        ("POST", "/retractions", {"item_id": NOBODY}),
        ("POST", "/retractions", {"item_id": NOBODY, "reason": ""}),
        ("POST", "/retractions", {"item_id": NOBODY, "reason": "x", "kind": "oblivion"}),
        ("POST", "/retractions", {"item_id": NOBODY, "reason": "x" * 2_001}),
        ("POST", "/retractions", {"item_id": [NOBODY], "reason": "x"}),
        ("POST", f"/retractions/{NOBODY}/restore", {"actor": "me"}),
        ("POST", "/supersessions", {"newer": NOBODY}),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_what_cannot_be_asked(asker: Acting, method: str, path: str, body: Any) -> None:
    problem(await asker.request(method, path, json=body), 422)


async def test_reading_and_writing_are_two_permissions(asker: Acting) -> None:
    source = await asker.add(TARIFF)
    reader, writer = asker.may(Permission.MEMORY_READ), asker.may(Permission.MEMORY_WRITE)
    assert (await reader.get("/sources"))["total"] == 1
    assert (await reader.post("/recall", {"query": "fee"}))["hits"]
    asked = {"item_id": source, "reason": "x", "dry_run": True}
    for body, path in ((TARIFF, "/sources"), (asked, "/retractions"), ({"newer": "a", "older": "b"}, "/supersessions")):
        problem(await reader.request("POST", path, json=body), 403, "Forbidden")
    assert (await writer.post("/retractions", asked))["dry_run"] is True
    for path in ("/sources", "/statistics", f"/items/{source}", "/retractions"):
        problem(await writer.request("GET", path), 403, "Forbidden")
    problem(await writer.request("POST", "/recall", json={"query": "fee"}), 403, "Forbidden")


async def test_a_request_may_narrow_and_never_widen(asker: Acting, live: Live) -> None:
    """`agent` and `thread_id` say which memory within the actor's own; the thread has to be theirs to read."""
    thread = (await live.runtime.create_thread(asker.actor)).thread_id
    wide = await asker.add(TARIFF)
    mine = {"agent": await asker.add(MEMO, params={"agent": "scribe"})}
    mine["thread_id"] = await asker.add(MEMO, params={"thread_id": thread})
    mine["both"] = await asker.add(MEMO, params={"agent": "scribe", "thread_id": thread})
    seen = {
        "": {wide},
        "agent=scribe": {wide, mine["agent"]},
        "agent=clerk": {wide},
        f"thread_id={thread}": {wide, mine["thread_id"]},
        f"agent=scribe&thread_id={thread}": {wide, *mine.values()},
    }
    for narrowed, ids in seen.items():
        assert {item["id"] for item in (await asker.get(f"/sources?{narrowed}"))["items"]} == ids, narrowed
        hits = (await asker.post(f"/recall?{narrowed}", {"query": "berth fee", "k": 20}))["hits"]
        assert {hit["source_id"] for hit in hits if hit["label"] == "Passage"} == ids, narrowed
    problem(await asker.request("GET", f"/sources?thread_id={uuid.uuid4()}"), 404, "UnknownThread")
    stranger = acting(asker.http, asker.patch)
    for method, path in (("GET", "/sources"), ("POST", "/sources"), ("POST", "/recall")):
        body = {"query": "x"} if path == "/recall" else {"text": "x"} if method == "POST" else None
        problem(await stranger.request(method, f"{path}?thread_id={thread}", json=body), 404, "UnknownThread")
    blind = asker.may(Permission.MEMORY_READ)
    problem(await blind.request("GET", f"/sources?thread_id={thread}"), 403, "Forbidden")


async def test_whoever_holds_the_key_signs_as_such(locked: Live) -> None:
    async with httpx.AsyncClient(base_url=locked.url, headers={"x-api-key": KEY}) as client:
        source = (await client.post("/memory/sources", json=MEMO)).json()["results"][0]["source_ids"][0]
        effect = await client.post("/memory/retractions", json={"item_id": source, "reason": "forged"})
    assert effect.json()["retraction"]["actor"] == "api-key"


async def test_a_server_without_memory_says_so(live: Live) -> None:
    app = create_app(live.runtime, ApiSettings())
    app.state.services = Services(live.runtime, ApiSettings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        assert "memory" in problem(await client.get("/memory/sources"), 503, "MemoryUnavailable")["detail"]


async def test_the_actors_tenant_is_part_of_no_answer(asker: Acting) -> None:
    ann = Acting(asker.http, Actor(tenant=asker.actor.tenant, user="ann"), asker.patch)
    source = await ann.add(TARIFF)
    pages = [await ann.get("/sources"), await ann.get(f"/items/{source}"), await ann.post("/recall", {"query": "fee"})]
    pages.append(await ann.post("/retractions", {"item_id": source, "reason": "x"}))
    assert pages[0]["items"][0]["scope"] == {"user": "ann"}
    assert asker.actor.tenant not in str(pages)
