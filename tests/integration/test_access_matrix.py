"""Every route of the table x everybody who may ask: roles by keys, tenants by keys, users by an auth file.

The table is the application's own. What a stranger asks for is 404, never 403, and nothing that they are told holds
what the owner planted; afterwards the owner finds everything as it was.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from stemma.api.auth.key import OPEN_PATHS
from stemma.api.protocol_answers import COMMANDS as HANDLERS
from stemma.graphs.keys.model import PERMISSIONS, Role
from tests.integration.auth_world import OWNED, served
from tests.integration.live_server import Live, live_server
from tests.integration.route_table import NOTHING_THERE, RUN, Route, filled, routes

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

ROUTES = routes()
HTTP = [route for route in ROUTES if route.method != "WS"]
KINDS = ("thread_id", "other_thread_id", "run_id", "checkpoint_id", "assistant_id", "cron_id", "item_id")
NOTHING = dict.fromkeys((*KINDS, "retraction_id"), "00000000-0000-4000-8000-000000000000")
CANARY = "canary-of-the-owner"
Headers = dict[str, str]


@dataclass(frozen=True)
class World:
    """A server, what each of two sends who must not see each other, and what the first of them owns."""

    server: Live
    owner: Headers
    stranger: Headers
    ids: dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["keys of two tenants", "users of an auth file"])
async def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("matrix")
    if "auth file" in request.param:
        async with served(folder, OWNED) as server:
            owner, stranger = ({"Authorization": f"Bearer {name}"} for name in ("ann", "bob"))
            yield World(server, owner, stranger, await planted(server, owner))
        return
    async with live_server(folder) as server:
        keys = server.runtime.keys
        secrets = [(await keys.create("x", tenant=tenant, role=Role.ADMIN))[1] for tenant in ("a", "b")]
        owner, stranger = ({"x-api-key": secret} for secret in secrets)
        yield World(server, owner, stranger, await planted(server, owner))


async def planted(server: Live, headers: Headers) -> dict[str, str]:
    """One of each kind of thing, with a word in it that nobody else may read."""
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as client:

        async def post(path: str, body: Any, method: str = "POST") -> Any:
            answer = await client.request(method, path, json=body)
            assert answer.is_success, (path, answer.text)
            return answer.json() if answer.content else None

        secret = {"metadata": {"secret": CANARY}}
        ids = {name: (await post("/threads", secret))["thread_id"] for name in ("thread_id", "other_thread_id")}
        tell = {"assistant_id": "count", "input": {"n": 1, "log": [CANARY]}, **secret}
        run = await post(f"/threads/{ids['thread_id']}/runs", tell)
        await client.get(f"/threads/{ids['thread_id']}/runs/{run['run_id']}/join")
        state = (await client.get(f"/threads/{ids['thread_id']}/state")).json()
        assistant = await post("/assistants", {"graph_id": "count", "name": CANARY})
        cron = await post("/runs/crons", {**tell, "schedule": "0 0 1 1 *"})
        await post("/store/items", {"namespace": ["a"], "key": "k", "value": {"b": CANARY}}, "PUT")
        text = f"The berth fee of {CANARY} is nine euros a day."
        (kept,) = (await post("/memory/sources", {"text": text, "title": CANARY}))["results"]
        (other,) = (await post("/memory/sources", {"text": f"The fee is {CANARY}."}))["results"]
        taken = await post("/memory/retractions", {"item_id": other["source_ids"][0], "reason": CANARY})
    return {
        **ids,
        "run_id": run["run_id"],
        "checkpoint_id": state["checkpoint"]["checkpoint_id"],
        "assistant_id": assistant["assistant_id"],
        "cron_id": cron["cron_id"],
        "item_id": kept["source_ids"][0],
        "retraction_id": taken["retraction"]["id"] if "retraction" in taken else taken["id"],
    }


async def status_of(client: httpx.AsyncClient, route: Route, ids: dict[str, str]) -> tuple[int, str]:
    """The status and, of an answer that ends by itself, the text: streams are left at once."""
    async with client.stream(route.method, route.filled(ids), **route.request(ids)) as answer:
        endless = answer.is_success and answer.headers.get("content-type", "").startswith("text/event-stream")
        return answer.status_code, "" if endless else (await answer.aread()).decode()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
async def test_every_route_names_its_permission(route: Route) -> None:
    assert bool(route.permissions) is not (route.path in OPEN_PATHS)


async def test_a_role_opens_the_routes_of_its_permissions_and_no_other(live: Live) -> None:
    secrets = {role: (await live.runtime.keys.create(role, tenant="roles", role=role))[1] for role in Role}
    for role, secret in secrets.items():
        async with httpx.AsyncClient(base_url=live.url, headers={"x-api-key": secret}, timeout=30) as client:
            for route in HTTP:
                status, text = await status_of(client, route, NOTHING)
                refused = status == 403 or ('"permission_denied"' in text)
                assert refused is not (route.permissions <= PERMISSIONS[role]) or _by_command(route), (role, route.name)
    async with httpx.AsyncClient(base_url=live.url, timeout=30) as client:
        for route in HTTP:
            status, _ = await status_of(client, route, NOTHING)
            assert status == (200 if route.path in OPEN_PATHS else 401), route.name
    for key in await live.runtime.keys.list():
        await live.runtime.keys.revoke(key.key_id)


def _by_command(route: Route) -> bool:
    """Each command asks for its own permission, besides that of the route."""
    return route.path.endswith("/commands")


async def test_a_stranger_finds_nothing_and_changes_nothing(world: World) -> None:
    async with httpx.AsyncClient(base_url=world.server.url, headers=world.stranger, timeout=30) as client:
        for route in HTTP:
            status, text = await status_of(client, route, world.ids)
            assert CANARY not in text, route.name
            assert status < 500, (route.name, text)
            names_something = any(f"{{{name}}}" in route.path for name in world.ids)
            if names_something and not (status == 200 and '"type":"error"' in text and _by_command(route)):
                assert status == 404, (route.name, status, text)
    async with httpx.AsyncClient(base_url=world.server.url, headers=world.owner, timeout=30) as client:
        thread = (await client.get(f"/threads/{world.ids['thread_id']}")).json()
        assert (thread["metadata"]["secret"], thread["values"]["n"]) == (CANARY, 3)
        assert "a" not in thread["metadata"]
        assert len((await client.get(f"/threads/{world.ids['thread_id']}/runs")).json()) == 1
        assert (await client.get(f"/threads/{world.ids['other_thread_id']}")).status_code == 200
        assert (await client.get("/store/items", params={"namespace": "a", "key": "k"})).json()["value"] == {
            "b": CANARY
        }


async def test_a_stranger_hears_nothing_over_a_socket(world: World) -> None:
    address = f"ws{world.server.url.removeprefix('http')}"
    for route in (route for route in ROUTES if route.method == "WS"):
        path = f"{address}{route.filled(world.ids)}"
        with pytest.raises(InvalidStatus) as bare:
            await connect(path)
        assert bare.value.response.status_code == 401
        heard = []
        try:
            async with connect(path, additional_headers=world.stranger) as socket:
                await socket.send('{"id":1,"method":"subscription.subscribe","params":{"channels":["values"]}}')
                heard.append(str(await socket.recv()))
                await socket.send('{"id":2,"method":"state.get","params":{}}')
                heard.append(str(await socket.recv()))
        except (InvalidStatus, ConnectionClosed):
            pass
        assert CANARY not in "".join(heard)
        assert all('"type":"error"' in text.replace(" ", "") for text in heard)


COMMANDS: dict[str, Any] = {
    "run.start": RUN,
    "input.respond": {"interrupt_id": "x", "response": 1},
    "input.inject": {"message": {"role": "user", "content": "hello"}},
    "agent.getTree": {"run_id": "{run_id}"},
    "state.get": {},
    "state.listCheckpoints": {},
    "state.fork": {"checkpoint_id": "{checkpoint_id}"},
}


async def test_no_command_tells_a_stranger_anything(world: World) -> None:
    assert set(COMMANDS) == set(HANDLERS), "a new command needs a row here"
    async with httpx.AsyncClient(base_url=world.server.url, headers=world.stranger, timeout=30) as client:
        for number, (method, params) in enumerate(COMMANDS.items()):
            body = {"id": number, "method": method, "params": filled(params, world.ids)}
            answer = await client.post(f"/threads/{world.ids['thread_id']}/commands", json=body)
            assert CANARY not in answer.text
            told = answer.json()
            assert answer.status_code == 404 or told["type"] == "error", (method, told)
            assert told.get("error") not in ("invalid_argument", "unknown_command"), (method, told)


async def test_the_owner_is_answered_everywhere(world: World) -> None:
    """Or else a stranger's 404 would say nothing. Last, because it deletes; of several, the deepest first."""
    deleting = [route for route in HTTP if route.method == "DELETE"]
    asked = [route for route in HTTP if route not in deleting] + sorted(deleting, key=lambda route: -len(route.path))
    closed = {"evals:read"} if "Authorization" in world.owner else set()
    async with httpx.AsyncClient(base_url=world.server.url, headers=world.owner, timeout=30) as client:
        for route in asked:
            if route.name in NOTHING_THERE or closed & route.permissions:
                continue
            status, text = await status_of(client, route, world.ids)
            assert status < 300 or status == 409, (route.name, status, text)
