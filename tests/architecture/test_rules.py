"""Rules that no linter knows: who may touch a driver, the environment, or a broad except, and how files are named."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import grimp
import pytest

from tests.architecture.source import ROOT, everything, imported, product, tree

DRIVERS = {"sqlite3", "apsw", "sqlite_vec", "aiosqlite"}
VAGUE = {"utils", "util", "helpers", "helper", "common", "core", "manager", "handler", "base", "misc"}
SHADOWED = {"queue", "types", "numbers", "statistics", "select", "signal", "token", "tokenize", "json", "logging"}
ENVIRONMENT = {Path("graphs/runs/strict_msgpack.py")}
"""Besides settings.py: sets what switches a library's unsafe default off, before that library is imported."""
RAGAS = Path("evals/ragas_metrics.py")
"""It takes seconds and a quarter of a gigabyte to import, and belongs to an extra."""
BROAD = {"stemma/cli.py": 1, "graphs/runs/worker.py": 1, "graphs/runs/execute.py": 1, "api/sse.py": 1}
"""The borders of the process, where an unknown failure must be caught, and how often."""
HOSTS = (("pypi", "org"), ("pythonhosted", "org"), ("registry", "npmjs", "org"), ("repo1", "maven", "org"))
"""Package registries, in parts, so that this file does not name them."""
SUPPRESSIONS = 16
"""How many `noqa` and `type: ignore` there may be in all. It only shrinks."""


@pytest.mark.parametrize("path", product(), ids=str)
def test_drivers_only_in_files_named_after_them(path: Path) -> None:
    if not path.name.startswith("sqlite_"):
        assert not imported(path) & DRIVERS


@pytest.mark.parametrize("path", product(), ids=str)
def test_ragas_is_imported_in_one_file_and_that_file_only_when_it_is_asked_for(path: Path) -> None:
    assert path == RAGAS or "ragas" not in imported(path)
    nodes = list(ast.walk(tree(path)))
    later = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.If)]
    deferred = {id(inner) for node in later for inner in ast.walk(node)}
    at_once = [node for node in nodes if isinstance(node, ast.ImportFrom) and id(node) not in deferred]
    assert all(node.module != "stemma.evals.ragas_metrics" for node in at_once)


@pytest.mark.parametrize("path", product(), ids=str)
def test_only_settings_read_the_environment(path: Path) -> None:
    if path.name == "settings.py" or path in ENVIRONMENT:
        return
    touched = [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"}
    ]
    assert not touched


@pytest.mark.parametrize("path", product(), ids=str)
def test_broad_excepts_stand_at_the_border(path: Path) -> None:
    broad = 0
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            names = (
                {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)}
                if node.type
                else {"BaseException"}
            )
            reraises = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
            broad += bool(names & {"Exception", "BaseException"}) and not reraises
    assert broad <= BROAD.get(str(path), 0)


@pytest.mark.parametrize("path", product(), ids=str)
def test_files_are_named_after_what_they_hold(path: Path) -> None:
    assert path.stem not in VAGUE | SHADOWED
    assert not set(path.parts[:-1]) & VAGUE


def test_suppressions_are_counted() -> None:
    pattern = re.compile(r"#\s*(?:noqa|type:\s*ignore)")
    found = [
        f"{path}: {line.strip()}"
        for path, text in everything().items()
        for line in text.splitlines()
        if pattern.search(line)
    ]
    assert len(found) <= SUPPRESSIONS, "\n".join(found)


def test_no_import_cycle_even_through_lazy_imports() -> None:
    graph = grimp.build_graph("stemma", include_external_packages=False, cache_dir=None)
    modules = {module for module in graph.modules if module not in {"stemma", "stemma.cli"}}
    edges = {module: graph.find_modules_directly_imported_by(module) & modules for module in modules}
    while leaves := {module for module, targets in edges.items() if not targets}:
        edges = {module: targets - leaves for module, targets in edges.items() if module not in leaves}
    assert not edges, f"these modules import each other: {sorted(edges)}"


def test_insiders_never_use_their_own_front_door() -> None:
    for path, _ in product().items():
        for node in ast.walk(tree(path)):
            if (
                isinstance(node, ast.ImportFrom)
                and node.module == f"stemma.{path.parts[0]}"
                and path.name != "__init__.py"
            ):
                names = {alias.name for alias in node.names}
                assert not names - {file.stem for file in (ROOT / path.parts[0]).iterdir()}, f"{path}:{node.lineno}"


def test_nothing_tracked_names_a_machine_or_a_registry() -> None:
    hosts = [".".join(parts) for parts in HOSTS]
    pattern = "|".join(re.escape(host) for host in hosts)
    found = subprocess.run(
        ["git", "grep", "-lE", pattern, "--", "."], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.stdout == ""
