"""Keys that `stemma keys` made: what each role opens, whose things it sees, and that revoking is at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from stemma.graphs.errors import StoreBusy
from stemma.graphs.keys.keys import Keys
from stemma.graphs.keys.model import Role
from tests.integration.live_server import Live, live_server

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def keyed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Live, Path]]:
    """A server without API_KEY, and the folder of its stores."""
    folder = tmp_path_factory.mktemp("keyed")
    async with live_server(folder) as server:
        yield server, folder


def stemma_keys(folder: Path, *arguments: str) -> dict[str, str]:
    """What the command prints, run in a process of its own, as an operator would beside a running server."""
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("stemma")), "keys", *arguments, "--json"],
        env={**os.environ, "GRAPHS_DATABASE_URL": f"sqlite:///{folder / 'runs.db'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    printed: dict[str, str] = json.loads(ran.stdout)
    return printed


async def test_the_first_key_shuts_the_door_at_once(keyed: tuple[Live, Path]) -> None:
    server, folder = keyed
    async with httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.post("/threads", json={})).status_code == 200
        assert (await client.get("/info", headers={"x-api-key": "of something else"})).status_code == 200
        made = stemma_keys(folder, "create", "first", "--role", "admin")
        secret = {"x-api-key": made["secret"]}
        assert (await client.get("/info")).status_code == 401
        assert (await client.get("/info", headers=secret)).status_code == 200
        assert (await client.get("/info", headers={"Authorization": f"Bearer {made['secret']}"})).status_code == 200
        assert (await client.get("/ok")).status_code == 200
        assert made["secret"] not in str(stemma_keys(folder, "ls"))
        stemma_keys(folder, "revoke", made["key_id"])
        assert (await client.get("/info", headers=secret)).status_code == 401
        assert (await client.get("/info")).status_code == 401


async def test_a_role_opens_what_it_says(keyed: tuple[Live, Path]) -> None:
    server, _ = keyed
    made = {role: await server.runtime.keys.create(role, tenant="blue", role=role) for role in Role}
    asked = {
        "read": ("POST", "/threads/search", {}),
        "run": ("POST", "/runs", {"assistant_id": "count", "input": {}}),
        "edit": ("POST", "/assistants", {"graph_id": "count"}),
    }
    opened = {}
    async with httpx.AsyncClient(base_url=server.url) as client:
        for role, (_, secret) in made.items():
            for what, (method, path, body) in asked.items():
                answer = await client.request(method, path, json=body, headers={"x-api-key": secret})
                assert answer.status_code in (200, 403)
                opened[role, what] = answer.status_code == 200
    assert {role for role in Role if opened[role, "read"]} == set(Role)
    assert {role for role in Role if opened[role, "run"]} == {Role.RUNNER, Role.ADMIN}
    assert {role for role in Role if opened[role, "edit"]} == {Role.ADMIN}


async def test_another_tenants_key_finds_nothing(keyed: tuple[Live, Path]) -> None:
    server, _ = keyed
    secrets = [(await server.runtime.keys.create("x", tenant=tenant, role=Role.ADMIN))[1] for tenant in ("a", "b")]
    async with httpx.AsyncClient(base_url=server.url) as client:
        mine, theirs = ({"x-api-key": secret} for secret in secrets)
        thread = (await client.post("/threads", json={}, headers=mine)).json()["thread_id"]
        assistant = (await client.post("/assistants", json={"graph_id": "count"}, headers=mine)).json()["assistant_id"]
        for path in (f"/threads/{thread}", f"/threads/{thread}/state", f"/assistants/{assistant}"):
            assert (await client.get(path, headers=mine)).status_code == 200
            assert (await client.get(path, headers=theirs)).status_code == 404
        found = await client.post("/assistants/search", json={"limit": 100}, headers=theirs)
        assert assistant not in found.text


async def test_keys_that_cannot_be_read_are_no_fault_and_no_open_door(
    keyed: tuple[Live, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, _ = keyed

    async def busy(_: Keys) -> bool:
        raise StoreBusy

    monkeypatch.setattr(Keys, "required", busy)
    async with httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.post("/threads", json={})
    assert (answer.status_code, answer.json()["type"], answer.headers["retry-after"]) == (503, "StoreBusy", "1")
