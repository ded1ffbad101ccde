"""langgraph.json as text: what is read, what is named, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stemma.graphs.errors import InvalidProject
from stemma.graphs.projects.keys import KEYS, KINDS, Use
from stemma.graphs.projects.model import ThreadTimes
from stemma.graphs.projects.parse import parse

FILE = Path("/somewhere/langgraph.json")
GRAPHS = {"agent": "./agent.py:graph"}
REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "langgraph-json.md"


def read(**keys: Any) -> Any:
    return parse(json.dumps({"graphs": GRAPHS, **keys}), FILE)


def test_a_whole_file_is_read() -> None:
    project = read(
        graphs={
            "a": "pkg.mod:graph",
            "b": {"path": "./x/y.py:make", "description": "makes", "healable": True},
            "c": "stemma:answer",
        },
        dependencies=[".", "httpx>=0.2"],
        env={"A": "b"},
        checkpointer={"ttl": {"default_ttl": 5, "strategy": "keep_latest", "sweep_interval_minutes": 1}},
        http={
            "app": "./web.py:app",
            "mount_prefix": "/api/",
            "middleware_order": "auth_first",
            "disable_store": True,
            "disable_meta": False,
            "cors": {"allow_origins": ["https://a.example"], "max_age": 9},
            "configurable_headers": {"includes": ["X-User-*"], "excludes": None},
        },
    )
    assert [(spec.graph_id, spec.path, spec.description, spec.healable) for spec in project.graphs] == [
        ("a", "pkg.mod:graph", "", False),
        ("b", "./x/y.py:make", "makes", True),
        ("c", "stemma:answer", "", True),
    ]
    assert project.threads == ThreadTimes(5, "keep_latest", 1)
    assert (project.http.mount_prefix, project.http.auth_first) == ("/api", True)
    assert project.http.disabled == {"store"}
    assert project.http.headers.includes == ("x-user-*",)
    assert project.http.cors is not None
    assert project.http.cors.max_age == 9
    assert project.ignored == ()


def test_image_keys_are_named_once_and_null_is_nothing() -> None:
    project = read(python_version="3.12", dockerfile_lines=["RUN x"], node_version=None, store=None)
    assert project.ignored == ("python_version", "dockerfile_lines")


@pytest.mark.parametrize(
    ("keys", "said", "hint"),
    [
        ({"graph": {}}, "unknown key graph", "graphs"),
        ({"http": {"mount_prefx": "/a"}}, "unknown key http.mount_prefx", "http.mount_prefix"),
        ({"store": {"index": {"dim": 3}}}, "unknown key store.index.dim", "store.index.dims"),
        ({"dependencies": "."}, "dependencies must be a list of texts", ""),
        ({"http": {"disable_runs": 1}}, "http.disable_runs must be a yes or no", ""),
        ({"checkpointer": {"ttl": {"default_ttl": True}}}, "must be a number", ""),
        ({"checkpointer": {"ttl": {"default_ttl": 0}}}, "must be above 0", ""),
        ({"checkpointer": {"ttl": {"strategy": "drop"}}}, "'drop'", "keep_latest"),
        ({"http": {"cors": {"allow_origin_regex": "("}}}, "allow_origin_regex", ""),
        ({"http": {"mount_prefix": "api"}}, "no path", "/api"),
        ({"encryption": {"path": "./e.py:e"}}, "not supported", "disk"),
        ({"graphs": {}}, "names no graph", ""),
        ({"graphs": {"a": "./agent.py"}}, "names no object", "./agent.py:name"),
        ({"graphs": {"a": "./agent.ts:graph"}}, "JavaScript", ""),
        ({"graphs": {"a": {"path": "./a.py:g", "descripton": ""}}}, "graphs.a.descripton", ""),
        ({"graphs": {"a": 3}}, "graphs.a must be", ""),
        ({"graphs": {"a": {"path": "./a.py:g", "healable": "yes"}}}, "graphs.a.healable", "effect outside"),
        ({"graphs": {"a": {"path": "stemma:answer", "healable": False}}}, "graphs.a.healable", "leave it out"),
    ],
)
def test_what_is_wrong_is_named(keys: dict[str, Any], said: str, hint: str) -> None:
    with pytest.raises(InvalidProject) as failure:
        read(**keys)
    assert said in str(failure.value)
    assert hint in failure.value.hint


def test_a_file_that_is_no_json_says_the_line() -> None:
    with pytest.raises(InvalidProject, match=r"langgraph\.json line 2"):
        parse('{\n"graphs": }', FILE)


def test_every_key_is_of_a_known_kind_and_documented() -> None:
    text = REFERENCE.read_text("utf-8")
    rows = [f"| `{key.name}` | {key.kind} | {key.meaning if key.use is Use.READ else str(key.use)}" for key in KEYS]
    missing = [row for row in rows if row not in text]
    assert not missing
    assert text.count("\n| `") == len(KEYS)
    assert {key.kind for key in KEYS} <= set(KINDS)
