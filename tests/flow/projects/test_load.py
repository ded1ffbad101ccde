"""Every shape of a project's graph is imported, and what cannot be says where and why in one line."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from stemma.graphs.catalog import Access
from stemma.graphs.projects.check import Line, check_project
from stemma.graphs.projects.load import LoadedProject, load_project
from stemma.graphs.projects.read import read_project
from tests.flow.projects.places import GRAPH, forgotten, write

MAKERS = """
import contextlib
from langchain_core.runnables import RunnableConfig
from langgraph.func import entrypoint
from langgraph_sdk.runtime import ServerRuntime

compiled = builder.compile()

def nothing():
    return builder

async def awaited():
    return compiled

def configured(config: RunnableConfig):
    return builder

def bare(config):
    return builder

async def runtime(runtime: ServerRuntime[None]):
    assert runtime.execution_runtime is None
    return builder

def both(rt: "ServerRuntime", cfg: "RunnableConfig"):
    return builder

@contextlib.contextmanager
def opened():
    yield compiled

@contextlib.asynccontextmanager
async def opened_async(config: RunnableConfig):
    yield builder

async def yielded():
    yield builder

@entrypoint()
async def function(x: dict) -> dict:
    return x
"""
SHAPES = [
    "builder", "compiled", "nothing", "awaited", "configured", "bare", "runtime", "both", "opened", "opened_async",
    "yielded", "function",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _forgetful() -> Iterator[None]:
    with forgotten():
        yield


async def loaded(file: Path) -> LoadedProject:
    return await load_project(read_project(file))


async def checked(folder: Path, config: dict[str, Any], **files: str) -> dict[str, Line]:
    return {line.name: line for line in await check_project(write(folder, config, **files))}


async def test_every_shape_is_a_graph(tmp_path: Path) -> None:
    graphs = {name: f"./shapes.py:{name}" for name in SHAPES}
    project = await loaded(write(tmp_path, {"graphs": graphs}, shapes=GRAPH + MAKERS))
    assert not project.failures
    assert [graph.spec.graph_id for graph in project.graphs] == SHAPES
    wants = {graph.spec.graph_id: dict(graph.factory.wants) for graph in project.graphs if graph.factory}
    assert wants["both"] == {"rt": "runtime", "cfg": "config"}
    assert wants["bare"] == {"config": "config"}
    assert wants["nothing"] == {}
    assert set(SHAPES) - set(wants) == {"builder", "compiled", "function"}


async def test_a_factory_is_opened_for_a_use_and_closed_after_it(tmp_path: Path) -> None:
    text = GRAPH + (
        "import contextlib\nseen = []\n"
        "@contextlib.asynccontextmanager\n"
        "async def make(runtime):\n"
        "    seen.append(runtime.access_context)\n"
        "    yield builder\n"
        "    seen.append('closed')\n"
    )
    config = {"graphs": {"made": "./maker.py:make", "seen": "./maker.py:builder"}}
    project = await loaded(write(tmp_path, config, maker=text))
    factory = project.graphs[0].factory
    assert factory is not None
    seen = import_module("maker").seen
    assert seen == ["assistants.read", "closed"]
    async with factory.open(Access("threads.create_run", {"configurable": {}}, {"a": 1})) as graph:
        assert seen[2:] == ["threads.create_run"]
        assert "step" in graph.nodes
    assert seen[3:] == ["closed"]


async def test_a_runtime_has_the_context_that_its_annotation_names(tmp_path: Path) -> None:
    text = GRAPH + (
        "from dataclasses import dataclass\n"
        "from langgraph_sdk.runtime import ServerRuntime\n"
        "seen = []\n"
        "@dataclass\n"
        "class Context:\n"
        "    place: str = 'here'\n"
        "async def make(runtime: ServerRuntime[Context]):\n"
        "    execution = runtime.execution_runtime\n"
        "    seen.append(execution.context.place if execution else None)\n"
        "    return builder\n"
    )
    project = await loaded(write(tmp_path, {"graphs": {"made": "./contextual.py:make"}}, contextual=text))
    factory = project.graphs[0].factory
    assert factory is not None
    for context in ({"place": "there"}, None):
        async with factory.open(Access("threads.create_run", {"configurable": {}}, context)):
            pass
    assert import_module("contextual").seen == [None, "there", "here"]


async def test_the_projects_own_modules_are_imported_by_their_own_names(tmp_path: Path) -> None:
    files = {
        "src/agent/__init__": "",
        "src/agent/state": GRAPH,
        "src/agent/graph": "from .state import builder\nfrom agent import state\nassert state.builder is builder\n",
        "memory": "NAME = 'mine'\n",
        "api": "import memory\n",
        "graphs/__init__": "",
        "graphs/evals": GRAPH + "import memory, api\nassert api.memory is memory and memory.NAME == 'mine'\n",
    }
    graphs = {"a": "./src/agent/graph.py:builder", "b": "./graphs/evals.py:builder", "c": "agent.state:builder"}
    project = await loaded(write(tmp_path, {"graphs": graphs, "dependencies": ["."]}, **files))
    assert {name: str(failure) for name, failure in project.failures.items()} == {}
    a, _, c = project.graphs
    assert getattr(a.graph, "builder", None) is getattr(c.graph, "builder", 0)


async def test_one_that_fails_does_not_hide_the_next(tmp_path: Path) -> None:
    graphs = {
        "syntax": "./broken.py:graph",
        "missing": "./asks.py:graph",
        "raises": "./raises.py:graph",
        "leaves": "./leaves.py:graph",
        "typo": "./fine.py:bilder",
        "number": "./fine.py:NUMBER",
        "nofile": "./nowhere.py:graph",
        "nomodule": "not_here.graph:graph",
        "asks": "./fine.py:asks",
        "fine": "./fine.py:builder",
    }
    files = {
        "broken": "x = 1\ndef f(:\n",
        "asks": "\nimport not_installed_xyz\n",
        "raises": "def f():\n    raise KeyError('OPENAI_API_KEY')\n\nf()\n",
        "leaves": "import sys\nsys.exit(3)\n",
        "fine": GRAPH + "NUMBER = 3\ndef asks(config, database): ...\n",
    }
    lines = await checked(tmp_path, {"graphs": graphs}, **files)
    told = {name: f"{line.finding} | {line.hint}" for name, line in lines.items() if not line.ok}
    assert set(told) == set(graphs) - {"fine"}
    assert told["syntax"].startswith("broken.py line 2: SyntaxError")
    assert told["missing"].startswith("asks.py line 2: ModuleNotFoundError")
    assert "pip install not-installed-xyz" in told["missing"]
    assert told["raises"].startswith("raises.py line 2: KeyError: 'OPENAI_API_KEY'")
    assert told["leaves"].startswith("leaves.py line 2: SystemExit")
    assert "did you mean ./fine.py:builder?" in told["typo"]
    assert "is a int" in told["number"]
    assert "no such file" in told["nofile"]
    assert "not_here" in told["nomodule"]
    assert "nobody gives its function database" in told["asks"]
    assert all("\n" not in text for text in told.values())


async def test_dependencies_are_folders_or_installed_packages(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "requirements.txt").write_text("# a comment\nhttpx\nmissing-from-lib==1  # why\n", "utf-8")
    config = {
        "graphs": {"a": "./a.py:builder"},
        "dependencies": ["./lib", "langgraph", "pydantic<1", "no-such-package>=2", "langgraph-cli", "git+https://x/y"],
    }
    lines = await checked(tmp_path, config, **{"a": GRAPH + "import inside\n", "lib/inside": ""})
    assert lines["a"].ok
    assert not lines["dependencies"].ok
    assert lines["dependencies"].hint == "pip install 'missing-from-lib==1' 'pydantic<1' 'no-such-package>=2'"
    gone = await checked(tmp_path, {**config, "dependencies": ["./gone"]}, a=GRAPH)
    assert "there is no folder ./gone" in gone["langgraph.json"].finding


async def test_what_is_served_otherwise_is_said(tmp_path: Path) -> None:
    text = GRAPH + (
        "from langgraph.checkpoint.memory import InMemorySaver\n"
        "from langgraph.store.memory import InMemoryStore\n"
        "graph = builder.compile(checkpointer=InMemorySaver(), store=InMemoryStore())\n"
    )
    config = {"graphs": {"own": "./own.py:graph"}, "python_version": "3.12"}
    project = await loaded(write(tmp_path, config, own=text))
    notices = list(project.notices())
    assert [notice.partition(" (")[0] for notice in notices if notice.startswith("graph own")] == [
        "graph own: its own checkpointer",
        "graph own: its own store",
    ]
    assert any("ignored here: python_version" in notice for notice in notices)


async def test_variables_are_there_when_the_module_is_imported_and_set_ones_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROJECT_TEST_SET", "by the shell")
    monkeypatch.setenv("PROJECT_TEST_FRESH", "")  # so that it is unset again afterwards
    monkeypatch.delenv("PROJECT_TEST_FRESH")
    (tmp_path / ".env").write_text("PROJECT_TEST_SET=by the file\nPROJECT_TEST_FRESH='a b'\n", "utf-8")
    text = GRAPH + (
        "import os\nassert os.environ['PROJECT_TEST_SET'] == 'by the shell'\n"
        "assert os.environ['PROJECT_TEST_FRESH'] == 'a b'\n"
    )
    project = await loaded(write(tmp_path, {"graphs": {"a": "./a.py:builder"}, "env": ".env"}, a=text))
    assert not project.failures
    lines = await checked(tmp_path, {"graphs": {"a": "./a.py:builder"}, "env": "gone.env"}, a=text)
    assert "gone.env" in lines["langgraph.json"].finding
