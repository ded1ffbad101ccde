"""Tokens of an issuer over HTTP, beside keys: who gets in, whose things they see, and that none of it is logged."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from stemma.api import create_app
from stemma.api.failures import UnusableAuth
from stemma.api.listening import bind
from stemma.api.settings import ApiSettings
from stemma.graphs.keys.model import Role
from tests.integration.auth_world import OWNED, write_auth
from tests.integration.live_server import KEY, Live, live_server
from tests.integration.token_issuer import AUDIENCE, ISSUER, Issuer

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Trusting:
    """A server and the issuer it trusts."""

    server: Live
    issuer: Issuer

    def bearer(self, **claims: Any) -> dict[str, str]:
        said: dict[str, Any] = {"org": "acme", **claims}
        return {"Authorization": f"Bearer {self.issuer.token('k', **said)}"}


def trust(patch: pytest.MonkeyPatch, folder: Path, issuer: Issuer) -> None:
    """The settings as an operator gives them."""
    file = folder / "keys.json"
    file.write_bytes(issuer.public())
    said = {"JWKS": str(file), "ISSUER": ISSUER, "AUDIENCE": AUDIENCE, "TENANT_CLAIM": "org", "ROLE_CLAIM": "roles"}
    for name, value in said.items():
        patch.setenv(f"API_JWT_{name}", value)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trusting(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trusting]:
    folder, issuer = tmp_path_factory.mktemp("tokens"), Issuer()
    issuer.add("k")
    with pytest.MonkeyPatch.context() as patch:
        trust(patch, folder, issuer)
        async with live_server(folder, key=KEY) as server:
            yield Trusting(server, issuer)


async def test_tokens_and_keys_open_the_same_door_each_for_its_own(trusting: Trusting) -> None:
    async with httpx.AsyncClient(base_url=trusting.server.url) as client:
        ann, bob = trusting.bearer(roles="runner"), trusting.bearer(roles="runner", org="other")
        made = await client.post("/threads", json={}, headers=ann)
        path = f"/threads/{made.json()['thread_id']}"
        assert (await client.get(path, headers=ann)).status_code == 200
        assert (await client.get(path, headers=bob)).status_code == 404
        assert (await client.get(path, headers={"x-api-key": KEY})).status_code == 404  # its tenant is another
        assert (await client.post("/assistants", json={"graph_id": "count"}, headers=ann)).status_code == 403
        reader = trusting.bearer(roles="reader")
        assert [(await client.get(path, headers=reader)).status_code] == [200]
        assert (await client.delete(path, headers=reader)).status_code == 403
        _, secret = await trusting.server.runtime.keys.create("x", tenant="acme", role=Role.READER)
        assert (await client.get(path, headers={"x-api-key": secret})).status_code == 200
        # SDKs put a key of something else beside a token, from the environment.
        assert (await client.get(path, headers={**ann, "x-api-key": "of something else"})).status_code == 200
        for refused in ({}, trusting.bearer(exp=1), trusting.bearer(org=None), {"Authorization": "Bearer x.y.z"}):
            answer = await client.get(path, headers=refused)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_a_graph_is_told_who_sent_the_token(trusting: Trusting) -> None:
    async with httpx.AsyncClient(base_url=trusting.server.url) as client:
        run = {"assistant_id": "who", "input": {}}
        told = await client.post("/runs/wait", json=run, headers=trusting.bearer(roles="runner", sub="ann@acme"))
        assert told.json()["log"] == ["ann@acme"]


async def test_no_credential_is_ever_logged(trusting: Trusting, caplog: pytest.LogCaptureFixture) -> None:
    """Everything that this process logs, whoever logs it, while good and bad credentials come in every way."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpcore", "httpx"):  # the client's own words, in this same process
        caplog.set_level(logging.WARNING, logger=name)
    token = trusting.bearer(roles="admin")["Authorization"].removeprefix("Bearer ")
    _, secret = await trusting.server.runtime.keys.create("x", tenant="acme", role=Role.ADMIN)
    canaries = [token, secret, KEY, "canary-of-a-password", "eyJcanary.eyJcanary.canary"]
    async with httpx.AsyncClient(base_url=trusting.server.url, timeout=30) as client:
        for canary in canaries:
            for headers in ({"x-api-key": canary}, {"Authorization": f"Bearer {canary}"}, {"Authorization": canary}):
                await client.get("/info", headers=headers)
                await client.post("/runs/wait", json={"assistant_id": "fail", "input": {}}, headers=headers)
                await client.get("/threads/x/state", params={"token": "in-an-address"}, headers=headers)
                await client.post("/threads", content=b"{", headers=headers)
    said = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert not [canary for canary in canaries if canary in said]
    assert "in-an-address" not in said


async def test_what_cannot_go_together_ends_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issuer = Issuer()
    issuer.add("k")
    trust(monkeypatch, tmp_path, issuer)
    with pytest.raises(UnusableAuth, match="both say who asks"):
        create_app(settings=ApiSettings(auth_path=write_auth(tmp_path, OWNED, "auth_with_tokens")))
    everywhere = "0.0" + ".0.0"
    with bind(ApiSettings(host=everywhere, port=0)) as listener:
        assert listener.getsockname()[1] > 0
