"""/memory over a real server and SQLite: documents in, hits and items out, a falsehood taken back and given back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import TypeAdapter

from stemma.api.schemas.memory_decisions import EffectBody, LineageBody, RetractionPageBody
from stemma.api.schemas.memory_hits import RecallBody
from stemma.api.schemas.memory_items import (
    AnyItem,
    ItemPageBody,
    RelatedEntity,
    RetractionItem,
    SourceItem,
    StatisticsBody,
)
from stemma.api.schemas.memory_writes import StoredPageBody
from stemma.memory.recall.recipes import RECIPES
from tests.integration.live_server import Live
from tests.integration.memory_client import MEMO, STATED, TARIFF, Acting, acting, learned

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(live: Live) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=live.url, timeout=60) as client:
        yield client


@pytest.fixture
def asker(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> Acting:
    return acting(http, monkeypatch)


def fits(model: Any, answer: Any) -> Any:
    """Routes write their answers without a second validation, so the models are checked here."""
    adapter = TypeAdapter(model)
    assert adapter.dump_python(adapter.validate_python(answer, strict=True)) == answer
    return answer


async def test_a_text_goes_in_and_is_recalled_with_its_origin(asker: Acting) -> None:
    (result,) = fits(StoredPageBody, await asker.post("/sources", TARIFF))["results"]
    assert (result["name"], result["status"], result["passages"], result["failures"]) == ("Tariff", "added", 1, [])
    again = (await asker.post("/sources", TARIFF))["results"][0]
    assert (again["status"], again["source_ids"]) == ("unchanged", result["source_ids"])
    changed = (await asker.post("/sources", {**TARIFF, "text": "The berth fee is 2,500 euros."}))["results"][0]
    assert changed["status"] == "updated"
    found = fits(RecallBody, await asker.post("/recall", {"query": "What is the berth fee?", "k": 3}))
    (hit,) = found["hits"]
    assert (hit["source_id"], hit["uri"], hit["rank"]) == (changed["source_ids"][0], "tariff.md", 1)
    assert "2,500" in hit["text"]
    assert hit["parts"]
    assert hit["position"]["start"] == 0


async def test_a_statement_is_a_source_signed_by_who_made_it(asker: Acting) -> None:
    ann = asker.other(user="ann")
    body = {"text": "The harbour master of Port Merrow retired in May.", "title": "Harbour master"}
    source = fits(SourceItem, await ann.post("/statements", body))
    assert (source["kind"], source["title"], source["scope"]) == ("person", "Harbour master", {"user": "ann"})
    assert "ann" in source["uri"]
    assert await ann.post("/statements", body) == source
    (hit,) = (await ann.post("/recall", {"query": "Who retired in May?"}))["hits"]
    assert hit["source_id"] == source["id"]
    for wrong in ({**body, "by": "the director"}, {"text": "   "}, {"text": "\x00"}):
        assert (await ann.request("POST", "/statements", json=wrong)).status_code == 422, wrong


@pytest.mark.parametrize("recipe", RECIPES)
async def test_a_recipe_may_be_chosen(asker: Acting, recipe: str) -> None:
    await asker.add(TARIFF)
    found = await asker.post("/recall", {"query": "berth fee", "recipe": recipe})
    assert (found["recipe"], len(found["hits"])) == (recipe, 1)


async def test_hits_fit_into_a_budget(asker: Acting) -> None:
    for n in range(6):
        await asker.add({"uri": f"crane-{n}", "text": f"Crane {n} of the harbour is idle. " * 4})
    asked = {"query": "Which crane is idle?", "k": 6}
    found = (await asker.post("/recall", asked))["hits"]
    trimmed = (await asker.post("/recall", {**asked, "budget": len(found[0]["text"]) // 4 * 2 + 2}))["hits"]
    assert 0 < len(trimmed) < len(found)
    assert (await asker.request("POST", "/recall", json={**asked, "budget": 0})).status_code == 422


async def test_every_kind_of_item_is_listed_and_shown(asker: Acting, live: Live) -> None:
    source = await asker.add(MEMO)
    passage = (await asker.post("/recall", {"query": "berth fee"}))["hits"][0]["id"]
    answer = await learned(live.memory, asker.actor, passage)
    await asker.post("/retractions", {"item_id": source, "reason": "a forgery"})
    counts = fits(StatisticsBody, await asker.get("/statistics"))
    assert counts["relations"]["USED"] == 1
    for label in ("Source", "Passage", "Entity", "Claim", "Answer", "Retraction"):
        page = fits(ItemPageBody, await asker.get("/items", params={"label": label}))
        assert len(page["items"]) == page["total"] == counts["nodes"][label] >= 1, label
        for item in page["items"]:
            shown = fits(AnyItem, await asker.get(f"/items/{item['id']}"))
            assert shown["label"] == label
            assert asker.actor.tenant not in str(shown)
    (claim,) = answer.asserts
    (row,) = (await asker.get(f"/items/{claim}"))["derived_from"]
    assert (row["antecedent_id"], row["quote"]) == (passage, "nine euros")
    assert (await asker.get("/sources"))["items"][0]["id"] == source
    assert (await asker.get("/entities"))["total"] == counts["nodes"]["Entity"]


async def test_a_thing_is_shown_with_what_claims_relate_it_to(asker: Acting) -> None:
    text = "The Harrow Line owns the Port Calder Yard. Ann Berg joined the Harrow Line in 1998."
    source = await asker.add({"text": text, "uri": "harrow.md"})
    things = {item["name"]: item["id"] for item in (await asker.get("/entities"))["items"]}
    line = fits(RelatedEntity, await asker.get(f"/entities/{things['Harrow Line']}"))
    told = {(row["subject"], row["predicate"], row["object"]): row for row in line["relations"]}
    assert set(told) == {("Harrow Line", "owns", "Port Calder Yard"), ("Ann Berg", "joined", "Harrow Line")}
    joined = told["Ann Berg", "joined", "Harrow Line"]
    assert (joined["subject_id"], joined["object_id"]) == (things["Ann Berg"], line["id"])
    assert (await asker.get(f"/items/{joined['claim_id']}"))["text"] == joined["text"]
    page = await asker.request("GET", f"/entities/{line['id']}", params={"limit": 1})
    assert (len(page.json()["relations"]), page.headers["x-pagination-next"]) == (1, "1")
    assert (await asker.get("/statistics"))["relations"]["RELATES_TO"] == 2
    await asker.post("/retractions", {"item_id": source, "reason": "forged"})
    assert (await asker.get(f"/entities/{line['id']}"))["relations_total"] == 0
    assert (await asker.get("/statistics"))["relations"]["RELATES_TO"] == 0
    for path in (f"/entities/{source}", "/entities/nothing"):
        assert (await asker.request("GET", path)).status_code == 404


async def test_pages_join_up(asker: Acting) -> None:
    ids = [await asker.add({"text": f"Crane {n} is idle.", "uri": f"crane-{n}"}) for n in range(5)]
    seen: list[str] = []
    offset = "0"
    while offset:
        answer = await asker.request("GET", "/sources", params={"limit": 2, "offset": offset})
        assert answer.headers["x-pagination-total"] == str(answer.json()["total"]) == "5"
        seen += [item["id"] for item in answer.json()["items"]]
        offset = answer.headers.get("x-pagination-next", "")
    assert sorted(seen) == sorted(ids)
    beyond = await asker.request("GET", "/sources", params={"limit": 2, "offset": 10**9})
    assert (beyond.json()["items"], beyond.json()["total"]) == ([], 5)
    assert "x-pagination-next" not in beyond.headers


async def test_a_falsehood_is_taken_back_and_given_back(asker: Acting, live: Live) -> None:
    memo, _ = await asker.add(MEMO), await asker.add(TARIFF)
    hits = (await asker.post("/recall", {"query": "berth fee nine euros"}))["hits"]
    passage = next(hit["id"] for hit in hits if hit["source_id"] == memo)
    answer = await learned(live.memory, asker.actor, passage)
    asked = {"item_id": memo, "reason": "The memo was a forgery"}

    before = await asker.get("/statistics")
    planned = fits(EffectBody, await asker.post("/retractions", {**asked, "dry_run": True}))
    assert planned["dry_run"] is True
    assert await asker.get("/statistics") == before
    assert (await asker.get("/tainted"))["total"] == 0
    assert (await asker.get("/retractions"))["total"] == 0

    effect = fits(EffectBody, await asker.post("/retractions", asked))
    assert (effect["counts"], effect["hidden"], effect["truncated"]) == (planned["counts"], 0, False)
    assert {"Source": 1, "Passage": 1, "Answer": 1}.items() <= effect["counts"].items()
    assert {row["id"] for row in effect["affected"]} >= {memo, passage, answer.id, *answer.asserts}
    assert all(row["before"]["supported"] and not row["after"]["supported"] for row in effect["affected"])
    hits = (await asker.post("/recall", {"query": "berth fee nine euros", "k": 20}))["hits"]
    assert hits
    assert not [hit for hit in hits if "nine" in hit["text"]]
    assert (await asker.get(f"/items/{passage}"))["flags"] == ["no longer supported"]
    (tainted,) = fits(ItemPageBody, await asker.get("/tainted"))["items"]
    assert (tainted["id"], tainted["run_id"], tainted["thread_id"]) == (answer.id, "run-1", "thread-1")
    assert (await asker.get("/sources", params={"standing": "withdrawn"}))["items"][0]["id"] == memo

    decision = effect["retraction"]["id"]
    (row,) = fits(RetractionPageBody, await asker.get("/retractions", params={"open": "true"}))["items"]
    assert row == fits(RetractionItem, await asker.get(f"/retractions/{decision}"))
    assert (row["item_id"], row["reason"], row["actor"]) == (memo, asked["reason"], "local")
    path = f"/retractions/{decision}/restore"
    assert (await asker.post(path, {"dry_run": True}))["counts"] == effect["counts"]
    assert (await asker.get("/tainted"))["total"] == 1
    assert fits(EffectBody, await asker.post(path, {}))["counts"] == effect["counts"]
    hits = (await asker.post("/recall", {"query": "berth fee nine euros"}))["hits"]
    assert memo in {hit["source_id"] for hit in hits}
    assert (await asker.get("/tainted"))["total"] == 0
    assert (await asker.get("/retractions", params={"open": "true"}))["total"] == 0
    lifted = await asker.get(f"/retractions/{decision}")
    assert (lifted["lifted_by"], bool(lifted["lifted_at"])) == ("local", True)


async def test_quarantine_and_its_signature(asker: Acting) -> None:
    """Who decided is what the credential says; a body that says otherwise is refused."""
    ann = asker.other(user="ann")
    source = await ann.add(MEMO)
    asked = {"item_id": source, "reason": "to be checked", "kind": "quarantine"}
    refused = await ann.request("POST", "/retractions", json={**asked, "actor": "the director"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "actor")
    effect = await ann.post("/retractions", asked)
    assert (effect["retraction"]["kind"], effect["retraction"]["actor"]) == ("quarantine", "ann")
    assert (await ann.get("/sources", params={"standing": "quarantined"}))["total"] == 1
    assert (await ann.get("/sources", params={"standing": "withdrawn"}))["total"] == 0


async def test_lineage_in_both_directions(asker: Acting, live: Live) -> None:
    memo = await asker.add(MEMO)
    passage = (await asker.post("/recall", {"query": "berth fee"}))["hits"][0]["id"]
    answer = await learned(live.memory, asker.actor, passage)
    (claim,) = answer.asserts
    up = fits(LineageBody, await asker.get(f"/items/{answer.id}/lineage"))
    assert (up["root"], up["direction"], up["truncated"]) == (answer.id, "upstream", False)
    assert up["items"][0]["id"] == answer.id
    assert {item["id"] for item in up["items"]} >= {answer.id, claim, passage, memo}
    quotes = {(edge["dependent"], edge["antecedent"]): edge["quote"] for edge in up["edges"]}
    assert quotes[claim, passage] == "nine euros"
    down = fits(LineageBody, await asker.get(f"/items/{memo}/lineage", params={"direction": "downstream"}))
    assert {item["id"] for item in down["items"]} >= {memo, passage, claim, answer.id}
    cut = await asker.get(f"/items/{memo}/lineage", params={"direction": "downstream", "limit": 1})
    assert (len(cut["items"]), cut["truncated"]) == (1, True)


async def test_a_lineage_is_drawn_and_its_text_does_nothing(asker: Acting) -> None:
    hostile = "</text><script>alert(1)</script><image href='http://evil.example/x'/> & ]]>"
    source = await asker.add({"title": hostile, "text": f"{hostile} is idle."})
    params = {"direction": "downstream", "format": "svg"}
    answer = await asker.request("GET", f"/items/{source}/lineage", params=params)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "image/svg+xml")
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    drawn = set(re.findall(r"<(\w+)", answer.text))
    assert "text" in drawn
    assert not drawn & {"script", "image", "a", "foreignObject", "use", "iframe"}


async def test_a_newer_claim_supersedes_an_older_one(asker: Acting, live: Live) -> None:
    await asker.add(MEMO)
    passage = (await asker.post("/recall", {"query": "berth fee"}))["hits"][0]["id"]
    (older,) = (await learned(live.memory, asker.actor, passage)).asserts
    newer_claim = "The berth fee is 2,400 euros."
    (newer,) = (await learned(live.memory, asker.actor, passage, name="2", claim=newer_claim, hours=1)).asserts
    planned = await asker.post("/supersessions", {"newer": newer, "older": older, "dry_run": True})
    assert (await asker.get(f"/items/{older}"))["recallable"] is True
    done = fits(EffectBody, await asker.post("/supersessions", {"newer": newer, "older": older}))
    assert (done["counts"], done["retraction"]) == (planned["counts"], None)
    assert (await asker.get(f"/items/{older}"))["recallable"] is False
    assert STATED not in [hit["text"] for hit in (await asker.post("/recall", {"query": STATED}))["hits"]]
    refused = await asker.request("POST", "/supersessions", json={"newer": older, "older": newer})
    assert (refused.status_code, refused.json()["type"]) == (409, "SupersedesNewer")
