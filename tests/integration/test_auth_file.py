"""A project's `langgraph_sdk.Auth` file: who gets in, whose things they see, and what their graphs are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from langgraph_sdk import get_client

from tests.flow.projects.places import GRAPH, forgotten, write
from tests.integration.auth_world import OWNED, asking, served
from tests.integration.live_server import KEY, Live
from tests.integration.project_server import serving_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNT = {"assistant_id": "count", "input": {"n": 1}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    async with served(tmp_path_factory.mktemp("owned"), key=KEY) as live:
        yield live


async def test_the_handler_says_who_gets_in_and_keys_do_not(server: Live) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.post("/threads", json={})).status_code == 401
        refused = await client.post("/threads", json={}, headers={"Authorization": "Bearer mallory"})
        assert (refused.status_code, refused.json()["detail"]) == (401, "who is that?")
        assert (await client.post("/threads", json={}, headers={"x-api-key": KEY})).status_code == 401
        assert (await client.get("/ok")).status_code == 200
    async with asking(server, "eve") as eve:
        assert (await eve.post("/threads", json={})).status_code == 403
        assert (await eve.get("/evals/runs")).status_code == 403
        assert (await eve.get("/memory/items")).status_code == 403
    async with asking(server, "ann") as ann:
        assert (await ann.get("/evals/runs")).status_code == 403, "nobody is let into evals but by name"
        assert (await ann.get("/memory/items")).status_code == 200


async def test_what_ann_makes_only_ann_finds(server: Live) -> None:
    async with asking(server, "ann") as ann, asking(server, "bob") as bob:
        thread = (await ann.post("/threads", json={"metadata": {"topic": "x"}})).json()
        assert thread["metadata"] == {"topic": "x", "owner": "ann"}
        thread_id = thread["thread_id"]
        assert (await ann.post(f"/threads/{thread_id}/runs/wait", json=COUNT)).json()["n"] == 3
        for client, there in ((ann, True), (bob, False)):
            assert (await client.get(f"/threads/{thread_id}")).status_code == (200 if there else 404)
            found = await client.post("/threads/search", json={"limit": 100})
            assert (thread_id in found.text) is there
            count = (await client.post("/threads/count", json={"metadata": {"topic": "x"}})).json()
            assert count == int(there)
        stolen = await bob.post("/threads/search", json={"metadata": {"owner": "ann"}})
        assert stolen.json() == []
        assert (await bob.post("/threads", json={"thread_id": thread_id, "if_exists": "do_nothing"})).status_code == 409
        run = {**COUNT, "if_not_exists": "create"}
        assert (await bob.post(f"/threads/{thread_id}/runs", json=run)).status_code == 404
        given = await bob.post("/threads", json={"metadata": {"owner": "ann"}})
        assert given.json()["metadata"]["owner"] == "bob"


async def test_a_run_without_a_thread_and_one_on_a_minted_thread_are_the_owners(server: Live) -> None:
    minted = "11111111-2222-4333-8444-555555555555"
    async with asking(server, "ann") as ann, asking(server, "bob") as bob:
        run = (await ann.post("/runs", json=COUNT)).json()
        assert run["metadata"]["owner"] == "ann"
        assert (await ann.post(f"/threads/{minted}/runs/wait", json={**COUNT, "if_not_exists": "create"})).is_success
        for thread_id, run_id in ((run["thread_id"], run["run_id"]), (minted, None)):
            paths = [f"/threads/{thread_id}/state", f"/threads/{thread_id}/runs", f"/threads/{thread_id}/history"]
            if run_id:
                paths += [f"/threads/{thread_id}/runs/{run_id}/join", f"/runs/{run_id}/stream"]
            for path in paths:
                assert (await ann.get(path)).status_code == 200, path
                assert (await bob.get(path)).status_code == 404, path


async def test_one_key_of_two_users_is_two_runs(server: Live) -> None:
    async with asking(server, "ann") as ann, asking(server, "bob") as bob:
        key = {"Idempotency-Key": "the same"}
        mine = await ann.post("/runs", json=COUNT, headers=key)
        again = await ann.post("/runs", json=COUNT, headers=key)
        assert mine.json()["run_id"] == again.json()["run_id"]
        theirs = await bob.post("/runs", json=COUNT, headers=key)
        assert theirs.status_code == 409
        assert mine.json()["run_id"] not in theirs.text


async def test_assistants_and_crons_are_the_owners_and_the_graphs_own_is_everybodys(server: Live) -> None:
    async with asking(server, "ann") as ann, asking(server, "bob") as bob:
        made = (await ann.post("/assistants", json={"graph_id": "count", "config": {"tags": ["canary"]}})).json()
        assert made["metadata"]["owner"] == "ann"
        path = f"/assistants/{made['assistant_id']}"
        assert (await ann.patch(path, json={"name": "mine"})).status_code == 200
        assert [(await bob.get(path)).status_code, (await bob.patch(path, json={})).status_code] == [404, 404]
        assert (await bob.delete(path)).status_code == 404
        assert "canary" not in (await bob.post("/assistants/search", json={"limit": 100})).text
        assert (await bob.post("/runs", json={**COUNT, "assistant_id": made["assistant_id"]})).status_code == 404
        assert (await bob.post("/runs/wait", json=COUNT)).status_code == 200
        cron = (await ann.post("/runs/crons", json={**COUNT, "schedule": "0 0 1 1 *"})).json()
        assert cron["metadata"]["owner"] == "ann"
        assert (await bob.get(f"/runs/crons/{cron['cron_id']}")).status_code == 404
        assert (await bob.patch(f"/runs/crons/{cron['cron_id']}", json={})).status_code == 404
        assert (await bob.delete(f"/runs/crons/{cron['cron_id']}")).status_code == 404
        assert [(await one.post("/runs/crons/count", json={})).json() for one in (ann, bob)] == [1, 0]
        assert (await ann.delete(f"/runs/crons/{cron['cron_id']}")).status_code == 204


async def test_a_stranger_cancels_nothing(server: Live) -> None:
    async with asking(server, "ann") as ann, asking(server, "bob") as bob:
        gate = {"assistant_id": "gate", "input": {"gate": "never"}}
        run = (await ann.post("/runs", json=gate)).json()
        assert (await bob.post("/runs/cancel", json={"run_ids": [run["run_id"]]})).status_code == 404
        assert (await bob.post("/runs/cancel", json={"status": "all"})).status_code == 204
        path = f"/threads/{run['thread_id']}/runs/{run['run_id']}"
        assert (await ann.get(path)).json()["status"] in ("pending", "running")
        assert (await ann.post("/runs/cancel", json={"status": "all"})).status_code == 204
        await ann.get(f"{path}/join")
        assert (await ann.get(path)).json()["status"] == "interrupted"


async def test_a_graph_knows_whom_it_acts_for_and_nobody_else_is_told(server: Live) -> None:
    async with asking(server, "ann") as ann:
        forged = {"configurable": {"langgraph_auth_user": {"identity": "root"}, "langgraph_auth_user_id": "root"}}
        asked = {"assistant_id": "whom", "input": {}, "config": forged}
        thread_id = (await ann.post("/threads", json={})).json()["thread_id"]
        told = await ann.post(f"/threads/{thread_id}/runs/wait", json=asked)
        assert told.json()["log"] == ["ann", "ann", "o", "ann-canary-secret"[:3], "ann:all"]
        modes = ["values", "updates", "messages", "messages-tuple", "custom", "debug", "tasks", "checkpoints", "events"]
        every = {"assistant_id": "count", "input": {"n": 1}, "stream_mode": modes, "stream_subgraphs": True}
        shown = [(await ann.post(f"/threads/{thread_id}/runs/stream", json=every)).text]
        run_id = (await ann.get(f"/threads/{thread_id}/runs")).json()[0]["run_id"]
        for path in ("", "/state", "/history", "/runs", f"/runs/{run_id}", f"/runs/{run_id}/stream"):
            shown.append((await ann.get(f"/threads/{thread_id}{path}")).text)
    for text in shown:
        assert "canary-secret" not in text
        assert "langgraph_auth" not in text


async def test_the_sdk_goes_the_whole_way_as_ann(server: Live) -> None:
    async with get_client(url=server.url, headers={"Authorization": "Bearer ann"}) as sdk:
        thread = await sdk.threads.create()
        chunks = [part async for part in sdk.runs.stream(thread["thread_id"], "count", input={"n": 1})]
        assert chunks[-1].data["n"] == 3
        await sdk.store.put_item(["notes"], "a", {"text": "hers"})
        assert (await sdk.store.get_item(["notes"], "a"))["value"] == {"text": "hers"}
    async with get_client(url=server.url, headers={"Authorization": "Bearer bob"}) as sdk:
        assert (await sdk.store.search_items(["notes"]))["items"] == []


async def test_studio_comes_in_with_an_operators_key_only(server: Live, tmp_path: Path) -> None:
    studio = {"x-auth-scheme": "langsmith"}
    async with httpx.AsyncClient(base_url=server.url, headers=studio) as client:
        assert (await client.post("/threads/search", json={})).status_code == 401
        assert (await client.post("/threads/search", json={}, headers={"x-api-key": KEY})).status_code == 200
    async with (
        served(tmp_path, key=KEY, auth_studio=False) as shut,
        httpx.AsyncClient(base_url=shut.url, headers={**studio, "x-api-key": KEY}) as client,
    ):
        assert (await client.post("/threads/search", json={})).status_code == 401


WHO = """
from langgraph_sdk.runtime import ServerRuntime

