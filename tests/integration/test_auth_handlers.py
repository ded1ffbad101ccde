"""What a project's auth handlers are given, and what becomes of all that they may answer or raise."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from stemma.api.auth.sources import who_asks
from stemma.api.failures import UnusableAuth
from stemma.api.listening import bind
from stemma.api.settings import ApiSettings
from stemma.graphs.keys.model import Role
from stemma.graphs.policy import Actor
from tests.integration.auth_world import served, write_auth

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVERYTHING = """
from langgraph_sdk import Auth
from starlette.requests import Request

auth = Auth()
SEEN = []

@auth.authenticate
async def who(request: Request, body, path, method, path_params, query_params, headers, authorization, scopes, extra=1):
    SEEN.append([body, path, method, path_params, dict(query_params), headers.get(b"x-who").decode(), authorization])
    assert headers["X-Who"] == headers.get("x-who") == request.headers["x-who"]
    assert request.path_params == path_params
    if headers["x-who"] == "broken":
        raise KeyError("canary-token")
    if headers["x-who"] == "nobody":
        return {}
    return headers["x-who"]

@auth.on.threads.read
async def teapot(ctx, value):
    raise Auth.exceptions.HTTPException(status_code=418, detail="short and stout", headers={"X-Tea": "green"})

@auth.on.threads.search
async def strange(ctx, value):
    return {"owner": {"$regex": "."}}

@auth.on.threads
async def participants(ctx, value):
    value.setdefault("metadata", {}).setdefault("people", [ctx.user.identity])
    return {"people": {"$contains": ctx.user.identity}}
"""


async def test_what_a_handler_may_ask_for_and_how_it_may_fail(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with served(tmp_path, EVERYTHING) as server, httpx.AsyncClient(base_url=server.url) as client:

        async def ask(method: str, path: str, who: str, body: Any = None) -> httpx.Response:
            return await client.request(method, path, json=body, headers={"x-who": who})

        made = await ask("POST", "/threads", "ann", {"metadata": {"people": ["ann", "bob"]}})
        thread_id = made.json()["thread_id"]
        patched = [await ask("PATCH", f"/threads/{thread_id}?a=b", who, {"metadata": {}}) for who in ("bob", "eve")]
        assert [answer.status_code for answer in patched] == [200, 404]
        left = await ask("PATCH", f"/threads/{thread_id}", "bob", {"metadata": {"people": ["eve"]}})
        assert left.status_code == 403
        tea = await ask("GET", f"/threads/{thread_id}", "ann")
        assert (tea.status_code, tea.json()["detail"], tea.headers["x-tea"]) == (418, "short and stout", "green")
        assert (await ask("POST", "/threads/search", "ann", {})).status_code == 500
        assert (await ask("GET", "/info", "nobody")).status_code == 500
        broken = await ask("GET", "/info", "broken")
        assert broken.status_code == 500
        assert "canary-token" not in broken.text
        assert "canary-token" not in caplog.text
        assert "KeyError" in caplog.text
        (module,) = [one for name, one in sys.modules.items() if name.startswith("auth_file") and hasattr(one, "SEEN")]
        assert module.SEEN[0][:3] == [{"metadata": {"people": ["ann", "bob"]}}, "/threads", "POST"]
        assert module.SEEN[1][3:5] == [{"thread_id": thread_id}, {"a": "b"}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("auth = 1", "is a int"),
        (
            "from langgraph_sdk import Auth\nauth = Auth()\n@auth.authenticate\nasync def who(tokn): return 'x'",
            "asks for tokn",
        ),
    ],
)
async def test_a_file_that_cannot_be_used_ends_the_start(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UnusableAuth, match=said):
        who_asks(ApiSettings(auth_path=write_auth(tmp_path, text, f"auth_{abs(hash(text))}")))


async def test_handlers_alone_rule_over_keys(tmp_path: Path) -> None:
    """Without @auth.authenticate, keys say who asks, and the handlers what they may."""
    text = """
from langgraph_sdk import Auth
auth = Auth()

@auth.on.threads
async def owned(ctx, value):
    value.setdefault("metadata", {})["owner"] = ctx.user.identity
    return {"owner": ctx.user.identity}
