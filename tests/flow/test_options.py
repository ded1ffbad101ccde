"""docs/reference/options.md against the SDK that is installed and the tests that are there."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk.client import RunsClient, ThreadsClient

ROOT = Path(__file__).resolve().parents[2]
NOT_SENT = {"self", "assistant_id", "headers", "params"}
ROW = re.compile(r"\| `(\w+)` \|(.*)\|")


def rows(title: str) -> dict[str, list[str]]:
    """Option -> its other cells, of the table under a heading."""
    text = (ROOT / "docs" / "reference" / "options.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return {row[1]: [cell.strip() for cell in row[2].split("|")] for row in ROW.finditer(section)}


def options(call: Callable[..., Any], *others: str) -> set[str]:
    return set(inspect.signature(call).parameters) - NOT_SENT - set(others)


def known_tests() -> Iterator[str]:
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and node.name.startswith("test_"):
                yield node.name


@pytest.mark.parametrize("column", range(3))
def test_each_option_of_a_run_has_a_row_and_a_tick(column: int) -> None:
    call = (RunsClient.create, RunsClient.stream, RunsClient.wait)[column]
    ticked = {option for option, cells in rows("runs").items() if cells[column] == "✓"}
    assert ticked == options(call, "thread_id")


def test_each_option_of_a_thread_has_a_row() -> None:
    assert set(rows("threads.create")) == options(ThreadsClient.create)


@pytest.mark.parametrize("title", ["runs", "threads.create"])
def test_each_row_names_known_tests(title: str) -> None:
    known = set(known_tests())
    for option, cells in rows(title).items():
        named = re.findall(r"`(test_\w+)`", cells[-1])
        assert named, option
        assert set(named) <= known, option
