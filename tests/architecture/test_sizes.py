"""Modules, functions and classes stay small enough to be read in one go. The bounds only ever shrink.

One test holds a rule for all files, and names those that break it: a test for each would cost more than the look at it.
"""

from __future__ import annotations

import ast

from tests.architecture.source import everything, product, tree

MODULE_LINES = 300
FUNCTION_LINES = 50
CLASS_LINES = 200


def test_modules_are_short() -> None:
    lines = {path: len(text.splitlines()) for path, text in everything().items()}
    assert {path: number for path, number in lines.items() if number > MODULE_LINES} == {}


def test_functions_and_classes_are_short() -> None:
    long = []
    for path in product():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                bound = CLASS_LINES if isinstance(node, ast.ClassDef) else FUNCTION_LINES
                if lines > bound:
                    long.append(f"{path}: {node.name}: {lines} > {bound}")
    assert long == []


def test_front_doors_define_nothing() -> None:
    doors = [path for path in product() if path.name == "__init__.py"]
    assert doors
    defined = [
        f"{path}: {node.name}"
        for path in doors
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    assert defined == []


def test_modules_say_what_they_decide() -> None:
    silent = [path for path, text in product().items() if text.strip() and not ast.get_docstring(tree(path))]
    assert silent == [], "modules without a docstring"
