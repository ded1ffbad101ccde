"""The product's own source tree, as the architecture tests see it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("memory", "graphs", "evals", "api")


@cache
def product() -> dict[Path, str]:
    """Every Python module of the product: path relative to the repository -> its text."""
    files = [ROOT / "stemma" / "__init__.py", ROOT / "stemma" / "cli.py"]
    for package in PACKAGES:
        files += sorted((ROOT / package).rglob("*.py"))
    return {file.relative_to(ROOT): file.read_text("utf-8") for file in files}


@cache
def everything() -> dict[Path, str]:
    """The product, its tests and its benchmarks."""
    found = dict(product())
    for folder in ("tests", "bench", "examples", "locks"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            found[file.relative_to(ROOT)] = file.read_text("utf-8")
    return found


def mentioning(*words: str) -> list[Path]:
    """The product's files in whose text one of the words stands: only there is it worth looking at the syntax."""
    return [path for path, text in product().items() if any(word in text for word in words)]


def tree(path: Path) -> ast.Module:
    """The syntax tree of one module."""
    return ast.parse(everything()[path], filename=str(path))


def imported(path: Path) -> set[str]:
    """Top-level names of all modules imported anywhere in a module, lazily or not."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names