async def made(runtime: ServerRuntime):
    name = runtime.user.identity if runtime.user else "nobody"

    async def answer(state):
        return {"said": name}

    fresh = StateGraph(State)
    fresh.add_node("answer", answer)
    fresh.add_edge(START, "answer")
    return fresh
"""


async def test_a_projects_auth_path_rules_over_its_graphs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of langgraph.json, found beside it whatever the working directory; its graphs are made for the user."""
    monkeypatch.setenv("MEMORY_EMBEDDER", "hashing")
    monkeypatch.setenv("MEMORY_URL", f"sqlite:///{tmp_path / 'memory.db'}")
    config = {"graphs": {"made": "./agent.py:made"}, "auth": {"path": "./auth.py:auth"}}
    with forgotten():
        file = write(tmp_path, config, agent=GRAPH + WHO, auth=OWNED)
        async with serving_of(file) as url:
            async with get_client(url=url, headers={"Authorization": "Bearer ann"}) as ann:
                thread = await ann.threads.create()
                assert await ann.runs.wait(thread["thread_id"], "made", input={}) == {"said": "ann"}
            async with httpx.AsyncClient(base_url=url, headers={"Authorization": "Bearer bob"}) as bob:
                assert (await bob.get(f"/threads/{thread['thread_id']}/state")).status_code == 404