"""
    async with served(tmp_path, text) as server, httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.post("/threads", json={})).json()["metadata"] == {"owner": "local"}
        secrets = [
            (await server.runtime.keys.create(name, tenant="t", user=name, role=Role.RUNNER))[1] for name in "ab"
        ]
        mine = await client.post("/threads", json={}, headers={"x-api-key": secrets[0]})
        path = f"/threads/{mine.json()['thread_id']}"
        statuses = [(await client.get(path, headers={"x-api-key": secret})).status_code for secret in secrets]
        assert statuses == [200, 404]
        assert json.loads(mine.text)["metadata"] == {"owner": "a"}


PLACES = """
from langgraph_sdk import Auth

auth = Auth()


@auth.authenticate
async def who(headers) -> dict:
    return {"identity": headers["x-who"], "org": headers.get("x-org")}


@auth.on
async def owned(ctx, value):
    return {"owner": ctx.user.identity}


@auth.on.store.get
async def no_item_has_an_owner(ctx, value):
    return {"owner": ctx.user.identity}


@auth.on.store.search
async def everything(ctx, value):
    return {}
"""


async def test_a_filter_of_a_store_handler_is_not_silently_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in LangGraph's own server, store handlers rewrite the namespace. That a global one returns a filter is what
    most auth files do: it has nothing to add where users' items are apart, and refuses where they are not."""
    item = {"namespace": ["notes"], "key": "a", "value": {"text": "hers"}}
    async with served(tmp_path, PLACES) as server, httpx.AsyncClient(base_url=server.url) as client:
        for who, found in (("ann", 1), ("bob", 0)):
            client.headers["x-who"] = who
            if who == "ann":
                assert (await client.put("/store/items", json=item)).status_code == 204
            searched = await client.post("/store/items/search", json={"namespace_prefix": []})
            assert len(searched.json()["items"]) == found
            got = await client.get("/store/items", params={"namespace": "notes", "key": "a"})
            assert got.status_code == 500
        assert "store.get answered with a filter" in caplog.text
    monkeypatch.setenv("GRAPHS_STORE_SHARED", "true")
    async with served(tmp_path, PLACES) as server, httpx.AsyncClient(base_url=server.url) as client:
        client.headers["x-who"] = "ann"
        refused = await client.put("/store/items", json=item)
        assert (refused.status_code, "cannot narrow a store" in refused.text) == (403, True)
        assert (await client.post("/store/items/search", json={"namespace_prefix": []})).status_code == 200


async def test_users_of_an_auth_file_may_have_tenants(tmp_path: Path) -> None:
    async with (
        served(tmp_path, PLACES, auth_tenant_field="org") as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):

        async def ask(method: str, path: str, who: str, org: str, body: Any = None) -> httpx.Response:
            return await client.request(method, path, json=body, headers={"x-who": who, "x-org": org})

        made = (await ask("POST", "/threads", "ann", "acme", {"metadata": {"owner": "ann"}})).json()
        path = f"/threads/{made['thread_id']}"
        found = [(await ask("GET", path, *asker)).status_code for asker in (("ann", "acme"), ("ann", "other"))]
        assert found == [200, 404], "the same name in another tenant is another user"
        run = {"assistant_id": "count", "input": {"n": 1}}
        assert (await ask("POST", f"{path}/runs/wait", "ann", "acme", run)).json()["n"] == 3
        assert (await ask("POST", f"{path}/runs/wait", "ann", "other", run)).status_code == 404
        assert (await ask("POST", "/threads", "ann", "", {})).status_code == 403
        kept = await server.runtime.search_threads(Actor(tenant="acme"))
        assert [thread.thread_id for thread in kept] == [made["thread_id"]]
        assert await server.runtime.search_threads(Actor()) == []


async def test_who_authenticates_may_be_reached_by_others() -> None:
    everywhere = "0.0" + ".0.0"
    named = ApiSettings(host=everywhere, port=0, auth_path="a:b")
    for settings, asks in ((ApiSettings(host=everywhere, port=0), True), (named, False)):
        with bind(settings, asks=asks) as listener:
            assert listener.getsockname()[1] > 0
