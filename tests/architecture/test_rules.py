"""Rules that no linter knows: who may touch a driver, the environment, or a broad except, and how files are named."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import grimp

from tests.architecture.source import ROOT, everything, imported, mentioning, product, tree

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


def test_drivers_only_in_files_named_after_them() -> None:
    others = [path for path in mentioning(*DRIVERS) if not path.name.startswith("sqlite_")]
    assert [path for path in others if imported(path) & DRIVERS] == []


def test_ragas_is_imported_in_one_file_and_that_file_only_when_it_is_asked_for() -> None:
    assert [path for path in mentioning("ragas") if path != RAGAS and "ragas" in imported(path)] == []
    assert [path for path in mentioning("ragas") if "stemma.evals.ragas_metrics" in _at_once(path)] == []


def _at_once(path: Path) -> set[str | None]:
    """The modules that a file imports from when it is imported itself."""
    found: set[str | None] = set()
    waiting: list[ast.AST] = [tree(path)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ImportFrom):
            found.add(node.module)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.If):
            waiting += ast.iter_child_nodes(node)
    return found


def test_only_settings_read_the_environment() -> None:
    touched = [
        f"{path}:{node.lineno}"
        for path in mentioning("environ", "getenv")
        if path.name != "settings.py" and path not in ENVIRONMENT
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"}
    ]
    assert touched == []


def test_broad_excepts_stand_at_the_border() -> None:
    broad = {path: sum(map(_is_broad, ast.walk(tree(path)))) for path in mentioning("except")}
    assert {path: number for path, number in broad.items() if number > BROAD.get(str(path), 0)} == {}


def _is_broad(node: ast.AST) -> bool:
    """Whether it catches whatever comes and keeps it."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    caught = ast.walk(node.type) if node.type else [ast.Name("BaseException")]
    names = {name.id for name in caught if isinstance(name, ast.Name)}
    reraises = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
    return bool(names & {"Exception", "BaseException"}) and not reraises


def test_files_are_named_after_what_they_hold() -> None:
    assert [path for path in product() if path.stem in VAGUE | SHADOWED or set(path.parts[:-1]) & VAGUE] == []


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
