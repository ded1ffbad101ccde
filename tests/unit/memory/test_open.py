"""From a URL to an adapter."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stemma.memory.errors import InvalidSetting, UnknownRecipe
from stemma.memory.memory_graph import InMemoryGraph
from stemma.memory.open import graph_at, open_memory
from stemma.memory.settings import MemorySettings
from stemma.memory.sqlite_graph import SqliteGraph

SETTINGS = MemorySettings(embedder="hashing")


@pytest.mark.parametrize("url", ["memory:", "memory://"])
def test_memory_is_the_one_without_a_store(url: str) -> None:
    assert isinstance(graph_at(url, SETTINGS), InMemoryGraph)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///.stemma/memory.db", Path(".stemma/memory.db")),
        ("sqlite:////var/lib/m.db", Path("/var/lib/m.db")),
        ("sqlite:///my%20memory.db", Path("my memory.db")),
    ],
)
def test_sqlite_urls_name_a_file(url: str, path: Path) -> None:
    graph = graph_at(url, SETTINGS)
    assert isinstance(graph, SqliteGraph)
    assert graph.path == path


@pytest.mark.parametrize(
    "url",
    [
        "",
        "memory.db",
        "/var/m.db",
        "postgres://h/d",
        "sqlite:",
        "sqlite://",
        "sqlite://x.db",
        "sqlite:///",
        "sqlite:////",
        "bolt:",
        "neo4j://",
        ":x",
    ],
)
def test_other_urls_are_refused_with_the_right_forms(url: str) -> None:
    with pytest.raises(InvalidSetting) as failure:
        graph_at(url, SETTINGS)
    assert "use " in failure.value.hint


def test_every_scheme_is_named_in_the_hint() -> None:
    with pytest.raises(InvalidSetting) as failure:
        graph_at("postgres://host/db", SETTINGS)
    for form in ("sqlite:///", "sqlite:////", "bolt://", "neo4j://", "memory:"):
        assert form in failure.value.hint


async def test_a_wrong_default_recipe_is_told_before_anything_is_made(tmp_path: Path) -> None:
    settings = MemorySettings(embedder="hashing", recipe="magic")
    with pytest.raises(UnknownRecipe):
        await open_memory(settings, url=f"sqlite:///{tmp_path}/m.db")
    assert os.listdir(tmp_path) == []
