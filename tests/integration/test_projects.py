"""A project behind a real server, asked by the official SDK."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_client

from stemma.graphs.errors import InvalidProject
from stemma.graphs.projects.check import check_project
from stemma.graphs.projects.template import TEMPLATES, write_template
from tests.flow.projects.places import GRAPH, forgotten, write
from tests.integration.project_server import serving_of

MADE = """
import contextlib
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph_sdk.runtime import ServerRuntime

EVENTS = []
own = builder.compile(checkpointer=InMemorySaver())

@contextlib.asynccontextmanager
async def made(config: RunnableConfig, runtime: ServerRuntime):
    execution = runtime.execution_runtime
    name = config["configurable"].get("mood")
    EVENTS.append((runtime.access_context, name, execution.context if execution else None))

    async def answer(state):
        EVENTS.append("ran")
        return {"said": f"{name} {execution.context['x']}" if execution else ""}

    fresh = StateGraph(State)
    fresh.add_node("answer", answer)
    fresh.add_edge(START, "answer")
    yield fresh
    EVENTS.append("closed")
"""
WEB = """
from contextlib import asynccontextmanager
from fastapi import FastAPI, Request, Response
from starlette.routing import Mount
from starlette.responses import PlainTextResponse

TOLD = []

@asynccontextmanager
async def lifespan(app):
    TOLD.append("in")
    app.state.kept = "kept"
    yield {"yielded": "yielded"}
    TOLD.append("out")

app = FastAPI(lifespan=lifespan, title="Mine")

@app.middleware("http")
async def stamp(request: Request, call_next):
    response = await call_next(request)
    response.headers["x-stamp"] = request.headers.get("x-api-key", "none")
    return response

@app.get("/hello")
async def hello(request: Request):
    return {"state": request.app.state.kept, "request": request.state.yielded}

@app.post("/form")
async def form(request: Request):
    return Response((await request.body()).upper())

@app.get("/info")
async def info():
    return {"mine": True}

app.mount("/", PlainTextResponse("the rest"))
"""


def served(folder: Path, config: dict[str, Any], **settings: Any) -> AbstractAsyncContextManager[str]:
    """The address of a server over a project of two modules, until the block ends."""
    return serving_of(write(folder, config, agent=GRAPH + MADE, web=WEB), **settings)


PICKY = """
from langgraph.types import interrupt

async def made(config):
    name = config["configurable"]["step"]

    async def ask(state):
        return {"said": interrupt("well?")}

    fresh = StateGraph(State)
    fresh.add_node(name, ask)
    fresh.add_edge(START, name)
    return fresh
