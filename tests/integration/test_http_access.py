"""Who gets in: every route with the key, without it and with a wrong one; and no web page of somebody else's."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from stemma.api import create_app
from stemma.api.auth.key import OPEN_PATHS
from stemma.api.settings import ApiSettings
from stemma.graphs.policy import Actor, Permission
from tests.integration.live_server import KEY, Live, live_server

pytestmark = pytest.mark.asyncio(loop_scope="module")


NOBODY = str(uuid.UUID(int=0))


def every_route() -> Iterator[tuple[str, str]]:
    """(method, path) of each documented route, with ids of nothing in the path."""
    for path, operations in create_app(settings=ApiSettings()).openapi()["paths"].items():
        filled = path.replace("{assistant_id}", "count").replace("{namespace}", "inner")
        for name in ("thread_id", "run_id", "checkpoint_id"):
            filled = filled.replace(f"{{{name}}}", NOBODY)
        for method in operations:
            yield method.upper(), filled


ROUTES = list(every_route())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def named(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """A server with a host name and one friendly origin."""
    folder = tmp_path_factory.mktemp("named")
    async with live_server(folder, allowed_hosts="stemma.example", cors_origins="http://friend.example") as server:
        yield server


async def test_the_matrix_covers_the_protocol() -> None:
    assert len(ROUTES) >= 36


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_every_route_asks_for_the_key(locked: Live, method: str, path: str) -> None:
    async with httpx.AsyncClient(base_url=locked.url) as client:
        bare = await client.request(method, path)
        wrong = await client.request(method, path, headers={"x-api-key": f"{KEY}x"})
        empty = await client.request(method, path, headers={"Authorization": "Bearer x"})
        right = await client.request(method, path, headers={"x-api-key": KEY})
        bearer = await client.request(method, path, headers={"Authorization": f"Bearer {KEY}"})
    if path in OPEN_PATHS:
        assert {bare.status_code, wrong.status_code, right.status_code} == {200}
        return
    assert (bare.status_code, wrong.status_code, empty.status_code) == (401, 401, 401)
    assert bare.headers["content-type"] == "application/problem+json"
    assert KEY not in bare.text
    assert right.status_code not in (401, 403, 500)
    assert bearer.status_code == right.status_code


async def test_without_the_key_unknown_paths_and_bad_bodies_look_the_same(locked: Live) -> None:
    async with httpx.AsyncClient(base_url=locked.url) as client:
        answers = [await client.get("/no/such/path"), await client.post("/threads", content=b"{")]
    assert {answer.status_code for answer in answers} == {401}


OF_SEVERAL = {
    ("POST", "/memory/retractions/{retraction_id}/heal"),
    ("POST", "/memory/retractions/{retraction_id}/heal/cancel"),
}
"""Whoever heals writes memory, runs and threads: no permission alone is enough."""


async def test_each_route_is_open_to_one_permission_only(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """The actor of the key is replaced, because a key with fewer permissions cannot be configured yet."""
    opened: dict[Permission | None, set[tuple[str, str]]] = {}
    async with httpx.AsyncClient(base_url=live.url) as client:
        for permission in (None, *Permission):
            actor = Actor(permissions=frozenset({permission} if permission else ()))
            monkeypatch.setattr("stemma.api.auth.key.LOCAL", actor)
            answers = {(method, path): await client.request(method, path) for method, path in ROUTES}
            opened[permission] = {route for route, answer in answers.items() if answer.status_code != 403}
    free = opened.pop(None)
    assert {path for _, path in free} <= OPEN_PATHS
    rules = [routes - free for routes in opened.values()]
    assert set().union(*rules) == set(ROUTES) - free - OF_SEVERAL
    assert sum(len(rule) for rule in rules) == len(ROUTES) - len(free) - len(OF_SEVERAL)
    for permission, routes in opened.items():
        if permission is not None and permission.value.endswith(":read"):
            assert not [route for route in routes if route[0] in ("DELETE", "PATCH")]


async def test_a_strangers_run_is_404_not_403(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    async with live.client() as sdk:
        run = await sdk.runs.create(None, "count", input={"n": 0}, metadata={"secret": "canary"})
        await sdk.runs.join(run["thread_id"], run["run_id"])
    monkeypatch.setattr("stemma.api.auth.key.LOCAL", Actor(tenant="stranger"))
    thread, run_path = f"/threads/{run['thread_id']}", f"/threads/{run['thread_id']}/runs/{run['run_id']}"
    async with httpx.AsyncClient(base_url=live.url) as client:
        for path in (thread, f"{thread}/state", f"{thread}/history", f"{thread}/runs", f"{thread}/stream", run_path):
            assert (await client.get(path)).status_code == 404, path
        for path in (f"{run_path}/stream", f"{run_path}/join", f"/runs/{run['run_id']}/stream"):
            assert (await client.get(path)).status_code == 404, path
        assert (await client.post(f"{run_path}/cancel")).status_code == 404
        assert (await client.delete(run_path)).status_code == 404
        assert (await client.delete(thread)).status_code == 404
        assert (await client.post(f"{thread}/runs", json={"assistant_id": "count"})).status_code == 404
        assert (await client.post("/threads/search", json={})).json() == []
        assert (await client.post("/threads/count", json={})).json() == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:2024"}, 200),
        ({"Host": "[::1]:2024"}, 200),
        ({"Host": "192.168.1.7:2024"}, 200),
        ({"Host": "stemma.example"}, 200),
        ({"Host": "rebound.evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "http://friend.example"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:3000", "Host": "localhost:2024"}, 403),
        ({"Origin": "http://localhost:2024", "Host": "localhost:2024"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, 200),
    ],
    ids=str,
)
async def test_a_web_page_gets_in_only_by_permission(named: Live, headers: dict[str, str], status: int) -> None:
    async with httpx.AsyncClient(base_url=named.url) as client:
        answer = await client.get("/ok", headers=headers)
    assert answer.status_code == status, answer.text


async def test_cors_names_the_headers_clients_send(named: Live) -> None:
    asked = {
        "Origin": "http://friend.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-api-key,x-auth-scheme,content-type,last-event-id,idempotency-key",
    }
    async with httpx.AsyncClient(base_url=named.url) as client:
        allowed = await client.options("/threads", headers=asked)
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == "http://friend.example"
        refused = await client.options("/threads", headers={**asked, "Origin": "http://evil.example"})
        assert "access-control-allow-origin" not in refused.headers
        answer = await client.post("/runs", json={"assistant_id": "count"}, headers={"Origin": "http://friend.example"})
        assert answer.headers["access-control-allow-origin"] == "http://friend.example"
        assert "Content-Location" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    ("given", "address", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "[::1]", 200),
        ({}, "10.0.0.5", 403),
        ({"insecure": True}, "10.0.0.5", 200),
        ({"key": KEY}, "10.0.0.5", 401),
    ],
    ids=str,
)
async def test_without_a_key_only_loopback_is_answered(
    live: Live, given: dict[str, Any], address: str, status: int
) -> None:
    """No socket: the address that the request came in on is what the transport says."""
    app = create_app(live.runtime, ApiSettings(**given))
    app.state.services = live.app.state.services
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=f"http://{address}:2024") as client:
        assert (await client.get("/info")).status_code == status


async def test_an_empty_key_is_no_key() -> None:
    assert ApiSettings(key="  ").key is None  # type: ignore[arg-type]  # as the environment gives it
    assert "a-secret" not in repr(ApiSettings(key="a-secret"))  # type: ignore[arg-type]
