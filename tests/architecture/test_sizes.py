"""Modules, functions and classes stay small enough to be read in one go. The bounds only ever shrink."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.source import everything, product, tree

MODULE_LINES = 300
FUNCTION_LINES = 50
CLASS_LINES = 200


@pytest.mark.parametrize("path", everything(), ids=str)
def test_module_is_short(path: Path) -> None:
    assert len(everything()[path].splitlines()) <= MODULE_LINES


@pytest.mark.parametrize("path", product(), ids=str)
def test_functions_and_classes_are_short(path: Path) -> None:
    long = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            bound = CLASS_LINES if isinstance(node, ast.ClassDef) else FUNCTION_LINES
            if lines > bound:
                long.append(f"{node.name}: {lines} > {bound}")
    assert not long


@pytest.mark.parametrize("path", [path for path in product() if path.name == "__init__.py"], ids=str)
def test_front_doors_define_nothing(path: Path) -> None:
    defined = [
        node for node in tree(path).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    assert not defined


@pytest.mark.parametrize("path", product(), ids=str)
def test_module_says_what_it_decides(path: Path) -> None:
    text = everything()[path]
    assert not text.strip() or ast.get_docstring(tree(path)), "a module without a docstring"