"""


async def test_a_graph_that_only_a_runs_config_can_make_keeps_its_states(folder: Path) -> None:
    file = write(folder, {"graphs": {"picky": "./picky.py:made"}}, picky=GRAPH + PICKY)
    assert "not made without a run" in (await check_project(file))[-1].finding
    async with serving_of(file) as url, get_client(url=url) as client:
        thread = (await client.threads.create())["thread_id"]
        config: Any = {"configurable": {"step": "wonder"}}
        await client.runs.wait(thread, "picky", input={}, config=config, interrupt_before=["wonder"])
        state = await client.threads.get_state(thread)
        assert (state["next"], (await client.threads.get(thread))["status"]) == (["wonder"], "interrupted")
        await client.runs.wait(thread, "picky", input=None, config=config)
        values = await client.runs.wait(thread, "picky", command={"resume": "yes"}, config=config)
        assert values == {"said": "yes"}
        failed: Any = await client.runs.wait(None, "picky", input={}, raise_error=False)
        assert failed["__error__"]["error"] == "KeyError"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Where the stores are those of the folder, and nothing that is imported stays."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEMORY_EMBEDDER", "hashing")
    with forgotten():
        yield tmp_path


GRAPHS = {"own": "./agent.py:own", "made": {"path": "./agent.py:made", "description": "made each time"}}


async def test_graphs_are_served_with_our_saver_and_made_for_every_run(folder: Path) -> None:
    async with served(folder, {"graphs": GRAPHS}) as url, get_client(url=url) as client:
        found = await client.assistants.search()
        assert {one["graph_id"]: one.get("description") for one in found} == {"own": None, "made": "made each time"}
        thread = await client.threads.create()
        for _ in range(2):
            values = await client.runs.wait(thread["thread_id"], "own", input={})
        assert values == {"said": "!!"}
        state = await client.threads.get_state(thread["thread_id"])
        assert state["values"] == values
        assert len(await client.threads.get_history(thread["thread_id"])) > 3
        events = import_module("agent").EVENTS
        assert events == [("assistants.read", None, None), "closed"]
        values = await client.runs.wait(
            None, "made", input={}, config={"configurable": {"mood": "glad"}}, context={"x": 1}
        )
        assert values == {"said": "glad 1"}
        assert events[2:] == [("threads.create_run", "glad", {"x": 1}), "ran", "closed"]
        drawn = await client.assistants.get_graph("made")
        assert "answer" in {node["id"] for node in drawn["nodes"]}


async def test_the_projects_application_stands_beside_ours(folder: Path) -> None:
    async with served(folder, {"graphs": GRAPHS, "http": {"app": "./web.py:app"}}) as url:
        async with httpx.AsyncClient(base_url=url) as client:
            hello = await client.get("/hello")
            assert (hello.json(), hello.headers["x-stamp"]) == ({"state": "kept", "request": "yielded"}, "none")
            posted = await client.post("/form", content=b"a=b", headers={"content-type": "text/plain"})
            assert posted.text == "A=B"
            assert (await client.get("/info")).json() == {"mine": True}
            assert (await client.get("/nothing/of/ours")).text == "the rest"
            ours = await client.post("/threads", json={}, headers={"x-api-key": "unknown"})
            assert (ours.status_code, ours.headers["x-stamp"]) == (200, "unknown")
            assert (await client.get("/assistants")).status_code == 405
            document = (await client.get("/openapi.json")).json()
            assert {"/hello", "/form", "/threads"} <= set(document["paths"])
            assert document["info"]["title"] == "Stemma"
        told = import_module("web").TOLD
        assert told == ["in"]
    assert told == ["in", "out"]


@pytest.mark.parametrize("order", ["middleware_first", "auth_first"])
@pytest.mark.parametrize("guarded", [False, True])
async def test_custom_routes_need_a_key_only_if_the_project_says_so(folder: Path, order: str, guarded: bool) -> None:
    http = {"app": "./web.py:app", "middleware_order": order, "enable_custom_route_auth": guarded}
    async with (
        served(folder, {"graphs": GRAPHS, "http": http}, key="secret") as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        assert (await client.get("/hello")).status_code == (401 if guarded else 200)
        known = await client.get("/hello", headers={"x-api-key": "secret"})
        assert (known.status_code, known.headers["x-stamp"]) == (200, "secret")
        refused = await client.post("/threads", json={})
        assert refused.status_code == 401
        assert ("x-stamp" in refused.headers) is (order == "middleware_first")


async def test_prefix_parts_switched_off_and_headers_for_runs(folder: Path) -> None:
    http = {
        "mount_prefix": "/agents/v1",
        "disable_store": True,
        "disable_meta": True,
        "configurable_headers": {"includes": ["mood", "x-*"], "excludes": ["x-secret"]},
        "cors": {"allow_origins": ["https://pages.example"], "allow_headers": ["x-more"]},
    }
    async with served(folder, {"graphs": GRAPHS, "http": http}) as url:
        async with get_client(url=f"{url}/agents/v1", headers={"mood": "glad"}) as client:
            values = await client.runs.wait(None, "own", input={})
            assert values == {"said": "!glad"}
            thread = await client.threads.create()
            parts = [part.event async for part in client.runs.stream(thread["thread_id"], "own", input={})]
            assert parts[0] == "metadata"
        async with httpx.AsyncClient(base_url=url) as raw:
            assert (await raw.get("/ok")).status_code == 200
            for path in ("/info", "/agents/v1/info", "/agents/v1/openapi.json", "/threads", "/agents/v10/ok"):
                assert (await raw.get(path)).status_code == 404, path
            assert (await raw.post("/agents/v1/store/items/search", json={})).status_code == 404
            asked = {
                "origin": "https://pages.example",
                "access-control-request-method": "POST",
                "access-control-request-headers": "x-api-key, x-auth-scheme, x-more, content-type",
            }
            assert (await raw.options("/agents/v1/runs/wait", headers=asked)).status_code == 200
            page = await raw.get("/ok", headers={"origin": "https://pages.example"})
            assert page.headers["access-control-allow-origin"] == "https://pages.example"
            assert (await raw.get("/ok", headers={"origin": "https://other.example"})).status_code == 403


async def test_threads_end_when_the_project_says_so(folder: Path) -> None:
    config = {"graphs": GRAPHS, "checkpointer": {"ttl": {"default_ttl": 30, "strategy": "keep_latest"}}}
    async with served(folder, config) as url, get_client(url=url) as client:
        made = await client.threads.create()
        run = await client.runs.create("0198c5d2-1111-7000-8000-000000000001", "own", input={}, if_not_exists="create")
        own = await client.threads.create(ttl={"ttl": 5, "strategy": "delete"})
        found = {}
        for thread_id in (made["thread_id"], run["thread_id"], own["thread_id"]):
            thread: Any = await client.threads.get(thread_id, include=["ttl"])
            found[thread_id] = (thread["ttl"]["ttl_minutes"], thread["ttl"]["strategy"])
        assert list(found.values()) == [(30, "keep_latest"), (30, "keep_latest"), (5, "delete")]


async def test_the_store_is_ours_and_the_secrets_stay_in_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LG_WEBHOOK_CANARY", "")
    monkeypatch.delenv("LG_WEBHOOK_CANARY")
    config = {
        "graphs": {"own": "./agent.py:own"},
        "env": {"LG_WEBHOOK_CANARY": "canary-7361"},
        "webhooks": {"headers": {"authorization": "Bearer ${{ env.LG_WEBHOOK_CANARY }}"}},
        "store": {"ttl": {"default_ttl": 60}, "index": {"fields": ["text"], "embed": "openai:x", "dims": 3}},
    }
    caplog.set_level("DEBUG")
    async with served(folder, config) as url, get_client(url=url) as client:
        await client.store.put_item(["a"], "k", {"text": "a red harbour"})
        assert (await client.store.get_item(["a"], "k"))["value"] == {"text": "a red harbour"}
        await client.runs.wait(None, "own", input={})
    assert "canary-7361" not in caplog.text
    assert "store.index.embed" in caplog.text


@pytest.mark.parametrize("template", TEMPLATES)
async def test_every_template_is_checked_and_runs(folder: Path, template: str) -> None:
    file = folder / "langgraph.json"
    write_template(template, folder)
    lines = await check_project(file)
    assert [line.finding for line in lines if not line.ok] == []
    message = {"role": "user", "content": "order 3 pallets"}
    inputs: dict[str, tuple[str, dict[str, Any]]] = {
        "own": ("greet", {"name": "Ada"}),
        "agent": ("agent", {"messages": [message]}),
        "answer": ("answer", {"question": "How deep is it?"}),
    }
    graph_id, given = inputs[template]
    async with serving_of(file) as url, get_client(url=url) as client:
        thread = (await client.threads.create())["thread_id"]
        values: Any = await client.runs.wait(thread, graph_id, input=given)
        if template == "agent":
            waiting: Any = await client.threads.get(thread)
            (raised,) = next(iter(waiting["interrupts"].values()))
            assert raised["value"]["action_requests"][0]["args"] == {"item": "pallets", "quantity": 3}
            values = await client.runs.wait(thread, graph_id, command={"resume": {"decisions": [{"type": "approve"}]}})
            assert values["messages"][-1]["content"] == "Done: ordered 3 pallets."
        elif template == "own":
            assert values["greeting"] == "Hello, Ada!"
        else:
            assert values["abstained"] is True
    with pytest.raises(InvalidProject, match="is there already"):
        write_template(template, folder)
