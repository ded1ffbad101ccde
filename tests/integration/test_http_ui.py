"""POST /ui/{assistant_id}: what LoadExternalComponent gets, run in Node as a page would run it."""

from __future__ import annotations

import asyncio
import json
import re
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import httpx
import pytest

from stemma.graphs.projects.components import Components, components_of
from stemma.graphs.projects.parse import parse
from tests.clients.node import BIN
from tests.integration.live_server import Live

pytestmark = pytest.mark.asyncio(loop_scope="module")

BUILT = """
const React = require("react");
module.exports = {default: {"badge<1>": () => React.name + "</script>" + "</SCRIPT><!--"}};
"""
PAGE = """
const said = [];
const target = {};
const shown = {appendChild: (node) => { if (node !== target) throw new Error("another node"); }};
globalThis.window = {
  [Symbol.for("LGUI_REQUIRE")]: (name) => ({name}),
  [Symbol.for("LGUI_EXT_STORE")]: {respond: (id, component, at) => said.push([id, component(), at === target])},
};
globalThis.document = {createElement: () => target, getElementById: (id) => ({shadowRoot: shown})};
"""


async def fragment(live: Live, assistant: str, name: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=live.url) as client:
        return await client.post(f"/ui/{assistant}", json={"name": name}, headers={"Accept": "text/html"})


async def in_node(script: str) -> Any:
    """What a script prints, as JSON."""
    ran = await asyncio.create_subprocess_exec(BIN / "node", "-e", script, stdout=PIPE)
    out, _ = await asyncio.wait_for(ran.communicate(), timeout=60)
    assert ran.returncode == 0
    return json.loads(out)


@pytest.fixture
def project(live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose `ui` names a file for the graph `count`."""
    text = json.dumps({"dependencies": ["."], "graphs": {"a": "./a.py:a"}, "ui": {"count": "./ui.js"}})
    found = components_of(parse(text, tmp_path / "langgraph.json"))
    monkeypatch.setattr(live.app.state.services, "components", found)
    return tmp_path


async def test_a_built_component_is_rendered_into_its_place(live: Live, project: Path) -> None:
    (project / "ui.js").write_text(BUILT, encoding="utf-8")
    (project / "ui.css").write_text("p { color: teal }", encoding="utf-8")
    async with live.client() as sdk:
        (assistant,) = await sdk.assistants.search(graph_id="count")
    answer = await fragment(live, assistant["assistant_id"], "badge<1>")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    found = re.fullmatch(r"<style>(.*)</style><script>(.*)</script>", answer.text, re.DOTALL)
    assert found
    style, script = found.groups()
    assert style == "p { color: teal }"
    assert "</script" not in script.lower()
    page = PAGE + script.replace("{{shadowRootId}}", "child-1", 1) + "console.log(JSON.stringify(said));"
    assert await in_node(page) == [["child-1", "react</script></SCRIPT><!--", True]]


async def test_a_source_that_is_not_built_says_how_to_build_it(live: Live, project: Path) -> None:
    source = Components({"count": project / "ui.tsx"})
    live.app.state.services.components = source
    answer = await fragment(live, "count", "badge")
    assert answer.status_code == 404
    assert "esbuild ui.tsx --bundle --format=cjs" in answer.json()["hint"]


@pytest.mark.usefixtures("project")
async def test_what_is_not_there_is_404_with_a_hint(live: Live) -> None:
    missing = await fragment(live, "count", "badge")
    assert (missing.status_code, "ui.js cannot be read" in missing.text) == (404, True)
    other = await fragment(live, "tell", "badge")
    assert (other.status_code, other.json()["hint"]) == (404, 'langgraph.json: {"ui": {NAME: FILE}}')
    assert (await fragment(live, "nothing", "badge")).status_code == 404
